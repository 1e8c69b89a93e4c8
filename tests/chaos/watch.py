"""How the jobs stand that stories wait for: one query for all, past the API.

A hundred customers who ask again and again would keep the gateway busy with nothing else.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

import psycopg

from tests.journeys.books import Books

PERIOD = 0.5


class Watch:
    """Wakes those who wait for a job. Threads share it."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._wanted: dict[tuple[str, frozenset[str]], Event] = {}
        self._lock = Lock()

    def wait(self, job_id: str, states: Collection[str], *, seconds: float) -> bool:
        """Wait until the job is in one of these states; return whether it is."""
        with self._lock:
            reached = self._wanted.setdefault((job_id, frozenset(states)), Event())
        return reached.wait(seconds)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look in the background; while PostgreSQL is away nobody is woken."""
        over = Event()
        thread = Thread(target=self._look, args=(over,), name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)

    def _look(self, over: Event) -> None:
        while not over.wait(PERIOD):
            with self._lock:
                wanted = list(self._wanted)
            ids = list({job_id for job_id, _ in wanted})
            try:
                rows = self._books.rows(
                    "SELECT id::text, state FROM jobs_job WHERE id = ANY(%s::uuid[])", ids
                )
            except psycopg.Error:
                continue
            found = {row["id"]: row["state"] for row in rows}
            for key in wanted:
                job_id, states = key
                if found.get(job_id) in states:
                    with self._lock:
                        self._wanted.pop(key).set()
