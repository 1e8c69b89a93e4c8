"""A job under its lock: what one turn makes of it, up to the one UPDATE that saves it."""

import random
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Any

import structlog
from cryptography.fernet import InvalidToken
from django.db import transaction

from shop.core.errors import Refused, ShopError, Unavailable
from tasks.engine import rows, vault
from tasks.engine.attempts import attempt
from tasks.engine.models import FINAL, TRANSITIONS, UNTRIED, State, StepState
from tasks.engine.publish import publish_all
from tasks.engine.rows import Saved, Seen
from tasks.engine.workflow import LEASE, Call, Function, NotYet, Outcome, Step, Workflow

log = structlog.get_logger(__name__)

# How often a step is tried before it is given up: a passing fault; one where there is no way
# back (some four minutes); and what must be a bug of ours.
TRIES = 8
FORWARD_TRIES = 11
BUG_TRIES = 3
LONGEST_PAUSE = 30.0
# Where a job's data keeps how far a step came, and which.
SO_FAR = "so_far"


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 1 s, doubling to 30 s, ± 25 %."""
    seconds = min(2.0 ** (attempts - 1), LONGEST_PAUSE)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 (not a secret)


class Turn:
    """One turn of a locked job. Nothing is written before `save`."""

    def __init__(self, workflow: Workflow, seen: Seen, *, began_at: datetime | None = None) -> None:
        self.workflow = workflow
        self.job = seen.job
        self._log = log.bind(job_id=str(self.job.pk), request_id=self.job.request_id)
        # Anchored in PostgreSQL's clock; only the seconds since then are this machine's.
        self._anchor = (seen.at, time.monotonic())
        self._began_at = began_at or seen.at
        self.job.started_at = self.job.started_at or self._began_at
        self._due: timedelta | None = timedelta(seconds=LEASE)
        self._publications = 1
        self._waited = seen.job.state == State.WAITING
        self.has_news = False

    # What is known

    @property
    def step(self) -> Step | Call:
        """Return the step that the cursor points to."""
        return self.workflow.steps[self.job.cursor]

    def is_before(self, step: Step | Call) -> bool:
        """Return whether this is the next step."""
        return self.job.cursor >= 0 and self.step is step

    def is_to_do(self, position: int) -> bool:
        """Return whether the step at this position is the next one, and nothing is in its way."""
        return self.job.cursor == position and self.job.state == State.RUNNING

    @property
    def goes_on(self) -> bool:
        """Return whether the next link may follow."""
        return self.job.state == State.RUNNING and self.job.attempt == 0

    @property
    def record(self) -> dict[str, Any]:
        """Return what the row says of that step."""
        record: dict[str, Any] = self.job.steps[self.job.cursor]
        return record

    @property
    def can_go_back(self) -> bool:
        """Return whether the pivot is not done yet."""
        return not self.workflow.is_past_pivot(self.job)

    @property
    def is_skipped(self) -> bool:
        """Return whether the step's condition leaves it out."""
        known = {**self.job.input, **self.job.data}
        return self.step.when is not None and known.get(self.step.when) is None

    @cached_property
    def _secrets(self) -> dict[str, str]:
        try:
            return vault.unseal(self.job.secrets)
        except InvalidToken:
            # A step that asks for one fails like any bug; the others, and undoing, need none.
            self._log.error("secrets_unreadable", kind=self.job.kind)
            return {}

    def values(self) -> dict[str, Any]:
        """Return everything that a function of the present step may ask for."""
        name = self.step.name if self.job.cursor >= 0 else "accept"
        return {
            **self.job.input,
            **self.job.data,
            **self._secrets,
            "job_id": self.job.pk,
            "key": f"{self.job.pk}:{name}",
            "owner_id": self.job.owner_id,
            "beneficiary_id": self.job.beneficiary_id,
            "request_id": self.job.request_id,
            "outcome": str(self.job.outcome),
            "cancelled_by": self.job.cancelled_by,
            "so_far": self._so_far(name),
        }

    def _so_far(self, name: str) -> Any:
        kept = self.job.data.get(SO_FAR)
        return kept["value"] if kept and kept["step"] == name else None

    def _now(self) -> datetime:
        clock, since = self._anchor
        return clock + timedelta(seconds=time.monotonic() - since)

    # What happens

    def perform(self, function: Function, extra: Mapping[str, Any] | None = None) -> Outcome:
        """Run a function that writes, so that its failure leaves nothing behind."""
        with transaction.atomic():
            outcome = attempt(function, {**self.values(), **(extra or {})})
            if isinstance(outcome, Exception):
                transaction.set_rollback(True)
        return outcome

    def done(self, results: Mapping[str, Any]) -> None:
        """Note that the step is done, with what it gave, and go on to the next."""
        self._note(StepState.DONE)
        self.job.data.pop(SO_FAR, None)
        self.job.data.update(results)
        self.job.attempt = 0
        self.job.cursor += 1

    def skip(self) -> None:
        """Leave the step out, as the input wants it, and go on to the next."""
        self.record["state"] = StepState.SKIPPED
        self.job.cursor += 1

    def wait(self, reason: NotYet) -> None:
        """Look again later, or at once where there is news since the step looked."""
        self.record["started_at"] = self.record["started_at"] or _rfc3339(self._began_at)
        left = self._seconds_left(reason)
        if reason.limit is not None and left <= 0 and not self.has_news:
            return self.fail(reason.then or ValueError("The time is up."))
        self._enter(State.WAITING)
        self.record["state"] = StepState.WAITING
        self.job.action = dict(reason.action) if reason.action else None
        if reason.so_far is not None:
            self.job.data[SO_FAR] = {"step": self.step.name, "value": reason.so_far}
        self.job.attempt = 0
        if reason.seconds == 0 and not self.has_news:
            return None  # Its turn comes with its next message.
        seconds = 0.0 if self.has_news else min(reason.seconds, left)
        self._due, self._publications = timedelta(seconds=seconds), 0
        return None

    def _seconds_left(self, reason: NotYet) -> float:
        if reason.limit is None:
            return reason.seconds
        waited = self._now() - datetime.fromisoformat(self.record["started_at"])
        return reason.limit - waited.total_seconds()

    def fail(self, error: Exception) -> None:
        """Note a failed attempt, and decide: again, back, or stuck."""
        problem = _problem(error)
        if self._tries_again(error, TRIES if self.can_go_back else FORWARD_TRIES):
            self._note(StepState.RUNNING, problem)
            if self._waited:  # It waits still, and what its owner can do is the same.
                self._enter(State.WAITING)
                self.record["state"] = StepState.WAITING
        elif self.can_go_back:
            self._note(StepState.FAILED, problem)
            self.turn_back(problem)
        else:
            self._note(StepState.FAILED, problem)
            self._stick(problem)

    def turn_back(self, problem: dict[str, str] | None = None) -> None:
        """Begin to undo: from this step if it is a call that may have arrived, else before it."""
        self._enter(State.COMPENSATING)
        self.job.error = problem
        self.job.attempt = 0
        if not isinstance(self.step, Call) or self.is_skipped:
            self.job.cursor -= 1

    def undone(self) -> None:
        """Note that the step is undone, and go on to the one before it."""
        if self.step.undo and not self.is_skipped:
            self._note_undo()
        if self.record["state"] not in (StepState.FAILED, StepState.SKIPPED):
            self.record.update(state=StepState.UNDONE, error=None)
        self.job.attempt = 0
        self.job.cursor -= 1

    def unaccepted(self) -> None:
        """Note that what accepting the job did is undone."""
        self._note_undo()

    def undo_failed(self, error: Exception) -> None:
        """Note that an undo failed: again, or stuck."""
        self._note_undo(_problem(error))
        if self.job.cursor >= 0:
            self.record["error"] = _problem(error)
        if not self._tries_again(error, FORWARD_TRIES):
            self._stick(_problem(error))

    def finish(self, state: State) -> None:
        """End the job. What it needed on its way is erased; what it tells stays."""
        job = self.job
        if state == State.SUCCEEDED:
            wanted, known = self.workflow.result, {**job.input, **job.data}
            job.result = (
                known[wanted]
                if isinstance(wanted, str)
                else {name: known.get(name) for name in wanted}
            )
        for record in job.steps:
            if record["state"] in (StepState.PENDING, StepState.RUNNING, StepState.WAITING):
                record["state"] = StepState.SKIPPED
        self._enter(state)
        job.input, job.data, job.secrets = {}, {}, None

    def save(self) -> None:
        """Write the job in one statement, with `seq` raised: every other copy is now stale."""
        save_all([self])

    @property
    def is_sent_again(self) -> bool:
        """Return whether another message is to carry the job on, once it is saved."""
        awaits_one = self.job.state in (State.COMPENSATING, State.WAITING)
        return awaits_one and self._publications > 0

    def to_save(self) -> Saved:
        """Return what is to be written of the job, `seq` raised, and plan what follows."""
        job, state = self.job, State(self.job.state)
        job.seq, job.publications = job.seq + 1, self._publications
        known = {"kind": job.kind, "cursor": job.cursor, "seq": job.seq, "attempt": job.attempt}
        transaction.on_commit(partial(self._log.info, "turn", state=state, **known))
        return Saved(
            id=job.pk,
            state=state,
            cursor=job.cursor,
            seq=job.seq,
            attempt=job.attempt,
            due_in=None if self._due is None else self._due.total_seconds(),
            publications=job.publications,
            input=job.input,
            data=job.data,
            secrets=self._secrets_left(),
            steps=job.steps,
            result=job.result,
            error=job.error,
            undo=job.undo,
            action=job.action if state == State.WAITING else None,
            started_at=job.started_at,
            finished_at=self._now() if state in FINAL else None,
        )

    # What it takes

    def _enter(self, state: State) -> None:
        if state not in TRANSITIONS[State(self.job.state)]:
            raise AssertionError(f"A job that is {self.job.state} cannot become {state}.")
        self.job.state = state
        if state in (*FINAL, State.STUCK):
            self._due, self._publications = None, 0

    def _note(self, state: StepState, problem: dict[str, str] | None = None) -> None:
        self.record["state"] = state
        self._count(self.record, problem, ended=state != StepState.RUNNING)

    def _note_undo(self, problem: dict[str, str] | None = None) -> None:
        if self.job.cursor >= 0:
            tried = self.record.setdefault("undo", {**UNTRIED})
        else:
            tried = self.job.undo = self.job.undo or {**UNTRIED}
        self._count(tried, problem, ended=problem is None)

    def _count(self, tried: dict[str, Any], problem: dict[str, str] | None, *, ended: bool) -> None:
        """Count an attempt at the step, or at its undo, that ends now."""
        now = self._now()
        tried.update(
            attempts=tried["attempts"] + 1,
            started_at=tried["started_at"] or _rfc3339(self._began_at),
            finished_at=_rfc3339(now) if ended else None,
            error=problem,
        )
        self._began_at = now

    def _tries_again(self, error: Exception, tries: int) -> bool:
        """Arrange another attempt if this failure deserves one."""
        if not isinstance(error, ShopError):
            self._log.error("step_broken", step=self.job.cursor, kind=self.job.kind, exc_info=error)
            tries = BUG_TRIES
        self.job.attempt += 1
        if isinstance(error, Refused) or self.job.attempt >= tries:
            return False
        self._due, self._publications = pause(self.job.attempt), 0
        return True

    def _stick(self, problem: dict[str, str]) -> None:
        self._enter(State.STUCK)
        self.job.error = self.job.error or problem
        self._log.error("job_stuck", kind=self.job.kind, cursor=self.job.cursor, problem=problem)

    def _secrets_left(self) -> bytes | memoryview | None:
        """Return the job's secrets without those that no step to come asks for."""
        names = set(self.workflow.secrets)
        turning = self.job.cancel_requested or self.job.error is not None
        going_back = self.can_go_back and turning
        left = {
            name
            for name in names
            if not going_back and self.workflow.needs_secret(name, self.job.cursor)
        }
        if self.job.secrets is None or left == names:
            return self.job.secrets
        return vault.seal({name: self._secrets[name] for name in left & set(self._secrets)})


def save_all(turns: Sequence[Turn]) -> None:
    """Write the jobs of these turns, all in one statement."""
    rows.save([turn.to_save() for turn in turns])
    if again := [turn.job for turn in turns if turn.is_sent_again]:
        transaction.on_commit(lambda: publish_all(again), robust=True)


def _problem(error: Exception) -> dict[str, str]:
    if isinstance(error, Refused | Unavailable):
        return {"code": error.code, "detail": error.detail}
    return {"code": "internal_error", "detail": "Something failed on our side; we were told."}


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
