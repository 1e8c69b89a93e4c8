"""Faults, up to three at a time, that chance picks by the seed."""

import random
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event, Lock

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.stack import Stack

LANES = 3
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Injected:
    """A fault that was; both times as `time.time` gives them."""

    kind: str
    target: str
    began_at: float
    ended_at: float


@dataclass(frozen=True)
class Planned:
    """A fault to come: when that share of the load is over, and for so many seconds."""

    fault: Fault
    target: str
    at: float
    seconds: float


class Injector:
    """A number of faults, of each kind at least one."""

    def __init__(
        self, stack: Stack, *, seed: int, number: int, kinds: Collection[str] | None = None
    ) -> None:
        unknown = set(kinds or ()) - FAULTS.keys()
        if unknown:
            raise ValueError(f"no such faults: {', '.join(sorted(unknown))}")
        self.stack, self.number = stack, number
        self.injected: list[Injected] = []
        # Processes that ended by themselves, and when: what was done to others ended them.
        self.deaths: list[tuple[str, float]] = []
        self._chance = random.Random(seed)
        self._faults = [fault for kind, fault in FAULTS.items() if not kinds or kind in kinds]
        self._taken: set[str] = set()
        self._free = Condition(Lock())
        self._began_at = 0.0
        self._stopped = Event()

    def run(self, *, progress: Callable[[], float]) -> None:
        """Inject them, spread over the load by its `progress`; return when all is mended.

        Raises ExceptionGroup of what the harness could not do.
        """
        self._began_at = time.monotonic()
        queue = iter(self.plan())
        errors: list[Exception] = []
        lock = Lock()

        def lane() -> None:
            while not self._stopped.is_set():
                with lock:
                    planned = next(queue, None)
                if planned is None:
                    return
                try:
                    if self._await(progress, planned.at):
                        self._inject(planned)
                except Exception as error:
                    if self.stack.is_stopped:
                        return
                    traceback.print_exc()
                    errors.append(error)

        try:
            with ThreadPoolExecutor(LANES + 1, thread_name_prefix="faults") as pool:
                look_after = pool.submit(self._look_after)
                lanes = [pool.submit(lane) for _ in range(LANES)]
                try:
                    for one in lanes:
                        one.result()
                finally:
                    self._stopped.set()
                look_after.result()
        finally:
            self.stack.mend()
        if errors:
            raise ExceptionGroup("faults that could not be begun or ended", errors)

    def plan(self) -> list[Planned]:
        """Return what is to come; each time it is asked, chance decides anew."""
        more = max(0, self.number - len(self._faults))
        faults = [*self._faults, *self._chance.choices(self._faults, k=more)]
        self._chance.shuffle(faults)
        return [
            Planned(
                fault=fault,
                target=self._chance.choice(fault.targets),
                at=position / len(faults),
                seconds=self._chance.uniform(*fault.seconds),
            )
            for position, fault in enumerate(faults)
        ]

    def _await(self, progress: Callable[[], float], share: float) -> bool:
        """Wait until so much of the load is over; return whether the injector goes on."""
        while progress() < share:
            if self._stopped.wait(0.1):
                return False
        return not self._stopped.is_set()

    def _inject(self, planned: Planned) -> None:
        fault, target = planned.fault, planned.target
        with self._taking(frozenset({target, *fault.beside})):
            began_at = time.time()
            try:
                with fault.hold(self.stack, target):
                    self._stopped.wait(planned.seconds)
            finally:
                ended_at = time.time()
                self.injected.append(Injected(fault.kind, target, began_at, ended_at))
                self._say(f"{fault.kind} {target}: {ended_at - began_at:.1f} s")

    @contextmanager
    def _taking(self, names: frozenset[str]) -> Iterator[None]:
        """Wait until no other fault has its hands on any of these, and keep them."""
        with self._free:
            self._free.wait_for(lambda: not self._taken & names)
            self._taken |= names
        try:
            yield
        finally:
            with self._free:
                self._taken -= names
                self._free.notify_all()

    def _look_after(self) -> None:
        """Start again what ended by itself, as `make run` does."""
        while not self._stopped.wait(LOOK_SECONDS) and not self.stack.is_stopped:
            for name, process in self.stack.processes.items():
                with self._free:
                    if name in self._taken or process.is_running:
                        continue
                    self.deaths.append((name, time.time()))
                    process.start()
                self._say(f"{name} ended by itself and was started again")

    def _say(self, text: str) -> None:
        sys.stdout.write(f"[{time.monotonic() - self._began_at:6.1f} s] {text}\n")
        sys.stdout.flush()
