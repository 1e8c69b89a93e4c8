"""How a worker reaches a job's row: look, claim, lock, put off."""

import json
import os
import random
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import DateTimeField, F, Func, JSONField, Q
from django.db.models.functions import Greatest, Now
from django.db.transaction import TransactionManagementError

from shop.core.statements import Prepared
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
    found = _read("WHERE id = %s AND seq = %s", job_id, seq)
    if not found or found[0].job.due_at is None:
        return None
    suspect = found[0].job.publications >= SUSPECT
    if suspect and not _claim(found[0].job):
        return None
    return found[0]._replace(claimed=suspect)


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
    _demand_transaction()
    found = _read("WHERE id = %s AND seq = %s FOR UPDATE", job_id, seq)
    return found[0] if found else None


def look_all(messages: Mapping[UUID, int]) -> list[Seen]:
    """Return the jobs of which messages, by id, are still true, without locking them.

    But for those that are suspected of killing workers: nobody else is to die with them.
    """
    return _true("", messages)


def lock_all(messages: Mapping[UUID, int]) -> list[Seen]:
    """Lock the jobs as `look_all` returns them, in one order, but for those that others hold.

    Raises TransactionManagementError outside a transaction.
    """
    _demand_transaction()
    return _true("FOR UPDATE SKIP LOCKED", messages)


def _demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("A lock would be gone at once.")


def _true(and_lock: str, messages: Mapping[UUID, int]) -> list[Seen]:
    return [
        Seen(job, at)
        for job, at, _ in _read(f"WHERE id = ANY(%s) ORDER BY id {and_lock}", list(messages))
        if job.seq == messages[job.pk] and job.due_at and job.publications < SUSPECT
    ]


_FIELDS = Job._meta.concrete_fields
_NAMES = [field.attname for field in _FIELDS]
_COLUMNS = ", ".join(str(field.column) for field in _FIELDS)
_IN_JSON = [position for position, field in enumerate(_FIELDS) if isinstance(field, JSONField)]


def _read(which: str, *values: UUID | str | int | list[UUID]) -> list[Seen]:
    """Return jobs, and PostgreSQL's time when each was read.

    Written out: each message reads them twice, and Django would write the same statement anew.
    """
    with connection.cursor() as cursor:
        statement = f"SELECT {_COLUMNS}, clock_timestamp() FROM jobs_job {which}"  # noqa: S608
        cursor.execute(statement, values)
        return [Seen(_job(columns), at) for *columns, at in cursor.fetchall()]


def _job(columns: list[Any]) -> Job:
    for position in _IN_JSON:
        if columns[position] is not None:
            columns[position] = json.loads(columns[position])
    return Job.from_db(DEFAULT_DB_ALIAS, _NAMES, columns)


def insert(jobs: Sequence[Job]) -> None:
    """Write new jobs with a lease, and note what PostgreSQL's clock says of them.

    Raises IntegrityError when an idempotency key is taken.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [LEASE, _packed(_NEW, jobs)])
        made = {job_id: times for job_id, *times in cursor.fetchall()}
    for job in jobs:
        job.created_at, job.due_at = made[job.pk]


# What a new job has, beside what is the same for all of them.
_NEW = (
    *("id", "kind", "version", "cursor", "input", "secrets", "steps"),
    *("owner_id", "beneficiary_id", "personal", "request_id"),
    *("scope", "idempotency_key", "fingerprint"),
)
_INSERT = Prepared("""
    INSERT INTO jobs_job (
        state, seq, attempt, due_at, publications, claims, claimed_by, signals,
        cancel_requested, data,
        id, kind, version, cursor, input, secrets, steps,
        owner_id, beneficiary_id, personal, request_id,
        scope, idempotency_key, fingerprint
    )
    SELECT
        'queued', 0, 0, statement_timestamp() + %s * interval '1 second', 1, 0, '', 0,
        false, '{}', new.*
    FROM json_to_recordset(%s::json) AS new (
        id uuid, kind text, version int, cursor int, input jsonb, secrets bytea, steps jsonb,
        owner_id bigint, beneficiary_id bigint, personal bool, request_id text,
        scope text, idempotency_key text, fingerprint bytea
    )
    RETURNING id, created_at, due_at
""")


class Saved(NamedTuple):
    """What a turn writes of its job; `due_in` in seconds."""

    id: UUID
    state: str
    cursor: int
    seq: int
    attempt: int
    due_in: float | None
    publications: int
    input: Mapping[str, Any]
    data: Mapping[str, Any]
    secrets: bytes | memoryview | None
    steps: Sequence[Mapping[str, Any]]
    result: Any
    error: Mapping[str, Any] | None
    undo: Mapping[str, Any] | None
    action: Mapping[str, Any] | None
    started_at: datetime | None
    finished_at: datetime | None


# A turn that ends in a commit clears a claim.
_SAVE = """
    UPDATE jobs_job AS job
    SET state = new.state, cursor = new.cursor, seq = new.seq, attempt = new.attempt,
        due_at = statement_timestamp() + new.due_in * interval '1 second',
        publications = new.publications, input = new.input, data = new.data,
        secrets = new.secrets, steps = new.steps, result = new.result, error = new.error,
        undo = new.undo, action = new.action,
        started_at = new.started_at, finished_at = new.finished_at,
        claims = 0, claimed_by = '', claimed_until = NULL, delayed_by = NULL
    FROM json_to_recordset(%s::json) AS new (
        id uuid, state text, cursor int, seq int, attempt int, due_in float8, publications int,
        input jsonb, data jsonb, secrets bytea, steps jsonb, result jsonb, error jsonb,
        undo jsonb, action jsonb, started_at timestamptz, finished_at timestamptz
    )
    WHERE job.id = new.id AND job.id = ANY(%s)
"""


def save(jobs: Sequence[Saved]) -> None:
    """Write locked jobs, in one statement however many they are."""
    with connection.cursor() as cursor:
        # By their ids, too: PostgreSQL takes any `json_to_recordset` for a hundred rows, and would
        # read a table of some thousand jobs as a whole.
        cursor.execute(_SAVE, [_packed(Saved._fields, jobs), [job.id for job in jobs]])


def _packed(names: Sequence[str], jobs: Sequence[object]) -> str:
    """Return these columns of jobs as one value of a statement."""
    return json.dumps([{name: _plain(getattr(job, name)) for name in names} for job in jobs])


def _plain(value: Any) -> Any:
    """Return the value of a column as JSON has it; what steps made has to be JSON by itself."""
    if isinstance(value, UUID | datetime):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    return value


def put_off(messages: Mapping[UUID, int], *, claimed: bool = False) -> None:
    """Have recovery publish jobs, by id and `seq`, in a moment: the database failed, not they.

    Counts neither as an attempt nor as a crash. Leaves alone jobs that sleep until a time of their
    own, and suspects but for one that the caller has claimed: another may have it.
    """
    on_the_way = (
        Q(publications__gte=SUSPECT) if claimed else Q(publications__range=(1, SUSPECT - 1))
    )
    for job_id, seq in messages.items():
        Job.objects.filter(on_the_way, pk=job_id, seq=seq, due_at__isnull=False).update(
            due_at=Now() + timedelta(seconds=random.uniform(0.5, 1.5)),  # noqa: S311 (no secret)
            publications=0,
            claims=Greatest(F("claims") - int(claimed), 0),
            claimed_by=_worker(),
            claimed_until=None,
            delayed_by=Setback.DATABASE_FAILED,
        )
