"""Several copies of a message, at the worst of moments: one acts, and the others do nothing."""

import threading
import time

import pytest
from celery import current_app
from django.db import connection, transaction
from django.db.models.functions import Now

from shop.catalog.models import Author
from shop.core.errors import Refused
from tasks.engine import jobs, recovery
from tasks.engine.models import Job, State
from tests.engine.conftest import begin, deliver, finish, script

pytestmark = pytest.mark.django_db(transaction=True)


def traces() -> list[str]:
    return list(Author.objects.order_by("pk").values_list("author_name", flat=True))


def test_a_copy_in_the_middle_of_a_turn_waits_and_then_does_nothing() -> None:
    job = begin()
    found: list[list[str]] = []

    def copy() -> None:
        deliver(Job(pk=job.pk, kind="example", version=1), seq=0)
        connection.close()

    thread = threading.Thread(target=copy)

    def in_the_middle() -> None:
        script.within.clear()
        thread.start()
        time.sleep(0.5)
        found.append(list(script.ran))

    script.within["first"] = in_the_middle
    deliver(job)
    thread.join(10)
    assert found == [["first"]], "the copy did not wait"
    assert traces() == ["first"]
    assert Job.objects.get(pk=job.pk).seq == 1


def test_an_answer_after_a_copy_has_gone_on_is_dropped() -> None:
    """As from a worker that was frozen for longer than its lease, in the middle of its call."""
    job = deliver(begin())
    ends: list[Job] = []

    def overtaken() -> None:
        script.within.clear()
        ends.append(finish(Job.objects.get(pk=job.pk)))

    script.within["ask"] = overtaken
    job = deliver(job)
    assert traces().count("record") == traces().count("last") == 1
    assert _kept(job) == _kept(ends[0])
    assert (job.state, job.result) == (State.SUCCEEDED, {"first_id": 1, "second_id": 2})


def _kept(job: Job) -> dict[str, object]:
    return {field.attname: getattr(job, field.attname) for field in job._meta.concrete_fields}


def test_an_answer_after_the_job_was_taken_back_is_dropped() -> None:
    job = deliver(begin())

    def overtaken() -> None:
        script.within.clear()
        jobs.cancel(job_id=job.pk)
        assert finish(Job.objects.get(pk=job.pk)).state == State.CANCELLED

    script.within["ask"] = overtaken
    job = deliver(job)
    assert job.state == State.CANCELLED
    assert "record" not in script.ran


def test_a_message_for_a_job_that_is_stuck_does_nothing() -> None:
    script.errors["last"] = [Refused("no")]
    job = finish(begin())
    assert job.state == State.STUCK
    before = list(script.ran)
    assert deliver(job).seq == job.seq
    assert script.ran == before


@pytest.mark.parametrize("fails", [False, True])
def test_a_link_that_did_not_carry_its_job_on_ends_its_chain(fails: bool) -> None:
    job = begin()
    if fails:
        script.errors["first"] = [Refused("no")]
    task = current_app.tasks["example.first+extra"]
    task.push_request(chain=["what is left"])
    try:
        task.run(str(job.pk), job.seq)
        assert task.request.chain == (None if fails else ["what is left"])
        # A copy finds that another has done its work, and sends nothing either.
        task.run(str(job.pk), job.seq)
        assert task.request.chain is None
    finally:
        task.pop_request()


def test_recovery_waits_for_nobody_who_holds_a_job() -> None:
    held, other = begin(), begin()
    Job.objects.filter(pk__in=[held.pk, other.pk]).update(due_at=Now())
    found: list[int] = []

    def recover() -> None:
        found.append(recovery.recover({}))
        connection.close()

    thread = threading.Thread(target=recover)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=held.pk)
        thread.start()
        thread.join(5)
        at_once = list(found)
    thread.join(10)
    assert at_once == [1]
