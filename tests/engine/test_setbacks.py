"""A job tells what befell it and was mended; of what was planned it tells nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from shop.core.errors import Refused, Unavailable
from tasks.engine import figures, jobs, recovery, rows, setbacks
from tasks.engine import publish as publishing
from tasks.engine.models import Job, Setback, State
from tasks.engine.publish import Head
from tasks.engine.workflow import NotYet
from tests.engine.conftest import begin, deliver, finish, script

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The worker dies here."""


@pytest.fixture(autouse=True)
def fresh_breaker() -> Iterator[None]:
    yield
    publishing._paused_until = 0.0


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.canvas._chain.apply_async", refuse)
    monkeypatch.setattr("celery.canvas.Signature.apply_async", refuse)


def recover(job: Job) -> list[dict[str, Any]]:
    """Let the job's time come, then recovery; return what the job tells of it."""
    publishing._paused_until = 0.0
    Job.objects.filter(pk=job.pk).update(due_at=Now())
    recovery.recover({})
    return told(job)


def told(job: Job) -> list[dict[str, Any]]:
    job.refresh_from_db()
    return list(job.recoveries or ())


def kill_its_worker(job: Job, step: str) -> None:
    def die() -> None:
        raise Killed

    script.within[step] = die
    with pytest.raises(Killed):
        deliver(job)
    del script.within[step]


def end_its_session() -> None:
    """Do what a restart of PostgreSQL does to a session."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def claim_and_die(job: Job) -> None:
    assert rows.look(job_id=job.pk, seq=job.seq) is not None
    Job.objects.filter(pk=job.pk).update(claimed_until=Now() - timedelta(seconds=1))


def test_a_job_that_nobody_recovers_tells_of_nothing_and_no_turn_touches_the_tally() -> None:
    job = begin()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        finish(job)
    assert job.recoveries is None
    assert figures.read().recovered == dict.fromkeys(Setback.values, 0)
    assert not any("tally" in query["sql"] for query in asked)


def test_a_worker_that_is_killed_ends_its_lease() -> None:
    job = deliver(begin())
    kill_its_worker(job, "record")
    [entry] = recover(job)
    at = entry.pop("at")
    assert at.endswith("Z")
    assert entry == {
        "number": 1,
        "step": "ask",
        "publication": 2,
        "reason": "lease_ended",
        "worker": None,
        "seq": 1,
    }


def test_who_claimed_the_job_and_died_is_named_once() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    job.refresh_from_db()
    claim_and_die(job)
    assert recover(job)[-1]["worker"] == rows._worker()
    # Its next message is lost on the way: that is nobody's fault.
    assert [entry["worker"] for entry in recover(job)] == [rows._worker(), None]
    assert job.claims == 1


def test_a_lost_session_is_the_databases_failure_and_names_the_worker_that_saw_it() -> None:
    job = begin()
    script.within["first"] = end_its_session
    deliver(job)
    script.within.clear()
    [entry] = recover(job)
    assert (entry["reason"], entry["publication"]) == ("database_failed", 1)
    assert entry["worker"] == rows._worker()
    assert finish(job).state == State.SUCCEEDED


def test_a_job_accepted_without_a_broker_is_told_of_once_an_outage(
    no_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begin()
    for _ in range(3):
        recover(job)
    assert [entry["reason"] for entry in told(job)] == ["broker_unreachable"]
    assert job.publications == 0
    monkeypatch.undo()
    [entry] = recover(job)
    assert (entry["publication"], job.publications, job.delayed_by) == (1, 1, None)
    # The message that went in the end is lost: that is something else.
    assert [entry["reason"] for entry in recover(job)] == ["broker_unreachable", "lease_ended"]
    assert figures.read().recovered == {
        "lease_ended": 1,
        "broker_unreachable": 1,
        "database_failed": 0,
    }


def test_an_undo_that_could_not_be_sent_is_recovered_too(
    no_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.errors["ask"] = [Refused("no")]
    job = deliver(deliver(begin()))
    assert job.state == State.COMPENSATING
    [entry] = recover(job)
    assert (entry["reason"], entry["step"]) == ("broker_unreachable", "ask")


def test_a_setback_before_the_last_commit_explains_nothing_after_it(no_broker: None) -> None:
    job = begin()
    assert Job.objects.get(pk=job.pk).delayed_by == "broker_unreachable"
    # The message had gone all the same; then the job pauses, as planned.
    script.errors["first"] = [Unavailable()]
    deliver(job)
    assert recover(job) == []


def test_what_was_planned_is_no_recovery() -> None:
    retried, waiting, cancelled = begin(), begin(), begin()
    script.errors["first"] = [Unavailable(), NotYet(seconds=5), Unavailable()]
    for job in (retried, waiting, cancelled):
        deliver(job)
    jobs.cancel(job_id=cancelled.pk)
    assert (retried.attempt, waiting.state) == (1, State.WAITING)
    Job.objects.update(due_at=Now())
    assert recovery.recover({}) == 3
    assert told(retried) == told(waiting) == told(cancelled) == []
    assert sum(figures.read().recovered.values()) == 0


def test_a_wake_makes_up_for_what_delayed_the_job() -> None:
    job = begin()
    script.errors["first"] = [NotYet(seconds=5)]
    deliver(job)
    assert not recover(job)
    script.within["first"] = end_its_session
    deliver(job)
    assert (job.publications, job.delayed_by) == (0, "database_failed")
    jobs.wake(job_id=job.pk)
    [entry] = recover(job)
    assert entry["reason"] == "lease_ended"


def test_a_job_keeps_the_last_of_a_thousand_and_their_number() -> None:
    job = begin()
    for _ in range(setbacks.KEPT + 5):
        recover(job)
    numbers = [entry["number"] for entry in told(job)]
    assert numbers == list(range(6, setbacks.KEPT + 6))
    assert figures.read().recovered["lease_ended"] == setbacks.KEPT + 5


def test_what_recovery_noted_outlives_a_turn_that_was_under_way_and_the_end() -> None:
    job = begin()
    # The job is recovered while a slow worker is in its call, between its look and its lock.
    script.within["ask"] = lambda: recover(job)
    deliver(job)
    job = deliver(job)
    assert len(told(job)) == 1
    seq = job.seq
    job = finish(job)
    assert (job.state, len(told(job)), job.seq) == (State.SUCCEEDED, 1, seq + 1)


def test_neither_a_withheld_copy_nor_an_unknown_workflow_is_a_recovery() -> None:
    first, late, unknown = begin(), begin(), begin()
    Job.objects.exclude(pk=first.pk).update(due_at=Now(), publications=2)
    Job.objects.filter(pk=unknown.pk).update(version=99)
    assert recovery.recover({"orders": Head(first.pk, age=1000.0)}) == 2
    assert told(late) == told(unknown) == []


def test_the_tally_outlives_the_jobs_that_it_counted() -> None:
    recover(begin())
    Job.objects.all().delete()
    assert figures.read().recovered["lease_ended"] == 1


def test_several_jobs_of_one_tick_are_told_apart() -> None:
    lost, put_off, retried = begin(), begin(), begin()
    Job.objects.filter(pk=put_off.pk).update(publications=0, delayed_by="database_failed")
    Job.objects.filter(pk=retried.pk).update(publications=0)
    Job.objects.update(due_at=Now())
    recovery.recover({})
    found = [[entry["reason"] for entry in told(job)] for job in (lost, put_off, retried)]
    assert found == [["lease_ended"], ["database_failed"], []]
