"""Recovery publishes what is due, and workers that die are counted."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.models.functions import Now

from tasks.engine import publish as publishing
from tasks.engine import recovery, rows
from tasks.engine.models import Job, State
from tasks.engine.publish import Head
from tests.engine.conftest import begin, deliver, finish, script

pytestmark = pytest.mark.django_db(transaction=True)
QUEUES = ("orders", "payments")


@pytest.fixture(autouse=True)
def empty_queues() -> Iterator[None]:
    with current_app.connection_for_write() as broker:
        broker.default_channel.client.delete(*QUEUES)
    yield
    publishing._paused_until = 0.0


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the broker refuse every message."""

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.canvas._chain.apply_async", refuse)


def messages(queue: str) -> list[dict[str, Any]]:
    """Return the messages in a queue, oldest first."""
    with current_app.connection_for_write() as broker:
        texts = broker.default_channel.client.lrange(queue, 0, -1)
    return [json.loads(text) for text in reversed(texts)]


def make_due(job: Job, **more: Any) -> None:
    Job.objects.filter(pk=job.pk).update(due_at=Now(), **more)


def seconds_until_due(job: Job) -> float:
    job = Job.objects.annotate(left_=Now()).get(pk=job.pk)
    assert job.due_at is not None
    left: timedelta = job.due_at - job.left_
    return left.total_seconds()


def test_starting_a_job_publishes_its_chain_on_commit_only() -> None:
    with transaction.atomic():
        begin()
        assert messages("orders") == []
    assert len(messages("orders")) == 1


def test_the_first_message_is_found_by_the_jobs_id_and_carries_ids_only() -> None:
    job = begin()
    [message] = messages("orders")
    assert message["headers"]["task"] == "example.first+extra"
    assert message["headers"]["id"] == message["headers"]["root_id"] == str(job.pk)
    assert message["headers"]["argsrepr"] == repr((str(job.pk), 0))


def test_the_links_that_follow_travel_as_a_celery_chain_with_the_seq_that_they_find() -> None:
    job = begin()
    [message] = messages("orders")
    _, _, embed = json.loads(base64.b64decode(message["body"]))
    chain = [(task["task"], task["args"], task["options"]["queue"]) for task in embed["chain"]]
    assert chain[::-1] == [
        ("example.ask", [str(job.pk), 1], "payments"),
        ("example.last", [str(job.pk), 2], "orders"),
    ]


def test_a_due_job_is_published_again_with_the_same_seq() -> None:
    job = begin()
    make_due(job)
    assert recovery.recover({}) == 1
    job.refresh_from_db()
    assert (job.seq, job.publications) == (0, 2)
    copies = messages("orders")
    assert [m["headers"]["argsrepr"] for m in copies] == [repr((str(job.pk), 0))] * 2
    assert len({m["headers"]["id"] for m in copies}) == 2
    assert {m["headers"]["root_id"] for m in copies} == {str(job.pk)}


def test_a_job_that_is_not_due_or_rests_is_left_alone() -> None:
    begin()
    finish(begin())
    assert recovery.recover({}) == 0


def test_the_grace_doubles_with_every_copy_up_to_its_limit() -> None:
    job = begin()
    graces = []
    for _ in range(4):
        make_due(job)
        recovery.recover({})
        graces.append(round(seconds_until_due(job)))
    assert graces == [20, 40, 40, 40]


def test_two_recoveries_at_once_publish_a_job_once() -> None:
    job = begin()
    make_due(job)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        found: list[int] = []

        def other() -> None:
            found.append(recovery.recover({}))
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == [0]


def test_a_job_of_a_workflow_that_this_code_lacks_does_not_stop_the_others() -> None:
    unknown, known = begin(), begin()
    make_due(unknown, version=99)
    make_due(known)
    assert recovery.recover({}) == 2
    known.refresh_from_db()
    assert known.publications == 2


def test_while_the_broker_is_away_jobs_are_accepted_quickly_and_sent_later(
    no_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    jobs = [begin() for _ in range(5)]
    assert time.monotonic() - began < 1
    monkeypatch.undo()
    publishing._paused_until = 0.0
    for job in jobs:
        make_due(job)
    recovery.recover({})
    assert len(messages("orders")) == 5


def test_a_job_that_could_not_be_sent_is_due_at_once_and_counts_as_never_sent(
    no_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begin()
    assert seconds_until_due(job) <= publishing.AGAIN
    make_due(job)
    assert recovery.recover({}) == 0, "with the broker away there is no hurry"
    job.refresh_from_db()
    assert job.publications == 0
    monkeypatch.undo()
    publishing._paused_until = 0.0
    make_due(job)
    recovery.recover({})
    [message] = messages("orders")
    assert message["headers"]["id"] == str(job.pk)


def test_many_lost_publications_neither_overflow_nor_look_like_crashes(no_broker: None) -> None:
    job = begin()
    for _ in range(20):
        publishing._paused_until = 0.0
        make_due(job)
        recovery.recover({})
    job.refresh_from_db()
    assert job.publications == 0
    make_due(job, publications=30_000)
    recovery.recover({})
    assert seconds_until_due(job) <= recovery.LONGEST_GRACE


def test_a_job_that_does_not_fit_its_workflow_does_not_stop_the_others() -> None:
    odd, known = begin(), begin()
    make_due(odd, cursor=99)
    make_due(known)
    assert recovery.recover({}) == 2
    known.refresh_from_db()
    odd.refresh_from_db()
    assert (known.publications, odd.publications) == (2, 1)
    assert seconds_until_due(odd) > 5


def test_recovery_asks_for_queues_only_while_something_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = threading.Event()
    asked: list[int] = []

    def heads(_: Sequence[str]) -> dict[str, Head]:
        asked.append(1)
        return {}

    def recover() -> None:
        recovery.run(stop)
        connection.close()

    monkeypatch.setattr(recovery, "heads", heads)
    monkeypatch.setattr(recovery, "TICK", 0.01)
    job = begin()
    thread = threading.Thread(target=recover)
    thread.start()
    time.sleep(0.1)
    assert asked == []
    make_due(job)
    time.sleep(0.3)
    stop.set()
    thread.join()
    assert len(asked) == 1
    job.refresh_from_db()
    assert job.publications == 2


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, InternalError])
def test_recovery_survives_whatever_ends_its_session(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, looks = threading.Event(), iter([error("terminating connection"), None])

    def is_anything_due() -> bool:
        if failure := next(looks):
            raise failure
        stop.set()
        return False

    monkeypatch.setattr(recovery, "_is_anything_due", is_anything_due)
    monkeypatch.setattr(recovery, "TICK", 0)
    recovery.run(stop)
    assert stop.is_set()


def test_the_query_for_due_jobs_uses_the_index_of_active_ones() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM jobs_job WHERE due_at <= now() ORDER BY due_at, id")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "job_due" in plan


def test_from_the_third_publication_on_a_worker_claims_the_job_before_it_runs() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    seen = rows.look(job_id=job.pk, seq=0)
    assert seen is not None
    job.refresh_from_db()
    assert job.claims == 1
    assert job.claimed_by
    assert rows.look(job_id=job.pk, seq=0) is None, "another worker has it"


def test_a_claim_that_ends_in_a_commit_does_not_count() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    deliver(job)
    assert (job.seq, job.claims, job.claimed_until) == (1, 0, None)


def test_a_claim_that_ends_because_the_database_failed_does_not_count() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    script.errors["first"] = [OperationalError("gone")]
    deliver(job)
    assert (job.seq, job.claims, job.claimed_until) == (0, 0, None)


def crash(job: Job) -> None:
    """Have a worker take the job and die with it."""
    assert rows.look(job_id=job.pk, seq=job.seq) is not None
    Job.objects.filter(pk=job.pk).update(claimed_until=Now() - timedelta(seconds=1))


def test_a_job_that_cost_ten_workers_is_undone() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    for _ in range(rows.MAX_CLAIMS):
        crash(job)
    job = finish(job)
    assert script.ran == ["take back"]
    assert job.state == State.FAILED
    assert job.error is not None
    assert job.error["code"] == "workers_crashed"


def test_nine_crashes_are_forgiven() -> None:
    job = begin()
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    for _ in range(rows.MAX_CLAIMS - 1):
        crash(job)
    assert finish(job).state == State.SUCCEEDED


def test_after_the_pivot_a_job_that_cost_ten_workers_is_stuck() -> None:
    job = begin()
    deliver(job)
    deliver(job)
    Job.objects.filter(pk=job.pk).update(publications=rows.SUSPECT)
    for _ in range(rows.MAX_CLAIMS):
        crash(job)
    assert finish(job).state == State.STUCK
