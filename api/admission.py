"""Whether the shop takes on more work: a queue that only grows would serve nobody in time."""

import threading
import time
from contextlib import closing

import structlog
from django.db import connection

from shop.core.errors import Unavailable
from tasks.engine import jobs

# So many jobs may wait for workers: a minute's work or so of a small machine.
MOST = 10_000
LOOK_SECONDS = 1.0
log = structlog.get_logger("gateway.admission")


class TooMuchToDo(Unavailable):
    """More jobs wait than can be done soon."""

    detail = "More is asked of the shop at the moment than it can do; try again later."


class Admission:
    """Knows whether too many jobs wait. Threads may share it."""

    def __init__(self) -> None:
        """Take everything on, until somebody looks."""
        self._asked = threading.Event()
        self._is_full = False

    def switch_on(self) -> None:
        """Look now and then from now on, in this process, while jobs are asked for."""
        threading.Thread(target=self._run, name="admission", daemon=True).start()

    def check(self) -> None:
        """Go on if there is room for a job. Raises TooMuchToDo."""
        self._asked.set()
        if self._is_full:
            raise TooMuchToDo

    def look(self) -> None:
        """See how many jobs wait, and tell the log when that changes anything."""
        is_full = jobs.are_to_do(more_than=MOST)
        if is_full != self._is_full:
            log.warning("queue_is_full" if is_full else "queue_has_room", most=MOST)
        self._is_full = is_full

    def _run(self) -> None:
        while self._asked.wait():
            self._asked.clear()
            try:
                with closing(connection):
                    self.look()
            except Exception as error:
                # Where the database is away, it tells so itself whoever asks for a job; and without
                # this thread a shop that was full once would be so for ever.
                log.warning("queue_unknown", error=type(error).__name__)
                self._is_full = False
            time.sleep(LOOK_SECONDS)


admission = Admission()
