"""Keeps a list of programs running: starts them, starts again what dies, stops them in order."""

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Protocol

from config.local.directory import DataDirectory
from config.local.problem import Problem, Stopped
from config.local.processes import cause, end_group, reap_adopted
from config.local.report import say

TICK_SECONDS = 0.05
FIRST_DELAY_SECONDS = 0.25
# With the seconds that a start takes, a process is back within five.
LONGEST_DELAY_SECONDS = 2.0
# A process that has lived for so long was well: its next death is a first one.
WELL_AFTER_SECONDS = 10.0
# Deaths before everything was ready once, after which waiting is no use.
DEATHS_AT_START = 3


class Program(Protocol):
    """One thing to keep running."""

    name: str
    # Programs of one stage are stopped together, the highest stage first.
    stage: int
    stop_signal: int
    # Seconds from `stop_signal` until the process is killed.
    patience: float

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process and return at once."""

    def ready(self) -> bool:
        """Return whether the process does its work. Asked often, so cheap."""


def delay_after(deaths: int) -> float:
    """Return how many seconds to wait after so many deaths in a row before starting again."""
    return min(FIRST_DELAY_SECONDS * 2.0 ** min(deaths - 1, 10), LONGEST_DELAY_SECONDS)


class Supervised:
    """A program with its process, and what became of the earlier ones."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self.is_ready = False
        self.started_at = 0.0
        self.due_at = 0.0

    def start(self) -> int:
        """Start the process and return its id."""
        self.is_ready = False
        self.started_at = time.monotonic()
        self.process = self.program.spawn()
        return self.process.pid

    def death(self) -> int | None:
        """Return the exit status if the process has ended since it was last asked."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        end_group(self.process.pid)
        self.process = None
        if time.monotonic() - self.started_at > WELL_AFTER_SECONDS:
            self.deaths = 0
        self.put_off()
        return status

    def put_off(self) -> None:
        """Count a death and say when the next start is due."""
        self.deaths += 1
        self.due_at = time.monotonic() + delay_after(self.deaths)


class Supervisor:
    """The programs of one data directory, in the order in which they are started."""

    def __init__(self, directory: DataDirectory) -> None:
        self.directory = directory
        self.stop_wanted = False
        self._supervised: list[Supervised] = []
        self._helpers: list[subprocess.Popen[bytes]] = []

    @property
    def has_started(self) -> bool:
        """Whether there is anything to stop."""
        return bool(self._supervised or self._helpers)

    def listen(self) -> None:
        """Take the signals that ask to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup` ignores a lost terminal, and a shell a background job's Ctrl-C: the first is
            # meant for the shop, the second is not.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ask_to_stop)

    def launch(self, *programs: Program) -> None:
        """Start programs and go on at once. Raises Problem, or OSError, when one cannot be."""
        for program in programs:
            self._check()
            one = Supervised(program)
            self._supervised.append(one)
            self._start(one)

    def await_ready(self, *, seconds: float) -> None:
        """Wait until all programs do their work.

        Raises Problem when one does not within so many seconds, Stopped when asked to stop.
        """
        if not self.wait(self._all_ready, seconds=seconds):
            slow = ", ".join(one.program.name for one in self._supervised if not one.is_ready)
            raise Problem(f"{slow} not ready after {seconds:g} s; see {self.directory.logs}")

    def wait(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Return whether the condition holds within so many seconds, looking after the programs.

        Raises Stopped when asked to stop.
        """
        deadline = time.monotonic() + seconds
        while True:
            self._check()
            self.look_after()
            if condition():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(TICK_SECONDS)

    def watch(self, helper: subprocess.Popen[bytes]) -> None:
        """Have a process that ends by itself killed when the shop is stopped meanwhile."""
        self._helpers.append(helper)

    def forever(self) -> None:
        """Look after the programs until asked to stop."""
        while not self.stop_wanted:
            self.look_after()
            time.sleep(TICK_SECONDS)

    def look_after(self) -> None:
        """Start again what has died and is due, and notice what has become ready."""
        for one in self._supervised:
            pid = one.process.pid if one.process else 0
            if (status := one.death()) is not None:
                again = one.due_at - time.monotonic()
                say(f"{one.program.name} (process {pid}) {cause(status)}; again in {again:.1f} s")
            elif one.process is None and time.monotonic() >= one.due_at:
                self._start_again(one)
            elif one.process and not one.is_ready and one.program.ready():
                one.is_ready = True
                if one.deaths:
                    say(f"{one.program.name} is back (process {one.process.pid})")
        reap_adopted(known=self._children())

    def stop(self) -> None:
        """Stop all programs, stage by stage. May be repeated."""
        for helper in self._helpers:
            end_group(helper.pid)
            helper.wait()
        for stage in sorted({one.program.stage for one in self._supervised}, reverse=True):
            group = [one for one in self._supervised if one.program.stage == stage]
            for one in group:
                if one.process and one.process.poll() is None:
                    one.process.send_signal(one.program.stop_signal)
            for one in group:
                self._await_end(one)
                self.directory.forget_pid(one.program.name)
        self._supervised.clear()
        reap_adopted(known=set())

    def _all_ready(self) -> bool:
        for one in self._supervised:
            if one.deaths >= DEATHS_AT_START and not one.is_ready:
                log = self.directory.log(one.program.name)
                raise Problem(f"{one.program.name} does not start; its log is {log}")
        return all(one.is_ready for one in self._supervised)

    def _start(self, one: Supervised) -> None:
        self.directory.write_pid(one.program.name, one.start())

    def _start_again(self, one: Supervised) -> None:
        try:
            self._start(one)
        except (OSError, Problem) as error:  # A full disk, say: it may pass.
            one.put_off()
            say(f"{one.program.name} cannot be started: {error}")

    def _await_end(self, one: Supervised) -> None:
        if one.process is None:
            return
        try:
            one.process.wait(one.program.patience)
        except subprocess.TimeoutExpired:
            say(f"{one.program.name} does not stop: it is killed")
            one.process.kill()
            one.process.wait()
        end_group(one.process.pid)
        one.process = None

    def _children(self) -> set[int]:
        processes = [one.process for one in self._supervised if one.process]
        return {process.pid for process in (*processes, *self._helpers)}

    def _check(self) -> None:
        if self.stop_wanted:
            raise Stopped

    def _ask_to_stop(self, number: int, _frame: object) -> None:
        # Asked twice, as by Ctrl-C with make and by a signal to a whole group, it stops once.
        del number
        self.stop_wanted = True
