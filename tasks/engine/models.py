"""The job row: the one truth about a job, and the states it may pass through."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shop.core.ids import new_job_id


class State(models.TextChoices):
    """What a job is doing."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    COMPENSATING = "compensating"
    STUCK = "stuck"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
# A stuck job is not final, but nothing happens to it until an operator says so.
RESTING = (*FINAL, State.STUCK)

# Which states may follow which; the same again is always allowed but for final ones.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.QUEUED: (
        *(State.RUNNING, State.WAITING, State.COMPENSATING, State.STUCK),
        *FINAL,
    ),
    State.RUNNING: (State.WAITING, State.COMPENSATING, State.STUCK, *FINAL),
    State.WAITING: (State.RUNNING, State.COMPENSATING, State.STUCK, *FINAL),
    State.COMPENSATING: (State.STUCK, State.FAILED, State.CANCELLED),
    State.STUCK: (State.RUNNING, State.COMPENSATING),
    **dict.fromkeys(FINAL, ()),
}


class StepState(models.TextChoices):
    """What became of one step."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    SKIPPED = "skipped"


# What a job tells of a step, or of a step's undo, that nobody has tried.
UNTRIED = {"attempts": 0, "started_at": None, "finished_at": None, "error": None}


class Setback(models.TextChoices):
    """Why recovery had to carry a job on; what was planned, such as a retry, is none."""

    # Nobody finished in its lease: the message was lost, or its worker was killed or is frozen.
    LEASE_ENDED = "lease_ended"
    BROKER_UNREACHABLE = "broker_unreachable"
    DATABASE_FAILED = "database_failed"


class Job(models.Model):
    """One run of a workflow. Every time in it is PostgreSQL's."""

    id = models.UUIDField(primary_key=True, default=new_job_id, editable=False)
    kind = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    # Forward: the next step. Compensating: the next one to undo, -1 for the acceptance itself.
    cursor = models.SmallIntegerField(default=0)
    # Raised by every commit that changes the job; a message of another `seq` is a stale copy.
    seq = models.PositiveIntegerField(default=0)
    # Failed attempts at what the cursor points to.
    attempt = models.PositiveSmallIntegerField(default=0)
    # When recovery is to publish the job (again): dispatch, lease, retry and timer in one.
    due_at = models.DateTimeField(null=True)
    # How often a message of this `seq` was published, and what that cost workers.
    publications = models.PositiveSmallIntegerField(default=1)
    claims = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=128, blank=True, default="")
    claimed_until = models.DateTimeField(null=True)
    # The setback of the present message, where somebody knows it, and what recovery noted of the
    # last ones; see setbacks.py. Null in nearly every row.
    delayed_by = models.CharField(max_length=32, null=True)  # noqa: DJ001 (null takes no room)
    recoveries = models.JSONField(null=True)
    # How often something outside said that there is news for a job that waits.
    signals = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    # The account that asked for it; a plain value, for it may be gone when the job still is not.
    cancelled_by = models.BigIntegerField(null=True)

    input = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    secrets = models.BinaryField(null=True)
    steps = models.JSONField(default=list)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)
    # How what accepting the job did is being taken back, or was; as a step's `undo`.
    undo = models.JSONField(null=True)
    action = models.JSONField(null=True)

    # Who started it, and whom it is for where that is somebody else.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    beneficiary = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # Whether the result holds personal data, which is erased with the beneficiary's account.
    personal = models.BooleanField(default=False)
    request_id = models.CharField(max_length=128, blank=True, default="")
    scope = models.CharField(max_length=64, default="")
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 (null: no key)
    fingerprint = models.BinaryField(null=True)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=RESTING, due_at=None)
                | (~Q(state__in=RESTING) & Q(due_at__isnull=False)),
                name="job_due_unless_resting",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL, finished_at__isnull=False, secrets=None)
                | (~Q(state__in=FINAL) & Q(finished_at=None)),
                name="job_finished_when_final",
            ),
            models.UniqueConstraint(
                fields=["scope", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="job_idempotency_key_unique",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="job_due"),
            models.Index(fields=["id"], condition=Q(state="stuck"), name="job_stuck"),
            models.Index(fields=["beneficiary"], condition=Q(personal=True), name="job_personal"),
            models.Index(
                fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_finished"
            ),
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False, scope="schedule"),
                name="job_finished_run",
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(recoveries__isnull=False),
                name="job_recovered",
            ),
            models.Index(fields=["owner", "-created_at", "-id"], name="job_of_owner"),
            models.Index(fields=["kind", "-created_at", "-id"], name="job_of_kind"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            # The rarer ends, which a walk through all jobs would take long to find. No job is
            # written here but with its last commit.
            models.Index(
                fields=["state", "-created_at", "-id"],
                condition=Q(state__in=[State.FAILED, State.CANCELLED]),
                name="job_in_vain",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_final(self) -> bool:
        """Return whether nothing will change any more."""
        return self.state in FINAL

    @property
    def outcome(self) -> State:
        """Return what undoing ends in: a job turns back because it was asked to, or failed."""
        return State.CANCELLED if self.cancel_requested else State.FAILED


class RecoveryTally(models.Model):
    """How often jobs were recovered for this reason, also those that are deleted by now."""

    reason = models.CharField(max_length=32, primary_key=True)
    number = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.reason}: {self.number}"
