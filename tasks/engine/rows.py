"""How a worker reaches a job's row: look, claim, lock, put off."""

import os
import random
import socket
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import DateTimeField, F, Func, Q
from django.db.models.functions import Greatest, Now

from tasks.engine.models import Job, Setback
from tasks.engine.workflow import LEASE

# From its third publication on, a message is suspected of having killed workers: the worker that
# takes it says so first. So many claims that ended in neither a commit nor a clean stop are enough.
SUSPECT = 3
MAX_CLAIMS = 10


class Clock(Func):
    """PostgreSQL's time at the moment of the call, also inside a transaction."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class Seen(NamedTuple):
    """A job, PostgreSQL's time when it was read, and whether it was claimed then."""

    job: Job
    at: datetime
    claimed: bool = False


def look(*, job_id: UUID | str, seq: int) -> Seen | None:
    """Return the job if a message of this `seq` is still true, without locking it.

    None for a copy, a stale message, or a suspect that another worker has at this moment.
    """
    job = Job.objects.filter(pk=job_id, seq=seq).annotate(clock=Clock()).first()
    if job is None or job.due_at is None:
        return None
    suspect = job.publications >= SUSPECT
    if suspect and not _claim(job):
        return None
    return Seen(job, job.clock, claimed=suspect)


def _claim(job: Job) -> bool:
    free = Q(claimed_until=None) | Q(claimed_until__lt=Now())
    until = Now() + timedelta(seconds=LEASE)
    taken = Job.objects.filter(free, pk=job.pk, seq=job.seq).update(
        claims=F("claims") + 1,
        claimed_by=_worker(),
        claimed_until=until,
        due_at=Greatest("due_at", until),
    )
    return bool(taken)


def _worker() -> str:
    """Return what this worker is called in the rows that it has."""
    return f"{socket.gethostname()}:{os.getpid()}"


def lock(*, job_id: UUID | str, seq: int) -> Seen | None:
    """Lock the job by id and `seq` and return it; None where another turn was first.

    Raises TransactionManagementError outside a transaction.
    """
    rows = Job.objects.select_for_update().filter(pk=job_id, seq=seq)
    job = rows.annotate(clock=Clock()).first()
    return Seen(job, job.clock) if job else None


def put_off(seen: Seen) -> None:
    """Have recovery publish the job again in a moment: the database failed, not the job.

    Counts neither as an attempt nor as a crash.
    """
    Job.objects.filter(pk=seen.job.pk, seq=seen.job.seq).update(
        due_at=Now() + timedelta(seconds=random.uniform(0.5, 1.5)),  # noqa: S311 (not a secret)
        publications=0,
        claims=Greatest(F("claims") - int(seen.claimed), 0),
        claimed_by=_worker(),
        claimed_until=None,
        delayed_by=Setback.DATABASE_FAILED,
    )
