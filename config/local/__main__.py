"""`make run`: the whole shop in the foreground, with servers of its own."""

import signal

# A Ctrl-C so early finds nothing to stop, and is worth no traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# ruff: noqa: E402
import os
import sys
import time

from config.local import options, report
from config.local.directory import DataDirectory
from config.local.opening import open_shop
from config.local.problem import Problem, Stopped
from config.local.processes import adopt_orphans, die_with_parent, end_marked
from config.local.report import say
from config.local.supervisor import Supervisor


def main() -> int:
    """Run the shop until asked to stop. Returns the exit code."""
    begun_at = time.monotonic()
    report.set_up()
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)  # A killed `make` stops the shop in order.
    try:
        wanted = options.read(os.environ)
        directory = DataDirectory(wanted.data)
        directory.lock()
    except Problem as problem:
        return refuse(problem)
    supervisor = Supervisor(directory)
    supervisor.listen()
    adopt_orphans()
    fault = 0
    try:
        clear_what_is_stale(directory)
        open_shop(supervisor, wanted, begun_at=begun_at)
        supervisor.forever()
    except Stopped:
        pass
    except Problem as problem:
        fault = refuse(problem)
    finally:
        close_shop(supervisor)
    return fault


def close_shop(supervisor: Supervisor) -> None:
    """Stop what runs and leave no trace of it."""
    had_started = supervisor.has_started
    if had_started:
        say("stopping")
    supervisor.stop()
    supervisor.directory.clear()
    if had_started:
        say("stopped")


def refuse(problem: Problem) -> int:
    """Say in one line why the shop does not run."""
    sys.stdout.flush()
    sys.stderr.write(f"make run: {problem}\n")
    return 1


def clear_what_is_stale(directory: DataDirectory) -> None:
    """End what a killed shop on this directory has left. Only its lock's holder may do so."""
    marks = (directory.mark, f"{directory.mark}-postgres", f"{directory.mark}-redis")
    ended = sum(end_marked(mark) for mark in marks)
    if ended:
        say(f"ended {ended} processes that the last run left behind")
    directory.clear()
    directory.write_pid("main", os.getpid())
    directory.trim_logs()


if __name__ == "__main__":
    sys.exit(main())
