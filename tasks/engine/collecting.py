"""Jobs that are accepted in quick succession share a message.

Where it is switched on, a thread publishes them, so that nobody's answer waits for the broker: a
job that comes alone at once, and those that follow it within a moment together; while messages wait
for workers, those that come later too, for nothing is gained by joining that queue one by one.
Elsewhere each is published by who accepts it. A process that is killed with jobs in hand loses
nothing: their leases end, and recovery publishes them.
"""

import threading
import time
from contextlib import closing

import structlog
from django.db import connection

from tasks.engine.models import Job
from tasks.engine.publish import MOST, depths, may_share, publish, publish_all, queue_of

log = structlog.get_logger(__name__)
# Seconds between two messages of a busy process. A longer one saves work, and has jobs wait for it.
MOMENT = 0.08
# Seconds that a job waits at the most, while so many messages wait for workers.
LONGEST = 1.0
BACKLOG = 2
# Seconds that the end of a process waits for its last messages at the most.
LAST_SECONDS = 2.0


class Collector:
    """Keeps jobs for a moment, to publish them together. Threads may share it."""

    def __init__(self) -> None:
        """Be switched off."""
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._next_at = 0.0
        self._is_on = False

    def switch_on(self) -> None:
        """Collect from now on, in this process."""
        self._is_on = True
        sending = threading.Thread(target=self._run, name="collector", daemon=True)
        sending.start()
        # No daemon: the process ends after it.
        threading.Thread(target=self._see_off, args=(sending,), name="collector-end").start()

    def _see_off(self, sending: threading.Thread) -> None:
        """Hold up the end of the process until what is in hand is sent, within reason."""
        threading.main_thread().join()
        self.switch_off()
        sending.join(LAST_SECONDS)

    def switch_off(self) -> None:
        """Publish what is in hand, and collect nothing more. May be repeated."""
        with self._changed:
            self._is_on = False
            self._changed.notify()

    def send(self, job: Job) -> None:
        """Publish the job now or in a moment. Never raises what the broker does."""
        with self._changed:
            if self._is_on and may_share(job):
                self._waiting.append(job)
                self._changed.notify()
                return
        publish(job)

    def _run(self) -> None:
        while jobs := self._next():
            try:
                with closing(connection):
                    publish_all(jobs)
            except Exception as error:
                log.error("publishing_broken", jobs=len(jobs), exc_info=error)

    def _next(self) -> list[Job]:
        """Return what is to be published, when it is; nothing at the end."""
        with self._changed:
            was_idle = not self._waiting
            self._changed.wait_for(lambda: self._waiting or not self._is_on)
            comes_alone = was_idle and time.monotonic() >= self._next_at
            self._pause(until=self._next_at)
            at_last = time.monotonic() + (0 if comes_alone else LONGEST)
        while not self._is_full and time.monotonic() < at_last and self._is_backed_up():
            with self._changed:
                self._pause(until=time.monotonic() + MOMENT)
        with self._changed:
            jobs, self._waiting = self._waiting, []
            self._next_at = time.monotonic() + MOMENT
            return jobs

    def _pause(self, *, until: float) -> None:
        """Wait for more jobs; not once there are enough for a message, or at the end."""
        while (left := until - time.monotonic()) > 0 and not self._is_full:
            self._changed.wait(left)

    @property
    def _is_full(self) -> bool:
        return len(self._waiting) >= MOST or not self._is_on

    def _is_backed_up(self) -> bool:
        """Return whether messages wait in the queue of the first of these jobs; no in doubt."""
        try:
            queues = [queue_of(job) for job in self._waiting[:1]]
            return any(depth >= BACKLOG for depth in depths(queues).values())
        except OSError:
            return False
        except Exception as error:
            # Without this thread no job would be published any more, and each wait for its lease.
            log.error("depth_unknown", exc_info=error)
            return False


collector = Collector()
