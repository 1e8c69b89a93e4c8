"""The ties between a process and those that it starts."""

import ctypes
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# Stands in the environment of everything that one shop starts, with the shop's own mark.
MARK = "SHOP_STARTED_BY"


def die_with_parent(number: int = signal.SIGKILL, *, parent: int | None = None) -> None:
    """Have the kernel send this process a signal when its parent dies. Does nothing but on Linux.

    `parent` is given by a process that was just forked: its parent may be dead already.
    May be repeated. Source: prctl(2).
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid() if parent is None else parent
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # It died before the call took effect.
        os.kill(os.getpid(), number)


def tie_forks() -> None:
    """Have all that this process forks from now on die with it. To be called once, before threads.

    The tie is there before the fork does anything of its own, such as a long import.
    """
    parent = os.getpid()

    def before() -> None:
        nonlocal parent
        parent = os.getpid()  # What it forks may fork too.

    os.register_at_fork(before=before, after_in_child=lambda: die_with_parent(parent=parent))


def when_told_to_stop(do: Callable[[], None]) -> None:
    """Have `do` called in a thread when SIGTERM or SIGINT comes to a process that handles them.

    Whoever handles them, now or later, still does, and `do` may be called again. To be called in
    the main thread, once.
    """
    told, telling = socket.socketpair()
    telling.setblocking(False)
    signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        with told, telling:
            while True:
                if {signal.SIGINT, signal.SIGTERM}.intersection(told.recv(64)):
                    do()

    threading.Thread(target=listen, name="stop", daemon=True).start()


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose own parent dies, to see them off. Linux only.

    May be repeated. Source: prctl(2).
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    directory: Path,
    output: BinaryIO | int,
    input: int = subprocess.DEVNULL,  # noqa: A002  (the field's word)
    user: int | None = None,
    group: int | None = None,
    death_signal: int = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own that gets `death_signal` when this process dies.

    In its own session a Ctrl-C on the terminal reaches this process alone.
    """
    return subprocess.Popen(  # noqa: S603  (every command comes from this package)
        [str(part) for part in command],
        env=dict(environment),
        cwd=directory,
        stdin=input,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        # It runs after the change of user, which would undo it.
        preexec_fn=functools.partial(die_with_parent, death_signal, parent=os.getpid()),  # noqa: PLW1509
    )


def end_group(leader: int) -> None:
    """Kill what is left of a process's group. May be repeated."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nothing is left; PermissionError is how macOS says so of a group of zombies.
        return


def reap_adopted(*, known: set[int]) -> None:
    """See off orphans that have ended, but not the children in `known`."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in known:
            return
        os.waitpid(ended.si_pid, 0)


def marked(mark: str) -> list[int]:
    """Return the ids of the living processes, but this one, that were started under `mark`.

    A process is known by its environment, or, as PostgreSQL's may be unreadable or overwritten,
    by the cluster name in its command line; never by its id, which may be a stranger's by now.
    Empty where there is no /proc.
    """
    variable = f"{MARK}={mark}".encode()
    option, title = f"cluster_name={mark}".encode(), f"postgres: {mark}: ".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        arguments = _read(entry / "cmdline").split(b"\0")
        if int(entry.name) != os.getpid() and (
            variable in _read(entry / "environ").split(b"\0")
            or option in arguments
            or arguments[0].startswith(title)
        ):
            found.append(int(entry.name))
    return found


def end_marked(mark: str, *, seconds: float = 10) -> int:
    """Kill what was started under `mark`, wait until it is gone, and return the number."""
    seen: set[int] = set()
    deadline = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < deadline:
        for pid in left:
            seen.add(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)
    return len(seen)


def cause(status: int) -> str:
    """Say how a process ended, from its return code."""
    if status < 0:
        return f"was killed by signal {-status} ({signal.strsignal(-status)})"
    return f"ended with exit code {status}"


def _read(path: Path) -> bytes:
    """Return a file's content, empty where the process is gone or another's."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
