"""What a worker does with a message that carries several jobs through one link: one commit for all.

look   which of them are true?       (only where the outside is asked)
call   ask the outside for all
lock   the rows that nobody else has
steps  each for all jobs at once; a job that is refused goes back, the others go on
save   one statement

Each job's outcome is its own. What is not as usual, and all jobs when anything breaks, is done job
by job, as if each had come alone.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from django.db import connection, transaction

from shop.core.errors import Unavailable
from tasks.engine import rows, turns
from tasks.engine.attempts import (
    DATABASE_ERRORS,
    attempt_many,
    is_database_lost,
    is_session_ended,
)
from tasks.engine.rows import Seen
from tasks.engine.turn import Turn, save_all
from tasks.engine.workflow import Call, Link, Outcome, Workflow

log = structlog.get_logger(__name__)
Answers = Mapping[UUID, Outcome]


def forward(workflow: Workflow, link: Link, *, messages: Mapping[UUID, int]) -> bool:
    """Carry jobs, by id and `seq`, through the link; return whether the next one may follow.

    May be repeated, also at the same time, as `turns.forward`.
    """
    try:
        done, left = _together(workflow, link, messages) if link.takes_many else ([], messages)
    except Exception as error:
        # Nothing was kept.
        if is_session_ended(error) or is_database_lost(error):
            log.warning("database_failed", jobs=len(messages), error=str(error))
            connection.close()
            if not is_session_ended(error):
                _put_off(messages)
            return False
        log.warning("batch_broken", kind=workflow.kind, jobs=len(messages), exc_info=error)
        done, left = [], messages
    one_by_one = [_alone(workflow, link, job_id, seq) for job_id, seq in left.items()]
    return any(one_by_one) or any(turn.goes_on for turn in done)


def _alone(workflow: Workflow, link: Link, job_id: UUID, seq: int) -> bool:
    try:
        return turns.forward(workflow, link, job_id=job_id, seq=seq)
    except Exception as error:
        # A bug in what saves this job holds up neither the others nor what follows for them. Its
        # lease ends, as if it had come alone.
        log.error("turn_broken", job_id=str(job_id), kind=workflow.kind, exc_info=error)
        return False


def _put_off(messages: Mapping[UUID, int]) -> None:
    try:
        rows.put_off(messages)
    except DATABASE_ERRORS:
        # Their leases end by themselves: recovery publishes them once the database is back.
        connection.close()


def _together(
    workflow: Workflow, link: Link, messages: Mapping[UUID, int]
) -> tuple[list[Turn], Mapping[UUID, int]]:
    """Do what can be done for all at once; return it, and the messages that remain."""
    answers: Answers = {}
    seen: dict[UUID, Seen] = {}
    if isinstance(link.steps[0], Call):
        seen = {one.job.pk: one for one in rows.look_all(messages)}
        answers = _ask(link.steps[0], [Turn(workflow, one) for one in seen.values()])
    with transaction.atomic():
        locked = rows.lock_all(messages)
        there = [
            _turn(workflow, one, seen.get(one.job.pk))
            for one in locked
            if turns.is_at(one.job, workflow, link)
        ]
        done = [turn for turn in there if not _is_unanswered(turn, answers)]
        _advance(done, link, answers)
        if done:
            save_all(done)
    taken = {turn.job.pk for turn in done}
    return done, {key: seq for key, seq in messages.items() if key not in taken}


def _turn(workflow: Workflow, locked: Seen, seen: Seen | None) -> Turn:
    turn = Turn(workflow, locked, began_at=seen.at if seen else None)
    turn.has_news = seen is not None and locked.job.signals != seen.job.signals
    return turn


def _ask(call: Call, found: Sequence[Turn]) -> Answers:
    """Return what the outside says of each job that is at the call and is not to be cancelled."""
    asking = [
        turn
        for turn in found
        if not turn.job.cancel_requested and turn.is_before(call) and not turn.is_skipped
    ]
    if not asking or call.many is None:
        return {}
    outcomes: list[Outcome]
    try:
        outcomes = attempt_many(call.many, call.do, [turn.values() for turn in asking])
    except Unavailable as error:
        # It answers for none of them: asking for each would take as long each time.
        outcomes = [error] * len(asking)
    return {turn.job.pk: outcome for turn, outcome in zip(asking, outcomes, strict=True)}


def _is_unanswered(turn: Turn, answers: Answers) -> bool:
    """Return whether the outside is still to be asked for this job."""
    if turn.job.pk in answers or turn.is_skipped:
        return False
    return isinstance(turn.step, Call)


def _advance(found: Sequence[Turn], link: Link, answers: Answers) -> None:
    for turn in found:
        turns.begin(turn)
    for position in found[0].workflow.bounds(link) if found else ():
        here = [turn for turn in found if turn.is_to_do(position)]
        for turn in here:
            if turn.is_skipped:
                turn.skip()
        doing = [turn for turn in here if turn.is_to_do(position)]
        for turn, outcome in zip(doing, _outcomes(doing, answers), strict=True):
            turns.settle(turn, outcome)
    for turn in found:
        turns.end(turn)


def _outcomes(doing: Sequence[Turn], answers: Answers) -> list[Outcome]:
    """Return what becomes of the step that all of these jobs are at."""
    if not doing:
        return []
    step = doing[0].step
    values = [turn.values() for turn in doing]
    if not isinstance(step, Call):
        return attempt_many(step.many, step.do, values) if step.many else []
    said = [answers[turn.job.pk] for turn in doing]
    good = [one for one in said if not isinstance(one, Exception)]
    if not step.record or not step.record_many:
        noted: list[Outcome] = list(good)
    else:
        given = [
            {**known, **one}
            for known, one in zip(values, said, strict=True)
            if not isinstance(one, Exception)
        ]
        noted = attempt_many(step.record_many, step.record, given) if given else []
    left = iter(noted)
    return [
        turns.outcome_of(turn, one) if isinstance(one, Exception) else next(left)
        for turn, one in zip(doing, said, strict=True)
    ]
