"""A job that waits for something outside: what it shows, what wakes it, when it gives up."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from shop.core.errors import Refused, Unavailable
from shop.core.ids import new_job_id
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tasks.engine.recovery import recover
from tasks.engine.workflow import NotYet
from tests.engine.conftest import begin, deliver, finish, script, states

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = {"type": "redirect", "url": "https://pay.example.com/1"}


class TooLate(Refused):
    code = "too_late"


def waits(times: int, step: str = "ask", **more: Any) -> None:
    """Have the step wait so many times."""
    script.errors[step] = [NotYet(**{"seconds": 60, **more}) for _ in range(times)]


def waiting(times: int = 1, **more: Any) -> Job:
    """Return a job whose call waits."""
    waits(times, **more)
    return deliver(deliver(begin()))


def seconds_until_due(job: Job) -> float:
    in_time = Job.objects.filter(pk=job.pk).values_list("due_at", Now()).get()
    return float((in_time[0] - in_time[1]).total_seconds())


def test_it_says_what_it_waits_for_and_leaves_no_trace() -> None:
    job = waiting(action=PAGE)
    assert (job.state, job.action) == (State.WAITING, PAGE)
    assert states(job)["ask"] == "waiting"
    assert job.steps[2]["started_at"] is not None
    assert job.steps[2]["attempts"] == 0
    assert "record" not in script.ran
    assert job.secrets is not None, "the token is still needed"
    assert 55 < seconds_until_due(job) <= 60


def test_looked_at_again_it_goes_on_and_no_longer_shows_an_action() -> None:
    job = finish(waiting(action=PAGE))
    assert (job.state, job.action) == (State.SUCCEEDED, None)
    assert states(job)["ask"] == "done"


def test_waiting_often_costs_no_attempt() -> None:
    job = finish(waiting(30), messages=60)
    assert job.state == State.SUCCEEDED
    assert job.steps[2]["attempts"] == 1


def test_a_step_of_the_database_can_wait_too_and_keeps_nothing() -> None:
    waits(1, step="last")
    job = deliver(deliver(deliver(begin())))
    assert job.state == State.WAITING
    assert finish(job).state == State.SUCCEEDED


def test_a_step_that_takes_several_turns_goes_on_from_where_it_came_to() -> None:
    script.errors["last"] = [NotYet(seconds=0, so_far={"n": n}) for n in (1, 2)]
    job = finish(begin())
    assert job.state == State.SUCCEEDED
    assert script.so_far == [None, {"n": 1}, {"n": 2}]
    assert job.steps[3]["attempts"] == 1
    assert job.data == {}


def test_how_far_a_step_came_is_not_told_to_the_next() -> None:
    script.errors["first"] = [NotYet(seconds=0, so_far=7)]
    assert finish(begin()).state == State.SUCCEEDED
    assert script.so_far == [None]


def test_nor_if_it_was_kept_by_code_that_does_not_forget_it() -> None:
    job = deliver(deliver(begin()))
    Job.objects.filter(pk=job.pk).update(data=job.data | {"so_far": {"step": "ask", "value": 7}})
    assert finish(job).state == State.SUCCEEDED
    assert script.so_far == [None]


def test_another_turn_comes_by_a_message_of_its_own_and_if_that_is_lost_by_recovery() -> None:
    script.errors["first"] = [NotYet(seconds=0, so_far=7)]
    job = deliver(begin())
    kept = {"so_far": {"step": "first", "value": 7}}
    assert (job.state, job.publications, job.data) == (State.WAITING, 1, kept)
    assert 5 < seconds_until_due(job) <= 10


def test_recovery_looks_again_when_it_is_time_and_not_before() -> None:
    job = waiting(2)
    recover({})
    job.refresh_from_db()
    assert job.publications == 0
    Job.objects.filter(pk=job.pk).update(due_at=Now())
    recover({})
    job.refresh_from_db()
    assert job.publications == 1


def test_after_its_time_it_fails_with_the_reason_given() -> None:
    job = waiting(2, limit=1800, then=TooLate())
    late = _earlier(job, timedelta(seconds=1801))
    job = finish(late)
    assert job.state == State.FAILED
    assert job.error is not None
    assert job.error["code"] == "too_late"
    assert "undo ask" in script.ran, "nobody knows what the outside will still do"


def test_it_is_looked_at_no_later_than_its_time_is_over() -> None:
    job = waiting(seconds=600, limit=20, then=TooLate())
    assert 15 < seconds_until_due(job) <= 20


def test_news_wakes_it_at_once() -> None:
    job = waiting()
    assert jobs.wake(job_id=job.pk)
    job.refresh_from_db()
    assert job.publications == 1, "a message is on its way"
    assert deliver(job).state != State.WAITING


def test_news_that_comes_while_it_looks_is_not_lost() -> None:
    waits(2)
    script.within["ask"] = lambda: jobs.wake(job_id=job.pk)
    job = begin()
    job = deliver(deliver(job))
    assert job.state == State.WAITING
    assert seconds_until_due(job) <= 0, "it looked too early, and looks again at once"


def test_news_at_the_last_moment_is_looked_at_before_it_gives_up() -> None:
    job = _earlier(waiting(2, limit=1800, then=TooLate()), timedelta(seconds=1801))
    script.within["ask"] = lambda: jobs.wake(job_id=job.pk)
    job = deliver(job)
    assert job.state == State.WAITING
    script.within.clear()
    assert finish(job).state == State.SUCCEEDED


def test_news_that_comes_twice_publishes_once() -> None:
    job = waiting()
    assert jobs.wake(job_id=job.pk)
    assert jobs.wake(job_id=job.pk)
    job.refresh_from_db()
    assert job.publications == 1


def test_news_before_it_waits_is_taken_and_changes_nothing_else() -> None:
    job = begin()
    assert jobs.wake(job_id=job.pk)
    assert finish(job).state == State.SUCCEEDED


@pytest.mark.parametrize("how", ["unknown", "final", "cancelled", "past its pivot", "going back"])
def test_news_for_a_job_that_looks_no_more_is_refused(how: str) -> None:
    job = begin()
    if how == "final":
        finish(job)
    elif how == "cancelled":
        jobs.cancel(job_id=job.pk)
    elif how == "past its pivot":
        deliver(deliver(job))
    elif how == "going back":
        script.errors = {"ask": [Refused()], "undo ask": [Unavailable()]}
        deliver(deliver(deliver(job)))
    assert not jobs.wake(job_id=new_job_id() if how == "unknown" else job.pk)


def test_cancelled_while_it_waits_it_is_taken_back_at_once() -> None:
    job = waiting(action=PAGE)
    jobs.cancel(job_id=job.pk)
    assert seconds_until_due(Job.objects.get(pk=job.pk)) <= 0
    job = finish(job)
    assert (job.state, job.action) == (State.CANCELLED, None)
    assert states(job)["ask"] == "undone"


def test_a_passing_fault_while_it_waits_is_tried_again() -> None:
    script.errors["ask"] = [NotYet(seconds=60, action=PAGE), Unavailable(), NotYet(seconds=60)]
    job = finish(begin())
    assert job.state == State.SUCCEEDED


def test_a_fault_while_it_waits_leaves_it_waiting_with_its_action() -> None:
    job = waiting(action=PAGE)
    script.errors["ask"] = [Unavailable()]
    job = deliver(job)
    assert (job.state, job.action) == (State.WAITING, PAGE)
    assert states(job)["ask"] == "waiting"


def test_faults_between_looks_that_worked_do_not_add_up() -> None:
    script.errors["ask"] = [Unavailable() if n % 2 else NotYet(seconds=60) for n in range(40)]
    assert finish(begin(), messages=60).state == State.SUCCEEDED


def _earlier(job: Job, by: timedelta) -> Job:
    """Have the call have begun earlier."""
    job.steps[2]["started_at"] = (job.created_at - by).isoformat()
    Job.objects.filter(pk=job.pk).update(steps=job.steps)
    return job
