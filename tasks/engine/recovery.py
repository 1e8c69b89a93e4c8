"""Recovery: whatever is due is published (again). Any number of these processes may run.

It keeps `seq`, so that of several copies of a message the first one acts and the others do
nothing: publishing too often costs a little work and never a job.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from threading import Event
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from tasks.engine import registry, setbacks
from tasks.engine.models import Job
from tasks.engine.publish import Head, heads, publish_all, queue_of
from tasks.engine.rows import Clock
from tasks.engine.workflow import LEASE

log = structlog.get_logger(__name__)
TICK = 0.5
BATCH = 200
# Seconds after which the next copy of a message follows at the latest. Below the minute in which
# every job is to be final once a fault has ended.
LONGEST_GRACE = 40.0
# Seconds by which a message may be sent later than its job's pause begins: jobs are collected for
# one at the most, and clocks differ.
LATE = 2.0
# For how long a message may be in a queue: so much later than it was accepted a job may stand at
# the end anew for each message that came before its last.
ONE_PASSAGE = timedelta(minutes=1)


def run(stop: Event) -> None:
    """Recover jobs until `stop` is set. Survives the loss of its database and of its broker."""
    while not stop.is_set():
        due = 0
        try:
            due = recover(heads(_queues())) if _is_anything_due() else 0
        except (DatabaseError, InterfaceError) as error:
            log.warning("database_failed", error=str(error))
            connection.close()
        except OSError as error:
            log.warning("broker_failed", error=str(error))
        if due < BATCH:
            stop.wait(TICK)


def recover(heads: Mapping[str, Head]) -> int:
    """Publish the jobs that are due, at most `BATCH`, and return how many were due, if all went.

    `heads` tells what is next in each queue in which anything waits. What waits behind it gets no
    copy, which would only stand at the end of the same queue.
    """
    with transaction.atomic():
        accepted_at = _accepted_at(heads.values())
        due = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(due_at__lte=Now())
            .only(
                *("kind", "version", "state", "cursor", "seq", "publications"),
                *("delayed_by", "claimed_by", "recoveries", "created_at"),
            )
            .annotate(clock=Clock())
            .order_by("due_at", "pk")[:BATCH]
        )
        copies = [job for job in due if _deserves_a_copy(job, heads, accepted_at)]
        for job in copies:
            job.publications += 1
        _set_due({job.pk: _grace(job) for job in due})
        Job.objects.filter(pk__in=[job.pk for job in copies]).update(
            publications=F("publications") + 1, delayed_by=None
        )
        setbacks.note([(job, job.clock) for job in copies])
    sent = publish_all(copies)
    if copies:
        log.info("recovered", jobs=sent, lost=len(copies) - sent)
    # With the broker away the rest of what is due can wait, too.
    return len(due) if sent == len(copies) else 0


def _is_anything_due() -> bool:
    return Job.objects.filter(due_at__lte=Now()).exists()


def _accepted_at(heads: Iterable[Head]) -> dict[UUID, datetime]:
    """Return when these jobs were accepted; of one that is no more nothing is known."""
    found = Job.objects.filter(pk__in=[head.job_id for head in heads])
    return dict(found.values_list("pk", "created_at"))


def _deserves_a_copy(
    job: Job, heads: Mapping[str, Head], accepted_at: Mapping[UUID, datetime]
) -> bool:
    """Return whether the job's message is not waiting in its queue, as far as can be told."""
    if not registry.knows(job):
        log.error("workflow_unknown", job_id=str(job.pk), kind=job.kind, version=job.version)
        return False
    head = heads.get(queue_of(job)) if job.publications else None
    if head is None or head.job_id not in accepted_at:
        return True
    # Sent after it, or accepted after it, and yet before it in the queue.
    sent_later, earlier = head.age < _grace(job) - LATE, job.seq + job.publications - 1
    return sent_later or accepted_at[head.job_id] - job.created_at > earlier * ONE_PASSAGE


def _grace(job: Job) -> float:
    doublings = min(max(job.publications - 1, 0), 8)  # Far above the longest, far below overflow.
    return min(LEASE * 2.0**doublings, LONGEST_GRACE)


def _set_due(seconds: Mapping[UUID, float]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET due_at = statement_timestamp() + grace * interval '1 second'"
            " FROM unnest(%s::uuid[], %s::float8[]) AS t (job_id, grace)"
            " WHERE id = job_id AND due_at IS NOT NULL",
            [list(seconds), list(seconds.values())],
        )


def _queues() -> list[str]:
    return sorted({link.queue for workflow in registry.workflows() for link in workflow.links})
