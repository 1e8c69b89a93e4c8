"""Recovery: whatever is due is published (again). Any number of these processes may run.

It keeps `seq`, so that of several copies of a message the first one acts and the others do
nothing: publishing too often costs a little work and never a job.
"""

from collections.abc import Mapping
from threading import Event
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from tasks.engine import registry, setbacks
from tasks.engine.models import Job
from tasks.engine.publish import depths, publish_all, queue_of
from tasks.engine.rows import Clock
from tasks.engine.workflow import LEASE

log = structlog.get_logger(__name__)
TICK = 0.5
BATCH = 200
# Seconds after which the next copy of a message follows at the latest. Below the minute in which
# every job is to be final once a fault has ended.
LONGEST_GRACE = 40.0
# A queue with so many messages gets no copies: they would only wait behind the others.
DEEP_QUEUE = 1_000


def run(stop: Event) -> None:
    """Recover jobs until `stop` is set. Survives the loss of its database and of its broker."""
    while not stop.is_set():
        due = 0
        try:
            due = recover(depths(_queues())) if _is_anything_due() else 0
        except (DatabaseError, InterfaceError) as error:
            log.warning("database_failed", error=str(error))
            connection.close()
        except OSError as error:
            log.warning("broker_failed", error=str(error))
        if due < BATCH:
            stop.wait(TICK)


def recover(depths: Mapping[str, int]) -> int:
    """Publish the jobs that are due, at most `BATCH`, and return how many were due, if all went.

    `depths` tells how many messages wait in each queue.
    """
    with transaction.atomic():
        due = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(due_at__lte=Now())
            .only(
                *("kind", "version", "state", "cursor", "seq", "publications"),
                *("delayed_by", "claimed_by", "recoveries"),
            )
            .annotate(clock=Clock())
            .order_by("due_at", "pk")[:BATCH]
        )
        copies = [job for job in due if _deserves_a_copy(job, depths)]
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


def _deserves_a_copy(job: Job, depths: Mapping[str, int]) -> bool:
    if not registry.knows(job):
        log.error("workflow_unknown", job_id=str(job.pk), kind=job.kind, version=job.version)
        return False
    return job.publications == 0 or depths.get(queue_of(job), 0) < DEEP_QUEUE


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
