"""What a worker does with one message, forward or backward.

look   is the message still true?  (no: it is a copy, and nothing happens)
call   talk to the outside, outside any transaction
lock   the job row, by id and `seq`
steps  each under a savepoint
save   their effects, what is known of them and `seq + 1`, in one commit
"""

from uuid import UUID

import structlog
from django.db import InternalError, NotSupportedError, connection, transaction

from tasks.engine import rows
from tasks.engine.attempts import DATABASE_ERRORS, WorkersCrashed, attempt, is_session_ended
from tasks.engine.models import Job, State
from tasks.engine.turn import Turn
from tasks.engine.workflow import Call, Link, NotYet, Outcome, Workflow

log = structlog.get_logger(__name__)


def forward(workflow: Workflow, link: Link, *, job_id: UUID | str, seq: int) -> bool:
    """Run the link's steps from the job's cursor on; return whether the next link may follow.

    May be repeated, also at the same time: one copy of a message acts, the others do nothing.
    """
    turn = _turn(workflow, link, job_id, seq)
    return turn is not None and turn.goes_on


def backward(workflow: Workflow, *, job_id: UUID | str, seq: int) -> None:
    """Undo the job's steps from its cursor down, to its end or to the next call to take back.

    May be repeated, as `forward`.
    """
    _turn(workflow, None, job_id, seq)


def is_at(job: Job, workflow: Workflow, link: Link | None) -> bool:
    """Return whether the job is to go through this link now; without one, whether it goes back.

    A message for several jobs is true of some of them only, where others did not go on.
    """
    if link is None or job.state == State.COMPENSATING:
        return link is None and job.state == State.COMPENSATING
    return job.cursor in workflow.bounds(link)


def _turn(workflow: Workflow, link: Link | None, job_id: UUID | str, seq: int) -> Turn | None:
    seen = None
    try:
        with structlog.contextvars.bound_contextvars(job_id=str(job_id)):
            seen = _look(job_id, seq)
            if seen is None or not is_at(seen.job, workflow, link):
                log.info("stale_message", seq=seq)
                return None
            with structlog.contextvars.bound_contextvars(request_id=seen.job.request_id):
                answer = _ask(Turn(workflow, seen))
                with transaction.atomic():
                    locked = rows.lock(job_id=job_id, seq=seq)
                    if locked is None:
                        return None
                    turn = Turn(workflow, locked, began_at=seen.at)
                    turn.has_news = locked.job.signals != seen.job.signals
                    if link:
                        advance(turn, link, answer)
                    else:
                        _unwind(turn, answer)
                    turn.save()
                return turn
    except (InternalError, NotSupportedError) as error:
        if not is_session_ended(error):
            raise
        # Such as held up for too long: like a worker that was killed, and counted so.
        log.warning("session_ended", job_id=str(job_id), error=str(error))
        connection.close()
        return None
    except DATABASE_ERRORS as error:
        log.warning("database_failed", job_id=str(job_id), error=str(error))
        _put_off(seen)
        return None


def _put_off(seen: rows.Seen | None) -> None:
    connection.close()
    if seen is None:
        return
    try:
        rows.put_off({seen.job.pk: seen.job.seq}, claimed=seen.claimed)
    except DATABASE_ERRORS:
        # Its lease ends by itself: recovery publishes the job once the database is back.
        connection.close()


def _look(job_id: UUID | str, seq: int) -> rows.Seen | None:
    try:
        return rows.look(job_id=job_id, seq=seq)
    except DATABASE_ERRORS:
        # The connection was kept from an earlier task; the server may have restarted since.
        connection.close()
        return rows.look(job_id=job_id, seq=seq)


def _ask(turn: Turn) -> Outcome | None:
    """Return what the outside says, where the present step is a call to make."""
    job = turn.job
    if job.claims >= rows.MAX_CLAIMS:
        return WorkersCrashed()
    if job.cursor < 0 or not isinstance(turn.step, Call) or turn.is_skipped:
        return None
    if job.state == State.COMPENSATING:
        return attempt(turn.step.undo, turn.values()) if turn.step.undo else {}
    if job.cancel_requested and turn.can_go_back:
        return None
    return attempt(turn.step.do, turn.values())


def advance(turn: Turn, link: Link, answer: Outcome | None) -> None:
    """Take the job through the link's steps, given the outside's answer if it was asked."""
    begin(turn)
    for position in turn.workflow.bounds(link):
        if not turn.is_to_do(position):
            continue
        if turn.is_skipped:
            turn.skip()
            continue
        settle(turn, outcome_of(turn, answer))
    end(turn)


def begin(turn: Turn) -> None:
    """Have the job run, or turn back where that is wanted and can be."""
    if turn.job.cancel_requested and turn.can_go_back:
        turn.turn_back()
    else:
        turn.job.state = State.RUNNING


def settle(turn: Turn, outcome: Outcome) -> None:
    """Note what came of the present step."""
    if isinstance(outcome, NotYet):
        turn.wait(outcome)
    elif isinstance(outcome, Exception):
        turn.fail(outcome)
    else:
        turn.done(outcome)


def end(turn: Turn) -> None:
    """Undo what a job did that turns back, as far as one commit can, or end one that is done."""
    if turn.job.state == State.COMPENSATING:
        _unwind(turn)
    elif turn.job.cursor == len(turn.workflow.steps):
        turn.finish(State.SUCCEEDED)


def outcome_of(turn: Turn, answer: Outcome | None) -> Outcome:
    """Return what became of the present step, given the outside's answer if there is one."""
    if isinstance(answer, NotYet) and isinstance(turn.step, Call) and turn.step.record_wait:
        noted = turn.perform(turn.step.record_wait)
        return noted if isinstance(noted, Exception) else answer
    if isinstance(answer, Exception):
        return answer
    if isinstance(turn.step, Call):
        answer = answer or {}
        return turn.perform(turn.step.record, answer) if turn.step.record else answer
    return turn.perform(turn.step.do)


def _unwind(turn: Turn, answer: Outcome | None = None) -> None:
    job = turn.job
    while job.cursor >= 0:
        step = turn.step
        outcome: Outcome = {}
        if isinstance(answer, Exception):
            outcome = answer
        elif isinstance(step, Call) and step.undo and not turn.is_skipped:
            if answer is None:
                return None  # Another message, on the call's own queue, takes it back.
            if step.record_undo:
                outcome = turn.perform(step.record_undo, answer)
        elif not isinstance(step, Call) and step.undo and not turn.is_skipped:
            outcome = turn.perform(step.undo)
        answer = None
        if isinstance(outcome, Exception):
            return turn.undo_failed(outcome)
        turn.undone()
    if turn.workflow.undo:
        outcome = answer if isinstance(answer, Exception) else turn.perform(turn.workflow.undo)
        if isinstance(outcome, Exception):
            return turn.undo_failed(outcome)
        turn.unaccepted()
    turn.finish(job.outcome)
    return None
