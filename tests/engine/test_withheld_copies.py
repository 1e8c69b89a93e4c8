"""Recovery sends no copy of what waits in its queue still, and one of what does not."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from celery import current_app

from tasks.engine import publish as publishing
from tasks.engine import recovery
from tasks.engine.models import Job
from tasks.engine.publish import Head
from tasks.engine.workflow import LEASE
from tests.engine.conftest import begin
from tests.engine.test_recovery import make_due, messages, seconds_until_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_queues() -> None:
    with current_app.connection_for_write() as broker:
        broker.default_channel.client.delete("orders", "payments")


def test_behind_others_that_wait_there_are_no_copies_but_first_messages() -> None:
    first, late, retried = begin(), begin(), begin()
    make_due(late)
    make_due(retried, publications=0)
    before = len(messages("orders"))
    found = publishing.heads(["orders", "payments"])
    assert set(found) == {"orders"}
    assert found["orders"].job_id == first.pk
    assert 0 <= found["orders"].age < 60
    assert recovery.recover({"orders": Head(first.pk, age=LEASE + 1)}) == 2
    assert len(messages("orders")) == before + 1
    late.refresh_from_db()
    assert late.publications == 1
    assert 5 < seconds_until_due(late) <= LEASE


def test_a_job_that_younger_ones_have_overtaken_gets_a_copy() -> None:
    lost, next_one = begin(), begin()
    make_due(lost)
    assert recovery.recover({"orders": Head(next_one.pk, age=1000.0)}) == 1
    lost.refresh_from_db()
    assert lost.publications == 2


def test_a_copy_that_waits_behind_younger_jobs_is_not_lost_yet() -> None:
    sent_again, next_one = begin(), begin()
    make_due(sent_again, publications=2)
    heads = {"orders": Head(next_one.pk, age=1000.0)}
    recovery.recover(heads)
    sent_again.refresh_from_db()
    assert sent_again.publications == 2
    make_due(sent_again, created_at=sent_again.created_at - timedelta(minutes=1))
    recovery.recover(heads)
    sent_again.refresh_from_db()
    assert sent_again.publications == 3


def test_a_job_before_which_later_messages_come_gets_a_copy() -> None:
    older, lost = begin(), begin()
    make_due(lost, publications=2)
    # The pause that has ended was twice a lease.
    assert recovery.recover({"orders": Head(older.pk, age=2 * LEASE - 3)}) == 1
    lost.refresh_from_db()
    assert lost.publications == 3


def test_a_message_that_was_sent_a_moment_late_tells_nothing() -> None:
    first, late = begin(), begin()
    make_due(late)
    assert recovery.recover({"orders": Head(first.pk, age=LEASE - 1)}) == 1
    late.refresh_from_db()
    assert late.publications == 1


def test_copies_do_not_hold_each_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "BATCH", 3)
    jobs = [begin() for _ in range(10)]
    with current_app.connection_or_acquire() as broker:
        broker.default_channel.client.flushall()
    for job in jobs:
        make_due(job)
    while recovery.recover(publishing.heads(["orders"])) == recovery.BATCH:
        pass
    assert set(Job.objects.values_list("publications", flat=True)) == {2}


MALFORMED = [
    *(b"none", b"[]", b"{}", b'{"body": "W10=", "properties": {}}'),
    *(
        b'{"body": "%s", "headers": {"sent_at": 1}, "properties": {"body_encoding": "base64"},'
        b' "content-type": "application/json", "content-encoding": "utf-8"}'
        % base64.b64encode(body)
        for body in (b"5", b"[[], {}, {}]", b'[["hello"], {}, {}]', b"[[1], {}, {}]", b"{")
    ),
]


@pytest.mark.parametrize("message", MALFORMED)
def test_a_message_that_is_none_of_ours_tells_nothing(message: bytes) -> None:
    with current_app.connection_or_acquire() as broker:
        broker.default_channel.client.rpush("orders", message)
    assert publishing.heads(["orders"]) == {}


def test_a_message_for_a_job_that_is_no_more_tells_nothing() -> None:
    late = begin()
    make_due(late)
    assert recovery.recover({"orders": Head(uuid4(), age=1000.0)}) == 1
    late.refresh_from_db()
    assert late.publications == 2
