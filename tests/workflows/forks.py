"""A worker and recovery in one process, with real messages and without pauses; and the same in a
forked child that dies where it is told to.
"""

import json
import os
import signal
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, NoReturn
from uuid import UUID

from celery.worker.request import Request
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models.functions import Now
from psycopg.pq import TransactionStatus

from config.celery import app
from config.local.processes import die_with_parent
from tasks.engine import recovery, registry
from tasks.engine.models import Job
from tests.workflows import points

# After so many rounds of recovery all jobs have ended, or never will.
ROUNDS = 30
# Seconds after which a child ends that does not get on.
PATIENCE = 60
# Whose message this process carries out, if any.
_job_id: str | None = None
_inherited: list[Any] = []


def queues() -> list[str]:
    """Return the names of all queues."""
    return sorted({link.queue for workflow in registry.workflows() for link in workflow.links})


def messages() -> dict[str, list[bytes]]:
    """Return what waits in each queue."""
    with app.connection_for_read() as broker:
        client = broker.default_channel.client
        return {queue: client.lrange(queue, 0, -1) for queue in queues()}


def put_back(waiting: Mapping[str, list[bytes]]) -> None:
    """Have these messages wait in the queues, and no others."""
    with app.connection_for_write() as broker:
        client = broker.default_channel.client
        client.delete(*queues())
        for queue, found in waiting.items():
            if found:
                client.rpush(queue, *found)


def work(*, most: int | None = None) -> None:
    """Carry out what waits in the queues, as a worker does: all of it, or so many messages."""
    with app.connection_for_read() as broker:
        channel = broker.default_channel
        numbers = count()
        while most is None or next(numbers) < most:
            found = channel.client.lmpop(len(queues()), *queues(), direction="RIGHT")
            if found is None:
                return
            _, (message,) = found
            _carry_out(Request(channel.message_to_python(json.loads(message)), app=app))


def _carry_out(request: Request) -> None:
    global _job_id  # noqa: PLW0603 (one message at a time)
    _job_id, _ = request.args
    try:
        request.execute()
    finally:
        _job_id = None


def finish() -> None:
    """Carry on until no job is due: time passes, recovery publishes, a worker works."""
    for _ in range(ROUNDS):
        due = Job.objects.filter(due_at__isnull=False)
        if not due.update(due_at=Now() - timedelta(seconds=1), claimed_until=None):
            return
        recovery.recover({})
        work()
    raise AssertionError(f"not at an end: {[(job.kind, job.state, job.steps) for job in due]}")


@dataclass(frozen=True)
class Point:
    """Where a child may die, by its number and name; and whether in a transaction."""

    number: int
    name: str
    in_transaction: bool

    def __str__(self) -> str:
        return f"{self.number}, before {self.name}"


class Child:
    """A forked process that finishes what is due, or gets a signal at a point of a job's way."""

    def __init__(
        self, job_id: UUID, *, until: Point | None = None, number: int = signal.SIGKILL
    ) -> None:
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads: the one that there may be serves HTTP, and is idle.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            _live(str(job_id), writer, until, number)
        os.close(writer)
        _, self._status = os.waitpid(self._pid, os.WUNTRACED)
        # A pipe has room for all that a child writes, so nobody needs to read before the end.
        os.set_blocking(reader, False)
        with open(reader, encoding="utf-8") as lines:
            self.points = [_point(line, number) for number, line in enumerate(lines)]

    @property
    def has_finished(self) -> bool:
        """Return whether it has done all there was to do."""
        return os.WIFEXITED(self._status) and os.WEXITSTATUS(self._status) == 0

    @property
    def signal(self) -> int | None:
        """Return what killed it, or stopped it."""
        if os.WIFSTOPPED(self._status):
            return os.WSTOPSIG(self._status)
        return os.WTERMSIG(self._status) if os.WIFSIGNALED(self._status) else None

    def go_on(self) -> None:
        """Wake it where it was stopped, and wait for its end."""
        if not os.WIFSTOPPED(self._status):
            return
        os.kill(self._pid, signal.SIGCONT)
        _, self._status = os.waitpid(self._pid, 0)


def _point(line: str, number: int) -> Point:
    where, _, name = line.rstrip().partition(" ")
    return Point(number, name, in_transaction=where == "in")


def _live(job_id: str, writer: int, until: Point | None, number: int) -> NoReturn:
    """Be the child."""
    die_with_parent()
    # A session that two processes share would be the end of both: this one is the parent's, and
    # nobody may end it here.
    _inherited.append(connections[DEFAULT_DB_ALIAS])
    del connections[DEFAULT_DB_ALIAS]
    signal.alarm(PATIENCE)
    numbers = count()

    def reached(name: str) -> None:
        if _job_id not in (None, job_id):
            return
        at = next(numbers)
        if until is None or at <= until.number:
            os.write(writer, f"{'in' if _in_transaction() else 'out'} {name}\n".encode())
        if until is not None and at == until.number:
            os.kill(os.getpid(), number)

    try:
        points.watch(reached)
        work()
        finish()
        reached("its end")
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # Without pytest's own end.


def _in_transaction() -> bool:
    session: Any = connection.connection
    return session is not None and session.info.transaction_status != TransactionStatus.IDLE
