"""What goes wrong while several jobs are carried together costs none of them more than it must."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from shop.inventory import fulfillment
from shop.notifications.services import MailUnavailable
from shop.orders import services as orders
from shop.payments.sandbox.models import Entry
from tasks.engine import rows
from tasks.engine.models import Job
from tasks.engine.rows import Saved
from tasks.engine.turn import Turn
from tasks.steps import notifications
from tasks.workflows import NOTIFICATION
from tests.workflows.cases import run, totals
from tests.workflows.test_batches import come, mails, now, several

pytestmark = pytest.mark.django_db(transaction=True)
FAR = "2100-01-01T00:00:00Z"


def several_mails(number: int) -> list[Job]:
    """Have customers be told of their orders, and return the jobs that mail it."""
    found = several(*["tok_ok"] * number)
    come(found, link=0)
    come(found, link=1)
    return mails()


def sent() -> Counter[str]:
    return Counter(message.extra_headers["Message-ID"] for message in mail.outbox)


def test_mails_for_which_there_is_no_time_are_sent_later_and_none_counts_as_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = several_mails(5)
    monkeypatch.setattr(notifications, "BATCH_SECONDS", -1.0)
    for done in range(1, 6):
        come(found, workflow=NOTIFICATION, link=1)
        assert now(found) == ["succeeded"] * done + ["waiting"] * (5 - done)
        assert not Job.objects.filter(pk__in=[job.pk for job in found], attempt__gt=0).exists()
    assert set(sent().values()) == {1}


def test_a_mail_that_cannot_be_written_is_the_only_one_that_fails() -> None:
    found = several_mails(3)
    odd = Job.objects.get(pk=found[1].pk)
    Job.objects.filter(pk=odd.pk).update(input={**odd.input, "subject": "two\nlines"})
    come(found, workflow=NOTIFICATION, link=1)
    assert now(found) == ["succeeded", "running", "succeeded"]
    assert list(sent().values()) == [1, 1]


def test_a_job_that_cannot_be_saved_holds_up_neither_the_others_nor_what_follows_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd, *others = several("tok_ok", "tok_ok", "tok_ok")
    real = Turn.to_save

    def to_save(turn: Turn) -> Saved:
        if turn.job.pk == odd.pk:
            raise TypeError("what cannot be written")
        return real(turn)

    monkeypatch.setattr(Turn, "to_save", to_save)
    assert come([odd, *others], link=0)
    assert now([odd, *others]) == ["queued", "running", "running"]


def deadlock() -> None:
    database_says("40P01")


def lock_timeout() -> None:
    database_says("55P03")


def violation() -> None:
    database_says("23505")


def unavailable() -> None:
    raise MailUnavailable


def database_says(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")


@pytest.mark.parametrize("fault", [deadlock, lock_timeout, violation, unavailable])
@pytest.mark.parametrize(
    ("service", "name"), [(fulfillment, "reserve_all"), (orders, "confirm_all")]
)
def test_what_fails_after_it_wrote_is_undone_for_all_and_done_job_by_job(
    service: Any, name: str, fault: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = several("tok_ok", "tok_ok")
    real = getattr(service, name)

    def fails_for_many(wanted: Any) -> Any:
        outcomes = real(wanted)
        if len(wanted) > 1:
            fault()
        return outcomes

    monkeypatch.setattr(service, name, fails_for_many)
    come(found, link=0)
    come(found, link=1)
    assert now(found) == ["succeeded", "succeeded"]
    seen = totals()
    assert (seen["orders"], seen["copies reserved"], seen["reservations"]) == (2, 4, 2)
    assert seen["money paid"] == seen["money charged"] > 0
    assert Entry.objects.count() == len(mails()) == 2
    for job in found:
        job.refresh_from_db()
        assert [step["attempts"] for step in job.steps] == [1] * 5


def test_when_the_database_goes_away_nothing_is_kept_and_all_come_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = several("tok_ok", "tok_ok", "tok_ok")
    suspect, sleeping, *usual = several("tok_ok", "tok_ok", "tok_ok")
    Job.objects.filter(pk=suspect.pk).update(
        publications=rows.SUSPECT, claims=2, claimed_until=FAR, due_at=FAR
    )
    Job.objects.filter(pk=sleeping.pk).update(publications=0, due_at=FAR)
    before = totals()
    real = orders.place_all

    def lost(wanted: Any) -> Any:
        real(wanted)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(orders, "place_all", lost)
        assert not come([*found, suspect, sleeping, *usual], link=0)
    assert totals() == before
    put_off = Job.objects.filter(delayed_by="database_failed", publications=0, attempt=0, seq=0)
    assert set(put_off.values_list("pk", flat=True)) == {job.pk for job in (*found, *usual)}
    suspect.refresh_from_db()
    # Another worker may have it at this moment, and what is known of it stays known.
    assert (suspect.publications, suspect.claims) == (rows.SUSPECT, 2)
    assert suspect.claimed_until is not None
    sleeping.refresh_from_db()
    assert sleeping.due_at is not None
    assert sleeping.due_at.year == 2100
    assert [run(job).state for job in found] == ["succeeded"] * 3
