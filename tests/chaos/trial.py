"""One trial: the load and the faults side by side, then the wait for the end, then the checks."""

import sys
import time
from collections.abc import Callable, Collection
from functools import partial
from threading import Thread
from typing import Any

import psycopg

from tests.chaos.evidence import Evidence
from tests.chaos.injector import Injected, Injector
from tests.chaos.invariants import LIMIT, PROVIDER_LIMIT, Finding, check
from tests.chaos.load import Load
from tests.chaos.stack import Stack
from tests.journeys.books import FINAL

# What two cores carry while half of the shop is away, and how soon a fault follows another.
JOBS_A_SECOND, SECONDS_A_FAULT = 3.0, 4.0
PROGRESS = 5.0
# How much later than allowed a job may end for the trial to see when it did.
SPARE = 30.0


class TooLong(Exception):
    """The time is up, and something hangs."""


class Trial:
    """So many jobs and so many faults, by a seed, in so many minutes at most."""

    def __init__(
        self,
        stack: Stack,
        *,
        jobs: int,
        faults: int,
        seed: int,
        seconds: float,
        kinds: Collection[str] | None = None,
    ) -> None:
        self.stack, self.seed, self.faults = stack, seed, faults
        self.load = Load(stack, seed=seed, jobs=jobs)
        self.injector = Injector(stack, seed=seed, number=faults, kinds=kinds)
        self.began_at = time.time()
        self.findings: list[Finding] = []
        self.rows: list[dict[str, Any]] = []
        self.settled = 0.0
        self._ends_at = time.monotonic() + seconds
        self._errors: list[BaseException] = []

    @property
    def injected(self) -> list[Injected]:
        return self.injector.injected

    def run(self) -> None:
        """Run it all. Raises TooLong; what broke in the load or the injector."""
        seconds = max(self.load.jobs / JOBS_A_SECOND, self.faults * SECONDS_A_FAULT)
        parts = [self._thread(partial(self.load.run, seconds=seconds))]
        if self.faults:
            progress = partial(self._share, time.monotonic(), seconds)
            parts.append(self._thread(partial(self.injector.run, progress=progress)))
        self._await(lambda: not any(part.is_alive() for part in parts), "load and faults")
        self.stack.mend()
        over = time.monotonic()
        by_provider = any("provider" in fault.kind for fault in self.injected)
        limit = over + (PROVIDER_LIMIT if by_provider else LIMIT) + SPARE
        # What does not end then, the invariants name.
        self._await(lambda: self._left() == 0 or time.monotonic() > limit, "the jobs")
        self.settled = time.monotonic() - over
        self.findings = check(self.stack, self.load, self.injector)
        self.rows = Evidence(self.stack, self.load, self.injected).rows

    def _share(self, begun_at: float, seconds: float) -> float:
        """Return how much of the load is over: of its jobs, and of its time.

        By the time alone a slow machine would have its faults before its jobs; by the jobs alone
        no outage would come on top of another, in which nothing is accepted.
        """
        jobs = len(self.load.accepted) / self.load.jobs
        return (jobs + min(1.0, (time.monotonic() - begun_at) / seconds)) / 2

    def _thread(self, part: Callable[[], None]) -> Thread:
        def run() -> None:
            try:
                part()
            except BaseException as error:
                self._errors.append(error)

        thread = Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        """Wait, and say every now and then how far things are."""
        told_at = time.monotonic()
        while not condition():
            if self._errors:
                raise self._errors[0]
            if time.monotonic() > self._ends_at:
                raise TooLong(
                    f"the time is up, and {what} not over:{self._progress()}{self._late()}"
                )
            if time.monotonic() - told_at >= PROGRESS:
                told_at = time.monotonic()
                sys.stdout.write(f"{self._progress()}\n")
                sys.stdout.flush()
            time.sleep(0.2)
        if self._errors:
            raise self._errors[0]

    def _progress(self) -> str:
        left = self._left()
        under_way = "an unknown number" if left is None else left
        return (
            f"{time.time() - self.began_at:5.0f} s: {len(self.load.accepted)} jobs accepted,"
            f" {under_way} under way, {len(self.injected)} faults over"
        )

    def _late(self) -> str:
        """Return the oldest jobs that are under way."""
        query = """SELECT id, kind, state, cursor, seq, attempt, due_at, now() - created_at AS age
            FROM jobs_job WHERE state <> ALL(%s) ORDER BY id LIMIT 10"""
        try:
            return "".join(f"\n  {row}" for row in self.stack.books.rows(query, FINAL))
        except psycopg.Error as error:
            return f"\n  {error}"

    def _left(self) -> int | None:
        """Return how many jobs are under way; None where PostgreSQL does not tell."""
        try:
            return int(
                self.stack.books.value(
                    "SELECT count(*) FROM jobs_job WHERE state <> ALL(%s)", FINAL
                )
            )
        except psycopg.Error:
            return None
