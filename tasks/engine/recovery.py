"""Recovery: whatever is due is published (again). Any number of these processes may run.

It keeps `seq`, so that of several copies of a message the first one acts and the others do
nothing: publishing too often costs a little work and never a job.
"""

from collections.abc import Mapping
from datetime import datetime
from threading import Event
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from tasks.engine import registry, setbacks
from tasks.engine.models import Job
from tasks.engine.publish import heads, publish_all, queue_of
from tasks.engine.rows import Clock
from tasks.engine.workflow import LEASE

log = structlog.get_logger(__name__)
TICK = 0.5
BATCH = 200
# Seconds after which the next copy of a message follows at the latest. Below the minute in which
# every job is to be final once a fault has ended.
LONGEST_GRACE = 40.0


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


def recover(heads: Mapping[str, UUID]) -> int:
    """Publish the jobs that are due, at most `BATCH`, and return how many were due, if all went.

    `heads` tells whose message is next in each queue in which one waits. A job that is younger has
    its own behind that one, most likely: a copy would only stand at the end of the same queue.
    """
    with transaction.atomic():
        reached = _accepted_at(heads)
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
        copies = [job for job in due if _deserves_a_copy(job, reached)]
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


def _accepted_at(heads: Mapping[str, UUID]) -> dict[str, datetime]:
    """Return when the job at the head of each queue was accepted."""
    found = dict(Job.objects.filter(pk__in=heads.values()).values_list("pk", "created_at"))
    at = {queue: found.get(job_id) for queue, job_id in heads.items()}
    return {queue: moment for queue, moment in at.items() if moment}


def _deserves_a_copy(job: Job, reached: Mapping[str, datetime]) -> bool:
    if not registry.knows(job):
        log.error("workflow_unknown", job_id=str(job.pk), kind=job.kind, version=job.version)
        return False
    its_turn = reached.get(queue_of(job))
    return job.publications == 0 or its_turn is None or job.created_at < its_turn


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
