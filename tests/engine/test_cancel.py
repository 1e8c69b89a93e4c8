"""A job can be cancelled until its pivot is done."""

import pytest
from django.db import transaction

from shop.core.errors import NotFound, Refused, Unavailable
from shop.core.ids import new_job_id
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tests.engine.conftest import begin, deliver, finish, script, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_that_has_not_begun_is_taken_back_without_a_step() -> None:
    job = begin()
    jobs.cancel(job_id=job.pk)
    job = finish(job)
    assert job.state == State.CANCELLED
    assert job.error is None
    assert script.ran == ["take back"]
    assert set(states(job).values()) == {"skipped"}


def test_what_was_done_is_undone_and_a_call_that_may_have_arrived_too() -> None:
    job = deliver(begin())
    jobs.cancel(job_id=job.pk)
    job = finish(job)
    assert job.state == State.CANCELLED
    assert script.ran == ["first", "undo ask", "record undo", "undo first cancelled", "take back"]
    assert states(job) == {
        "first": "undone",
        "extra": "skipped",
        "ask": "undone",
        "last": "skipped",
    }


def test_a_call_whose_answer_comes_after_the_cancellation_is_taken_back() -> None:
    job = deliver(begin())
    script.within["ask"] = lambda: jobs.cancel(job_id=job.pk)
    job = finish(job)
    assert job.state == State.CANCELLED
    assert script.ran[:3] == ["first", "ask", "undo ask"]


def test_a_job_that_sleeps_between_two_attempts_is_woken() -> None:
    script.errors["ask"] = [Unavailable()]
    job = deliver(deliver(begin()))
    due_at = job.due_at
    jobs.cancel(job_id=job.pk)
    job.refresh_from_db()
    assert job.due_at is not None
    assert due_at is not None
    assert job.due_at < due_at


def test_a_repeated_request_is_answered_again() -> None:
    job = begin()
    assert jobs.cancel(job_id=job.pk).pk == jobs.cancel(job_id=job.pk).pk


def test_once_the_pivot_is_done_there_is_no_way_back() -> None:
    job = deliver(deliver(begin()))
    with pytest.raises(jobs.JobPastCancel):
        jobs.cancel(job_id=job.pk)
    assert finish(job).state == State.SUCCEEDED


def test_a_job_that_is_stuck_in_its_undo_can_be_asked_again_and_stays_stuck() -> None:
    script.errors["ask"] = [Refused("no")]
    script.errors["undo ask"] = [Refused("never")]
    job = finish(begin())
    assert job.state == State.STUCK
    assert jobs.cancel(job_id=job.pk).state == State.STUCK


def test_a_job_of_a_workflow_that_this_code_lacks_cannot_be_cancelled() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(version=99)
    with pytest.raises(jobs.JobPastCancel):
        jobs.cancel(job_id=job.pk)


def test_a_cancelled_job_whose_undo_sticks_is_still_to_end_as_cancelled() -> None:
    job = deliver(begin())
    script.errors["undo ask"] = [Refused("never")]
    jobs.cancel(job_id=job.pk)
    job = finish(job)
    assert (job.state, job.outcome) == (State.STUCK, State.CANCELLED)


def test_a_step_that_was_between_two_attempts_is_skipped_in_the_end() -> None:
    script.errors["first"] = [Unavailable()]
    job = deliver(begin())
    assert states(job)["first"] == "running"
    jobs.cancel(job_id=job.pk)
    assert set(states(finish(job)).values()) == {"skipped"}


def test_an_ended_job_cannot_be_cancelled() -> None:
    job = finish(begin())
    with pytest.raises(jobs.JobFinal):
        jobs.cancel(job_id=job.pk)


def test_a_job_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        jobs.cancel(job_id=new_job_id())


def test_a_key_makes_one_job_and_belongs_to_one_request() -> None:
    key = jobs.Idempotency(scope="account:1", key="k", fingerprint=b"one")
    job = begin(idempotency=key)
    assert jobs.find(idempotency=key) == job
    with pytest.raises(jobs.KeyReused):
        jobs.find(idempotency=jobs.Idempotency("account:1", "k", b"other"))
    other = jobs.Idempotency("account:2", "k", b"one")
    assert jobs.find(idempotency=other) is None
    with pytest.raises(Exception, match="job_idempotency_key_unique"), transaction.atomic():
        begin(idempotency=key)
