"""From a job row to messages: the links that remain, as a real Celery chain.

A message is a hint and not the truth: it may be lost, doubled or late. So publishing is best
effort, takes little time, and never raises.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from celery import Signature, chain, current_app
from celery.signals import before_task_publish
from django.db.models import F
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from tasks.engine import registry
from tasks.engine.models import Job, Setback, State
from tasks.engine.rows import SUSPECT
from tasks.engine.workflow import Workflow

log = structlog.get_logger(__name__)
# Seconds in which nothing is sent after a failure: a frozen broker costs one timeout, not many.
PAUSE = 2.0
# Seconds until a job that could not be sent is due again.
AGAIN = 0.5
# How many jobs one message carries at the most.
MOST = 50
# The header that tells when a message was sent, each of a chain at its own time.
SENT_AT = "sent_at"
_paused_until = 0.0


def publish(job: Job) -> bool:
    """Send the messages that carry the job on from where it stands. May be repeated.

    Returns whether the broker took them. Where it did not, the job is due again in a moment, as
    if it had not been published: recovery sends it as soon as the broker is back.
    """
    return publish_all([job]) == 1


def publish_all(jobs: Iterable[Job]) -> int:
    """Publish jobs, those that may go through the same link together in one message.

    Returns how many the broker took. May be repeated.
    """
    sent = 0
    for _, alike in groupby(sorted(jobs, key=_way), key=_way):
        together = list(alike)
        most = MOST if may_share(together[0]) else 1
        for start in range(0, len(together), most):
            group = together[start : start + most]
            if _send(group):
                sent += len(group)
            else:
                _note_unsent(group)
    return sent


def may_share(job: Job) -> bool:
    """Return whether other jobs may be carried on by the same message.

    Not with one that is suspected of killing workers.
    """
    if job.state == State.COMPENSATING or job.publications >= SUSPECT:
        return False
    links = registry.workflow_of(job).links_from(job.cursor)
    return bool(links) and links[0].takes_many


def _way(job: Job) -> tuple[str, int, bool, int, bool]:
    """Return what jobs have in common that go the same way."""
    suspect = job.publications >= SUSPECT
    return job.kind, job.version, job.state == State.COMPENSATING, job.cursor, suspect


def _note_unsent(jobs: Sequence[Job]) -> None:
    for job in jobs:
        Job.objects.filter(pk=job.pk, seq=job.seq, due_at__isnull=False, publications__gt=0).update(
            due_at=Now() + timedelta(seconds=AGAIN),
            publications=F("publications") - 1,
            delayed_by=Setback.BROKER_UNREACHABLE,
        )


def _send(jobs: Sequence[Job]) -> bool:
    global _paused_until  # noqa: PLW0603 (one broker, one breaker a process)
    if time.monotonic() < _paused_until:
        return False
    job = jobs[0]
    alone = len(jobs) == 1
    # Whoever knows the job's id finds its first link under it in Flower.
    begins = alone and job.seq == 0 and job.publications == 1
    try:
        first, *later = _signatures(jobs)
        first.set(task_id=str(job.id) if begins else str(uuid4()))
        # From inside a task Celery would take that task's root.
        root_id = str(job.id) if alone else first.options["task_id"]
        (chain(first, *later) if later else first).apply_async(root_id=root_id)
    except Exception as error:
        _paused_until = time.monotonic() + PAUSE
        log.warning(
            "publish_failed", jobs=len(jobs), job_id=str(job.id), error=type(error).__name__
        )
        return False
    return True


def _signatures(jobs: Sequence[Job]) -> list[Signature]:
    workflow = registry.workflow_of(jobs[0])
    return [
        _signature(name, queue, jobs, position)
        for position, (name, queue) in enumerate(_tasks(workflow, jobs[0]))
    ]


def _tasks(workflow: Workflow, job: Job) -> list[tuple[str, str]]:
    """Return the tasks that carry the job on, each with its queue."""
    if job.state == State.COMPENSATING:
        return [(workflow.undo_task_name, workflow.queue_at(job.cursor))]
    return [(workflow.task_name(x), x.queue) for x in workflow.links_from(job.cursor)]


def _signature(name: str, queue: str, jobs: Sequence[Job], position: int) -> Signature:
    # Each carries the `seq` that it finds if all before it succeed: a link raises it by one.
    arguments = tuple(part for job in jobs for part in (str(job.id), job.seq + position))
    signature = Signature(name, arguments, immutable=True, app=current_app).set(queue=queue)
    # Flower's search finds each of the jobs, where Celery would show the first few.
    return signature if len(jobs) == 1 else signature.set(argsrepr=repr(arguments))


def queue_of(job: Job) -> str:
    """Return the queue in which the job's next message waits."""
    return registry.workflow_of(job).queue_at(job.cursor)


def depths(queues: Sequence[str]) -> dict[str, int]:
    """Return how many messages wait in each queue. Raises OSError when the broker is away."""
    with _channel() as channel:
        pipe = channel.client.pipeline(transaction=False)
        for queue in queues:
            pipe.llen(queue)
        return dict(zip(queues, pipe.execute(), strict=True))


class Head(NamedTuple):
    """The message that is next in a queue: its job, or the first of several, and its age (s)."""

    job_id: UUID
    age: float


@before_task_publish.connect  # type: ignore[untyped-decorator]
def _stamp(headers: dict[str, Any], **_: Any) -> None:
    headers[SENT_AT] = time.time()


def heads(queues: Sequence[str]) -> dict[str, Head]:
    """Return what is next in each queue in which anything of ours is.

    Raises OSError when the broker is away.
    """
    with _channel() as channel:
        pipe = channel.client.pipeline(transaction=False)
        for queue in queues:
            pipe.lindex(queue, -1)
        raw = zip(queues, pipe.execute(), strict=True)
        found = {queue: _head(message, channel) for queue, message in raw if message}
        return {queue: head for queue, head in found.items() if head}


def _head(raw: bytes, channel: Any) -> Head | None:
    try:
        message = channel.Message(json.loads(raw), channel)
        arguments, *_ = message.payload
        return Head(UUID(arguments[0]), time.time() - message.headers[SENT_AT])
    except (KombuError, ValueError, TypeError, LookupError, AttributeError):
        return None  # Whoever can write into Redis can write anything.


@contextmanager
def _channel() -> Iterator[Any]:
    with current_app.connection_or_acquire() as broker:
        try:
            yield broker.default_channel
        except (*broker.connection_errors, *broker.channel_errors, KombuError) as error:
            raise ConnectionError(type(error).__name__) from error
