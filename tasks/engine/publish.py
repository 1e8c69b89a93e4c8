"""From a job row to messages: the links that remain, as a real Celery chain.

A message is a hint and not the truth: it may be lost, doubled or late. So publishing is best
effort, takes little time, and never raises.
"""

import time
from datetime import timedelta
from uuid import uuid4

import structlog
from celery import Signature, chain, current_app
from django.db.models import F
from django.db.models.functions import Now

from tasks.engine import registry
from tasks.engine.models import Job, Setback, State

log = structlog.get_logger(__name__)
# Seconds in which nothing is sent after a failure: a frozen broker costs one timeout, not many.
PAUSE = 2.0
# Seconds until a job that could not be sent is due again.
AGAIN = 0.5
_paused_until = 0.0


def publish(job: Job) -> bool:
    """Send the messages that carry the job on from where it stands. May be repeated.

    Returns whether the broker took them. Where it did not, the job is due again in a moment, as
    if it had not been published: recovery sends it as soon as the broker is back.
    """
    if _send(job):
        return True
    Job.objects.filter(pk=job.pk, seq=job.seq, due_at__isnull=False, publications__gt=0).update(
        due_at=Now() + timedelta(seconds=AGAIN),
        publications=F("publications") - 1,
        delayed_by=Setback.BROKER_UNREACHABLE,
    )
    return False


def _send(job: Job) -> bool:
    global _paused_until  # noqa: PLW0603 (one broker, one breaker a process)
    if time.monotonic() < _paused_until:
        return False
    # Whoever knows the job's id finds its first link under it in Flower.
    begins = job.seq == 0 and job.publications == 1
    try:
        first, *later = _signatures(job)
        first.set(task_id=str(job.id) if begins else str(uuid4()))
        # From inside a task Celery would take that task's root.
        (chain(first, *later) if later else first).apply_async(root_id=str(job.id))
    except Exception as error:
        _paused_until = time.monotonic() + PAUSE
        log.warning("publish_failed", job_id=str(job.id), error=type(error).__name__)
        return False
    return True


def _signatures(job: Job) -> list[Signature]:
    workflow = registry.workflow_of(job)
    if job.state == State.COMPENSATING:
        names = [(workflow.undo_task_name, workflow.queue_at(job.cursor))]
    else:
        names = [(workflow.task_name(x), x.queue) for x in workflow.links_from(job.cursor)]
    # Each carries the `seq` that it finds if all before it succeed: a link raises it by one.
    return [
        Signature(name, (str(job.id), job.seq + position), immutable=True, app=current_app).set(
            queue=queue
        )
        for position, (name, queue) in enumerate(names)
    ]
