"""What must hold at any time, looked at while everything goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psycopg

from tasks.verification import checking
from tasks.verification.rules import RULES
from tests.journeys.books import Books

PERIOD = 1.0
# What no constraint of the database keeps: sums over tables that are written together.
BOOKS = [rule for rule in RULES if rule.about == "stock"]


class Sampler:
    """Samples of the warehouse."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.number = 0
        self.breaches: set[str] = set()

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Sample in the background; while PostgreSQL is away there is nothing to see."""
        over = Event()
        thread = Thread(target=self._sample, args=(over,), name="sampler", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)

    def _sample(self, over: Event) -> None:
        while not over.wait(PERIOD):
            try:
                self.look()
            except psycopg.Error:
                continue

    def look(self) -> None:
        """Note what breaks the rules now. Raises psycopg.Error without an answer."""
        values = checking.parameters()
        for rule in BOOKS:
            found = self._books.rows(
                f"SELECT to_jsonb(found)::text AS row FROM ({rule.breaches}) found LIMIT 5",  # noqa: S608
                **values,
            )
            self.breaches |= {f"{rule.sentence} {one['row']}" for one in found}
        self.number += 1
