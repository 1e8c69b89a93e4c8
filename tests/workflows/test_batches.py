"""Checkouts that come together: one message and one commit for a link, an outcome for each."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.carts import services as carts
from shop.core.errors import Refused
from shop.inventory import fulfillment
from shop.orders import services as orders
from shop.payments.models import Payment
from shop.payments.sandbox.models import Entry
from tasks.engine import batches, jobs, publish, recovery, rows, turns
from tasks.engine.models import Job, State
from tasks.engine.workflow import Workflow
from tasks.workflows import CHECKOUT, NOTIFICATION
from tests.workflows.cases import checkout, new_book, new_customer, run, totals

pytestmark = pytest.mark.django_db(transaction=True)


def buy(copies: dict[int, int], *, token: str | None = "tok_ok") -> Job:
    """Have a new customer ask for copies of books, by product id."""
    user_id = new_customer()
    for product_id, quantity in copies.items():
        carts.add_item(user_id=user_id, product_id=product_id, quantity=quantity)
    return checkout(user_id=user_id, token=token)


def several(*tokens: str | None, stock: int = 50) -> list[Job]:
    """Have customers ask for two copies of one book, each with a card of their own."""
    book_id = new_book(copies=stock)
    return [buy({book_id: 2}, token=token) for token in tokens]


def come(found: list[Job], *, workflow: Workflow = CHECKOUT, link: int) -> bool:
    """Hand jobs to a worker in one message for one of their links."""
    messages = {job.pk: Job.objects.get(pk=job.pk).seq for job in found}
    return batches.forward(workflow, workflow.links[link], messages=messages)


def now(found: list[Job]) -> list[str]:
    """Return the states of these jobs."""
    states = dict(Job.objects.filter(pk__in=[job.pk for job in found]).values_list("pk", "state"))
    return [str(states[job.pk]) for job in found]


def mails() -> list[Job]:
    return list(Job.objects.filter(kind="notification").order_by("id"))


@contextmanager
def no_single_turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See to it that nothing is done job by job."""

    def never(*_: Any, **given: Any) -> bool:
        raise AssertionError(f"a job came alone: {given}")

    with monkeypatch.context() as patch:
        patch.setattr(turns, "forward", never)
        yield


def test_several_are_bought_paid_and_told_of_in_one_message_for_each_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = several(*["tok_ok"] * 4)
    before = totals()
    with no_single_turns(monkeypatch):
        assert come(found, link=0)
        assert not come(found, link=1)
        assert not come(mails(), workflow=NOTIFICATION, link=1)
    assert now(found) == now(mails()) == ["succeeded"] * 4
    after = totals()
    assert after["copies reserved"] - before["copies reserved"] == 8
    assert after["money paid"] - before["money paid"] == after["money charged"] > 0
    ids = Counter(sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert (len(ids), set(ids.values())) == (4, {1})
    for job in found:
        job.refresh_from_db()
        assert [step["state"] for step in job.steps] == ["done"] * 5
        assert (job.seq, job.secrets, job.input, job.data) == (2, None, {}, {})


def test_a_batch_costs_as_many_statements_as_one_job() -> None:
    costs = []
    for number in (2, 8):
        found = several(*["tok_ok"] * number)
        for link in (0, 1):
            messages = {job.pk: link for job in found}
            with CaptureQueriesContext(connection) as queries:
                batches.forward(CHECKOUT, CHECKOUT.links[link], messages=messages)
            costs.append(len(queries))
        assert now(found) == ["succeeded"] * number
    assert costs[:2] == costs[2:]


def test_each_has_its_own_end() -> None:
    tokens = ["tok_ok", "tok_declined", None, "tok_redirect", "tok_timeout", "tok_flaky", "tok_ok"]
    found = several(*tokens)
    come(found, link=0)
    come(found, link=1)
    assert now(found)[:4] == ["succeeded", "compensating", "succeeded", "waiting"]
    assert now(found)[6] == "succeeded"
    ends = [run(job).state for job in found if job != found[3]]
    assert ends == ["succeeded", "failed", *["succeeded"] * 4]
    assert Entry.objects.filter(status="captured").count() == 4
    assert Payment.objects.filter(status="captured").count() == 4


def test_the_last_copies_go_to_whoever_came_first_and_the_others_lose_nothing() -> None:
    book_id, other_id = new_book(copies=3), new_book(copies=50)
    first, second, third = (buy({book_id: 2, other_id: 1}) for _ in range(3))
    fourth = buy({book_id: 1})
    come([first, second, third, fourth], link=0)
    assert now([first, second, third, fourth]) == ["running", "failed", "failed", "running"]
    for job in (second, third):
        job.refresh_from_db()
        assert job.error is not None
        assert job.error["code"] == "insufficient_stock"
        assert [step["state"] for step in job.steps[:2]] == ["undone", "failed"]
    assert [run(job).state for job in (first, fourth)] == ["succeeded"] * 2


@pytest.mark.parametrize("what", ["place_all", "reserve_all"])
def test_what_breaks_for_all_is_done_job_by_job(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = several("tok_ok", "tok_ok", "tok_ok")
    service = orders if what == "place_all" else fulfillment
    real = getattr(service, what)

    def broken(wanted: Any) -> Any:
        outcomes = real(wanted)
        if len(wanted) > 1:
            raise RuntimeError("one of them is odd")
        return outcomes

    monkeypatch.setattr(service, what, broken)
    before = totals()
    assert come(found, link=0)
    assert now(found) == ["running"] * 3
    assert totals()["orders"] - before["orders"] == 3
    assert totals()["copies reserved"] - before["copies reserved"] == 6


def test_copies_of_a_message_for_several_do_nothing() -> None:
    found = several("tok_ok", "tok_ok")
    messages = {job.pk: 0 for job in found}
    assert batches.forward(CHECKOUT, CHECKOUT.links[0], messages=messages)
    seen = totals()
    assert not batches.forward(CHECKOUT, CHECKOUT.links[0], messages=messages)
    later = {job.pk: 1 for job in found}
    batches.forward(CHECKOUT, CHECKOUT.links[1], messages=later)
    paid = totals()
    batches.forward(CHECKOUT, CHECKOUT.links[1], messages=later)
    assert totals() == paid != seen
    assert Entry.objects.count() == 2


def test_a_stale_message_for_several_does_nothing_though_they_are_where_it_says() -> None:
    found = [job.pk for job in several("tok_ok", "tok_ok")]
    # As after an attempt that failed.
    Job.objects.filter(pk__in=found).update(seq=1)
    before = totals()
    assert not batches.forward(CHECKOUT, CHECKOUT.links[0], messages=dict.fromkeys(found, 0))
    assert totals() == before
    assert set(Job.objects.filter(pk__in=found).values_list("seq", flat=True)) == {1}


def test_a_link_that_follows_passes_over_those_that_did_not_get_there() -> None:
    book_id = new_book(copies=3)
    bought, refused = buy({book_id: 2}), buy({book_id: 2})
    cancelled = buy({new_book(copies=5): 1})
    assert batches.forward(
        CHECKOUT, CHECKOUT.links[0], messages={job.pk: 0 for job in (bought, refused, cancelled)}
    )
    jobs.cancel(job_id=cancelled.pk)
    come([bought, refused, cancelled], link=1)
    assert now([bought, refused]) == ["succeeded", "failed"]
    assert run(cancelled).state == State.CANCELLED
    assert Entry.objects.filter(status="captured").count() == 1


def test_who_may_kill_workers_comes_alone() -> None:
    suspect, *others = several("tok_ok", "tok_ok", "tok_ok")
    Job.objects.filter(pk=suspect.pk).update(publications=rows.SUSPECT)
    come([suspect, *others], link=0)
    suspect.refresh_from_db()
    assert suspect.seq == 1
    Job.objects.filter(pk=suspect.pk).update(publications=rows.SUSPECT)
    suspect.refresh_from_db()
    assert not publish.may_share(suspect)
    assert all(publish.may_share(job) for job in others)


def test_one_that_somebody_else_has_does_not_hold_up_the_others() -> None:
    found = several("tok_ok", "tok_ok", "tok_ok")
    come(found, link=0)
    seen: list[str] = []
    real = rows.lock_all

    def locked(messages: Any) -> Any:
        rest = real({key: seq for key, seq in messages.items() if key != found[1].pk})
        seen.extend(str(one.job.pk) for one in rest)
        return rest

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "lock_all", locked)
        come(found, link=1)
    assert str(found[1].pk) not in seen
    assert now(found) == ["succeeded"] * 3


def test_recovery_sends_those_that_go_the_same_way_in_one_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = several("tok_ok", "tok_ok", "tok_ok")
    sent: list[list[Job]] = []

    def send(group: list[Job]) -> bool:
        sent.append(group)
        return True

    monkeypatch.setattr(publish, "_send", send)
    for expected in ([3], [1, 1, 1]):
        Job.objects.filter(pk__in=[job.pk for job in found]).update(due_at="2020-01-01T00:00:00Z")
        sent.clear()
        assert recovery.recover({}) == 3
        assert [len(group) for group in sent] == expected


def test_a_refusal_of_one_in_many_is_the_same_as_of_one_alone() -> None:
    book_id = new_book(copies=5)
    product = {book_id: 2}
    with pytest.raises(Refused):
        fulfillment.reserve(order_id=1, quantities={book_id: 6})
    outcomes = fulfillment.reserve_all(
        [fulfillment.Promise(order_id=n, quantities=product) for n in (1, 2, 3)]
    )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "NoneType",
        "NoneType",
        "InsufficientStock",
    ]
