"""Wait for a job on a request's behalf (RFC 7240, `Prefer: wait=N`).

A request that waits holds no database connection. One thread in the process asks PostgreSQL for
all waited-for jobs in one query, and only while somebody waits.
"""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection
from rest_framework.request import Request

from api.turnstile import turnstile
from tasks.engine import jobs
from tasks.engine.models import Job

MAX_SECONDS = 30
# Each holds one of the gateway's threads, and nothing else.
MAX_WAITING = 40
PAUSE_SECONDS = 0.025
PAUSE_AFTER_ERROR_SECONDS = 0.5
_PREFERENCE = re.compile(
    r"""\s* (?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+) \s*
        (?: = \s* (?: "(?P<quoted>[^"\\]*)" | (?P<bare>[!#$%&'*+.^_`|~0-9A-Za-z-]+) ) \s* )?
        (?: ; .* )?""",
    re.VERBOSE | re.ASCII,
)
log = structlog.get_logger("gateway.waiting")


def seconds(request: Request) -> int | None:
    """Return how long the client prefers to wait, 0 to 30 s, or None when it does not say.

    The first `wait` counts; what is malformed is ignored.
    """
    for part in request.headers.get("Prefer", "").split(","):
        match = _PREFERENCE.fullmatch(part)
        if match is None or match["name"].lower() != "wait":
            continue
        value = match["quoted"] or match["bare"] or ""
        if not re.fullmatch(r"[0-9]+", value, re.ASCII):
            return None
        digits = value.lstrip("0") or "0"
        return MAX_SECONDS if len(digits) > 2 else min(int(digits), MAX_SECONDS)
    return None


class Watcher:
    """Wake the requests whose jobs are final."""

    def __init__(self, *, limit: int = MAX_WAITING) -> None:
        """Let at most `limit` requests wait at a time."""
        self._places = threading.BoundedSemaphore(limit)
        self._changed = threading.Condition()
        self._waiting: dict[UUID, set[threading.Event]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """Let all who wait go on, and nobody wait any more: the process stops. May be repeated."""
        with self._changed:
            self._closed = True
            self._wake(list(self._waiting))

    def wait(self, job_id: UUID, *, seconds: float) -> bool:
        """Wait until the job is final, at most `seconds`; return whether there was a place.

        Gives this thread's database connection and its place back before: it holds up nobody.
        """
        if not self._places.acquire(blocking=False):
            return False
        try:
            if not connection.in_atomic_block:
                connection.close()
            turnstile.leave()
            self._wait(job_id, seconds)
        finally:
            self._places.release()
        return True

    def _wait(self, job_id: UUID, seconds: float) -> None:
        """Wait among those who wait."""
        done = threading.Event()
        with self._changed:
            if self._closed:
                return
            self._waiting[job_id].add(done)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            done.wait(seconds)
        finally:
            with self._changed:
                self._waiting[job_id].discard(done)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def _watch(self) -> None:
        """Look after all who wait, for as long as the process lives."""
        while True:
            with self._changed:
                idle = not self._waiting
            if idle:
                connection.close()
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                job_ids = set(self._waiting)
            try:
                self._wake(jobs.final(job_ids=job_ids))
                time.sleep(PAUSE_SECONDS)
            except (DatabaseError, InterfaceError) as error:
                log.warning("The database does not answer.", error=type(error).__name__)
                connection.close()
                time.sleep(PAUSE_AFTER_ERROR_SECONDS)

    def _wake(self, job_ids: Iterable[UUID]) -> None:
        """Let those go on who wait for these jobs."""
        with self._changed:
            for job_id in job_ids:
                for done in self._waiting.get(job_id, ()):
                    done.set()


watcher = Watcher()


def until_final(request: Request, job: Job) -> tuple[Job, dict[str, str]]:
    """Return the job when it is final or the client's patience ends, and the headers that say so.

    Without the preference, or with too many who wait already, that is at once.
    """
    patience = seconds(request)
    if patience is None:
        return job, {}
    if patience and not job.is_final:
        if not watcher.wait(job.id, seconds=patience):
            return job, {}
        job = jobs.get(job_id=job.id)
    return job, {"Preference-Applied": f"wait={patience}"}
