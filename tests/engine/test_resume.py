"""A stuck job goes on when an operator says so."""

import pytest

from shop.core.errors import NotFound, Refused, Unavailable
from shop.core.ids import new_job_id
from tasks.engine import jobs
from tasks.engine.jobs import JobNotStuck
from tasks.engine.models import Job, State
from tasks.engine.turn import FORWARD_TRIES
from tests.engine.conftest import begin, deliver, finish, script, states

pytestmark = pytest.mark.django_db(transaction=True)


def stuck_forward() -> Job:
    """Return a job that is stuck after its pivot."""
    script.errors["last"] = [Refused()]
    job = finish(begin())
    assert job.state == State.STUCK
    return job


def stuck_backward(*, times: int = 1) -> Job:
    """Return a job that is stuck in the undo of its call."""
    faults: list[Exception] = [Unavailable() for _ in range(times * FORWARD_TRIES)]
    script.errors = {"ask": [Refused("declined")], "undo ask": faults}
    job = finish(begin())
    assert job.state == State.STUCK
    return job


def test_after_the_pivot_it_goes_on_from_the_step_that_is_stuck() -> None:
    job = stuck_forward()
    assert jobs.resume(job_id=job.pk).state == State.RUNNING
    job = finish(job)
    assert (job.state, job.error) == (State.SUCCEEDED, None)
    assert script.ran.count("ask") == 1
    assert states(job)["last"] == "done"


def test_before_the_pivot_it_goes_on_going_back_and_keeps_its_cause() -> None:
    job = stuck_backward()
    assert jobs.resume(job_id=job.pk).state == State.COMPENSATING
    job = finish(job)
    assert job.state == State.FAILED
    assert job.error is not None
    assert job.error["detail"] == "declined"
    assert script.ran[-3:] == ["record undo", "undo first failed", "take back"]


def test_one_that_was_cancelled_ends_cancelled_without_an_error() -> None:
    script.errors = {"undo ask": [Unavailable()] * FORWARD_TRIES}
    job = deliver(begin())
    jobs.cancel(job_id=job.pk)
    job = finish(job)
    assert job.state == State.STUCK
    jobs.resume(job_id=job.pk)
    job = finish(job)
    assert (job.state, job.error) == (State.CANCELLED, None)


def test_it_may_get_stuck_again_with_all_its_attempts() -> None:
    job = stuck_backward(times=2)
    before = script.ran.count("undo ask")
    jobs.resume(job_id=job.pk)
    job = finish(job)
    assert job.state == State.STUCK
    assert script.ran.count("undo ask") == 2 * before
    jobs.resume(job_id=job.pk)
    assert finish(job).state == State.FAILED


def test_a_message_from_before_changes_nothing() -> None:
    job = stuck_forward()
    old = job.seq
    jobs.resume(job_id=job.pk)
    job = deliver(job, seq=old)
    assert job.state == State.RUNNING


@pytest.mark.parametrize("how", ["new", "final", "going back"])
def test_only_a_stuck_job_can_be_resumed(how: str) -> None:
    job = begin()
    if how == "final":
        finish(job)
    elif how == "going back":
        script.errors = {"ask": [Refused()], "undo ask": [Unavailable()]}
        deliver(deliver(deliver(job)))
    with pytest.raises(JobNotStuck):
        jobs.resume(job_id=job.pk)


def test_an_unknown_job_is_not_found() -> None:
    with pytest.raises(NotFound):
        jobs.resume(job_id=new_job_id())
