"""Start a job, find it, cancel, wake or resume it: what the rest of the shop does with jobs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

import structlog
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Now

from shop.core.errors import NotFound, Refused
from shop.core.ids import new_job_id
from tasks.engine import registry, rows, vault
from tasks.engine.collecting import collector
from tasks.engine.models import FINAL, RESTING, UNTRIED, Job, State, StepState
from tasks.engine.publish import publish, publish_all
from tasks.engine.workflow import LEASE, Workflow

log = structlog.get_logger(__name__)


class KeyReused(Refused):
    """The idempotency key belongs to another request."""

    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used for another request; take a new one."


class JobFinal(Refused):
    """The job has ended; nothing about it changes any more."""

    code = "job_final"
    detail = "The job has ended already."


class JobPastCancel(Refused):
    """The job's money has moved, or it cannot be stopped for another reason."""

    code = "job_past_cancel"
    detail = "The job can no longer be cancelled: it is past the point of no return."


class JobNotStuck(Refused):
    """Only a job that is stuck can be resumed."""

    code = "job_not_stuck"
    detail = "The job is not stuck: there is nothing to resume."


# The states in which a job that waits looks again, and one that does not yet will look.
LOOKING = (State.QUEUED, State.RUNNING, State.WAITING)


@dataclass(frozen=True)
class Idempotency:
    """A caller's key for one request: whose key, the key, and what the request was."""

    scope: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A job to be accepted: its input, what nobody may see, who asks, and for whom."""

    input: Mapping[str, Any]
    secrets: Mapping[str, str] | None = None
    owner_id: int | None = None
    beneficiary_id: int | None = None
    request_id: str = ""
    idempotency: Idempotency | None = None
    job_id: UUID = field(default_factory=new_job_id)


def start(
    workflow: Workflow,
    *,
    input: Mapping[str, Any],  # noqa: A002 (the field's word)
    secrets: Mapping[str, str] | None = None,
    owner_id: int | None = None,
    beneficiary_id: int | None = None,
    request_id: str = "",
    idempotency: Idempotency | None = None,
    job_id: UUID | None = None,
) -> Job:
    """Accept a job and send it on its way when the transaction commits.

    To be called within the transaction of what the acceptance itself changes.
    Raises IntegrityError when the idempotency key is taken; see `lock_key`.
    """
    job = _new(
        workflow,
        Wanted(
            input=input,
            secrets=secrets,
            owner_id=owner_id,
            beneficiary_id=beneficiary_id,
            request_id=request_id,
            idempotency=idempotency,
            job_id=job_id or new_job_id(),
        ),
    )
    rows.insert([job])
    # The job is durable by then: whatever fails now must not turn the answer into an error. Not a
    # `partial`: Django asks what has failed for its name, and fails itself where it has none.
    transaction.on_commit(lambda: collector.send(job), robust=True)
    return job


def start_all(workflow: Workflow, wanted: Sequence[Wanted]) -> None:
    """Accept several jobs of a kind, as `start` does each, in one statement."""
    made = [_new(workflow, one) for one in wanted]
    rows.insert(made)
    transaction.on_commit(lambda: publish_all(made), robust=True)


def _new(workflow: Workflow, wanted: Wanted) -> Job:
    if missing := set(workflow.input.__annotations__) ^ set(wanted.input):
        raise AssertionError(f"{workflow.kind}: the input differs in {', '.join(sorted(missing))}.")
    key = wanted.idempotency
    steps = [_pending(step.name) for step in workflow.steps]
    # A link of which the input wants nothing needs no message.
    cursor = workflow.first_position(wanted.input)
    for step in steps[:cursor]:
        step["state"] = StepState.SKIPPED
    return Job(
        id=wanted.job_id,
        kind=workflow.kind,
        version=workflow.version,
        input=dict(wanted.input),
        secrets=vault.seal(wanted.secrets or {}),
        steps=steps,
        cursor=cursor,
        owner_id=wanted.owner_id,
        beneficiary_id=wanted.beneficiary_id,
        personal=bool(workflow.personal),
        request_id=wanted.request_id,
        scope=key.scope if key else "",
        idempotency_key=key.key if key else None,
        fingerprint=key.fingerprint if key else None,
    )


def _pending(name: str) -> dict[str, Any]:
    return {"name": name, "state": StepState.PENDING, **UNTRIED}


def lock_key(*, idempotency: Idempotency) -> None:
    """Wait until no other transaction is deciding about the same key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{idempotency.scope}\n{idempotency.key}"],
        )


def find(*, idempotency: Idempotency) -> Job | None:
    """Return the job that the key made, if any. Raises KeyReused when the request was another."""
    job = Job.objects.filter(scope=idempotency.scope, idempotency_key=idempotency.key).first()
    if job and not compare_digest(bytes(job.fingerprint or b""), idempotency.fingerprint):
        raise KeyReused
    return job


def get(*, job_id: UUID) -> Job:
    """Return the job. Raises NotFound when there is none of this id."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFound
    return job


def get_for(*, job_id: UUID, account_id: int | None, open_kinds: Collection[str]) -> Job:
    """Return the job if the account may read it: one that it started, or that is for it.

    Jobs of these kinds that nobody's account started are anybody's, also where the account is None.
    Raises NotFound for others as for none.
    """
    readers = Q(owner_id__isnull=True, kind__in=open_kinds)
    if account_id is not None:
        readers |= Q(owner_id=account_id) | Q(beneficiary_id=account_id)
    job = Job.objects.filter(readers, pk=job_id).first()
    if job is None:
        raise NotFound
    return job


def are_to_do(*, more_than: int) -> bool:
    """Return whether more jobs wait for workers; reads no more rows than it takes to know.

    Those that are to be begun, and those of which a message is on its way. Not those that sleep
    until another attempt, or wait for a customer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM jobs_job"
            " WHERE due_at IS NOT NULL AND (state = 'queued' OR publications > 0)"
            " LIMIT %s) AS queue",
            [more_than + 1],
        )
        (number,) = cursor.fetchone()
        return bool(number > more_than)


def final(*, job_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these jobs have ended."""
    return set(Job.objects.filter(pk__in=job_ids, state__in=FINAL).values_list("pk", flat=True))


def listed(
    *, account_id: int | None = None, kind: str | None = None, state: str | None = None
) -> QuerySet[Job]:
    """Return jobs, unordered: those that an account started, or all."""
    rows = Job.objects.all()
    if account_id is not None:
        rows = rows.filter(owner_id=account_id)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if state is not None:
        rows = rows.filter(state=state)
    if state is not None and state not in RESTING:
        # In the words of a small index: ended jobs are not looked at, however many there are.
        rows = rows.filter(due_at__isnull=False)
    return rows


def cancel(*, job_id: UUID, account_id: int | None = None) -> Job:
    """Ask for the job to be undone, for an account, and return it. May be repeated.

    Raises NotFound; JobFinal once it has ended; JobPastCancel once its pivot is done.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NotFound
        if job.is_final:
            raise JobFinal
        if not registry.knows(job) or registry.workflow_of(job).is_past_pivot(job):
            raise JobPastCancel
        # What is stuck before the pivot is stuck in being undone.
        if job.state in (State.COMPENSATING, State.STUCK) or job.cancel_requested:
            return job
        job.cancel_requested, job.cancelled_by = True, account_id
        # One that sleeps between two attempts is woken; another has its message on the way.
        sleeping = {"due_at": Now()} if job.publications == 0 else {}
        Job.objects.filter(pk=job_id).update(
            cancel_requested=True, cancelled_by=account_id, **sleeping
        )
        return job


def resume(*, job_id: UUID, account_id: int | None = None) -> Job:
    """Have a stuck job try again what it is stuck in, with all its attempts, and return it.

    For an account, which the log names.

    Raises NotFound; JobNotStuck, also where this code no longer has the job's workflow.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NotFound
        if job.state != State.STUCK or not registry.knows(job):
            raise JobNotStuck
        forward = registry.workflow_of(job).is_past_pivot(job)
        job.state = State.RUNNING if forward else State.COMPENSATING
        job.attempt, job.claims, job.publications = 0, 0, 1
        job.seq += 1
        if forward or job.cancel_requested:
            job.error = None  # It told what the job was stuck in, not why it goes back.
        if forward:
            job.steps[job.cursor].update(state=StepState.RUNNING, finished_at=None)
        job.due_at = Now() + timedelta(seconds=LEASE)
        job.save(
            update_fields=[
                *("state", "attempt", "claims", "publications", "seq", "error", "steps", "due_at")
            ]
        )
        transaction.on_commit(lambda: publish(job), robust=True)
    log.info("job_resumed", job_id=str(job_id), account_id=account_id, state=job.state)
    return get(job_id=job_id)


def wake(*, job_id: UUID) -> bool:
    """Have a job that waits, or is about to, look again now: there is news. May be repeated.

    Returns whether it will: not one that has ended, goes back, or is past its pivot.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if (
            job is None
            or job.cancel_requested
            or job.state not in LOOKING
            or not registry.knows(job)
        ):
            return False
        if registry.workflow_of(job).is_past_pivot(job):
            return False
        # A turn that is under way sees by the number that it looked too early.
        Job.objects.filter(pk=job_id).update(signals=F("signals") + 1)
        if job.state == State.WAITING and job.publications == 0:
            job.publications = 1
            due_at = Now() + timedelta(seconds=LEASE)
            Job.objects.filter(pk=job_id).update(publications=1, due_at=due_at, delayed_by=None)
            transaction.on_commit(lambda: publish(job), robust=True)
    return True


def is_active(*, job_id: UUID) -> bool:
    """Return whether the job has not ended; a stuck one has not."""
    return any_active(job_ids=[job_id])


def any_active(*, job_ids: Collection[UUID]) -> bool:
    """Return whether one of these jobs has not ended; a stuck one has not."""
    return Job.objects.filter(pk__in=job_ids).exclude(state__in=FINAL).exists()


def has_running(
    *, account_id: int, but: UUID | None = None, kinds: Collection[str] | None = None
) -> bool:
    """Return whether a job of the account or for it, of these kinds or any, is on its way.

    But for one; and for those that are stuck, for which nobody should wait.
    """
    of_account = Q(owner_id=account_id) | Q(beneficiary_id=account_id)
    # In the words of a small index: ended jobs are not looked at, however many there are.
    rows = Job.objects.filter(of_account, due_at__isnull=False)
    if but is not None:
        rows = rows.exclude(pk=but)
    return (rows if kinds is None else rows.filter(kind__in=kinds)).exists()


def redact(*, account_id: int) -> None:
    """Erase what is personal in the results of jobs for this account. May be repeated."""
    rows = Job.objects.filter(beneficiary_id=account_id, personal=True, result__isnull=False)
    for workflow in registry.workflows():
        if workflow.personal:
            names = Value(list(workflow.personal), output_field=ArrayField(models.TextField()))
            without = Func(
                F("result"),
                names,
                template="(%(expressions)s)",
                arg_joiner=" - ",
                output_field=models.JSONField(),
            )
            mine = rows.filter(kind=workflow.kind, version=workflow.version)
            mine.update(result=without)
            rows = rows.exclude(kind=workflow.kind, version=workflow.version)
    # Of a workflow that this code no longer has, nobody knows what is personal.
    rows.update(result={})
