"""Beat's timetable: for each slot of each row one job, started straight in PostgreSQL.

The row says which slot ran last, in the commit that starts the job; the job's key says it again.
So any number of beats start one job a slot, and one that was away makes up for what it missed.
"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import structlog
from django.db import connection, transaction
from django.db.models import F
from django_celery_beat.models import PeriodicTask

from shop.core.times import rfc3339
from tasks.engine import jobs, registry
from tasks.engine.jobs import Idempotency
from tasks.engine.workflow import Workflow
from tasks.schedule import slots
from tasks.workflows.scheduled import Scheduled

log = structlog.get_logger(__name__)
# Scheduled runs have a key of this scope, by which they can be told from what people start.
SCOPE = "schedule"


class UnknownKind(Exception):
    """A row names no kind of job that the clock can start."""


def kinds() -> list[str]:
    """Return the kinds of jobs that the clock can start."""
    return sorted({w.kind for w in registry.workflows() if w.input is Scheduled})


def workflow_of(task: str) -> Workflow:
    """Return the workflow that a row's task names. Raises UnknownKind."""
    if task not in kinds():
        raise UnknownKind(f"{task!r} is none of {', '.join(kinds())}.")
    return registry.newest(task)


def read() -> tuple[list[PeriodicTask], datetime]:
    """Return the rows that are switched on, and PostgreSQL's time."""
    rows = PeriodicTask.objects.filter(enabled=True).select_related(
        "interval", "crontab", "clocked"
    )
    return list(rows.order_by("pk")), _now()


@transaction.atomic
def start(*, row_id: int) -> UUID | None:
    """Start the job of the row's latest slot, and return its id; None where another beat did.

    Raises UnknownKind.
    """
    row = PeriodicTask.objects.select_for_update().filter(pk=row_id).first()
    slot = slots.latest(row, now=_now()) if row else None
    if row is None or slot is None:
        return None
    workflow = workflow_of(row.task)
    idempotency = _idempotency(f"schedule:{row.name}:{rfc3339(slot)}", row.task)
    jobs.lock_key(idempotency=idempotency)
    job = jobs.find(idempotency=idempotency)
    is_new = job is None
    if job is None:
        before = row.last_run_at
        job = jobs.start(
            workflow,
            input=Scheduled(since=rfc3339(before) if before else None, until=rfc3339(slot)),
            idempotency=idempotency,
        )
        log.info("slot_started", name=row.name, slot=rfc3339(slot), job_id=str(job.pk))
    PeriodicTask.objects.filter(pk=row.pk).update(
        last_run_at=slot,
        total_run_count=F("total_run_count") + int(is_new),
        enabled=not row.one_off,
    )
    return job.pk if is_new else None


def start_now(*, kind: str) -> UUID:
    """Start a run that no slot asks for, and return the job's id. Raises UnknownKind."""
    with transaction.atomic():
        return jobs.start(
            workflow_of(kind),
            input=Scheduled(since=None, until=rfc3339(_now())),
            idempotency=_idempotency(f"by hand:{uuid4()}", kind),
        ).pk


def _idempotency(key: str, task: str) -> Idempotency:
    return Idempotency(scope=SCOPE, key=key, fingerprint=task.encode())


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now.astimezone(UTC)  # type: ignore[no-any-return]
