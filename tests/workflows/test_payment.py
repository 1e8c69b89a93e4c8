"""What is special about paying an order later."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from shop.core.errors import PreconditionFailed, Refused, Unavailable
from shop.notifications.models import Notification
from shop.payments import events
from shop.payments import selectors as payments
from shop.payments.services import OrderNotPayable
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine import jobs
from tasks.engine.models import Job
from tasks.engine.turn import FORWARD_TRIES
from tasks.steps import notifications
from tasks.steps import orders as order_steps
from tasks.workflows import LATE_PAYMENT
from tests.orders import (
    TOTAL,
    books,
    bring,
    broken,
    checking_out,
    ended,
    held,
    history,
    order_in,
    status_of,
)
from tests.workflows.cases import decide, deliver, run, update, visible
from tests.workflows.test_faults import fault

pytestmark = pytest.mark.django_db(transaction=True)


def pay(order_id: int, token: str = "tok_ok", if_match: list[str] | None = None) -> Job:
    """Accept a payment, as the gateway does."""
    return acceptance.pay(
        order_id=order_id, method="card", token=token, asked=Asked(), if_match=if_match
    )


def away(order_id: int) -> Job:
    """Return a payment whose customer is at the provider's page."""
    job = deliver(deliver(pay(order_id, "tok_redirect")))
    assert job.state == "waiting"
    return job


def is_payable(order_id: int) -> bool:
    """Return whether a payment is accepted; it is called off again."""
    try:
        job = pay(order_id)
    except OrderNotPayable:
        return False
    jobs.cancel(job_id=job.pk)
    run(job)
    return True


def test_an_order_is_paid_later_with_what_it_costs() -> None:
    order_id = order_in("pending")
    job = run(pay(order_id))
    [payment] = payments.payments(order_id=order_id)
    assert job.result == {"order_id": order_id, "payment_id": payment.pk}
    assert (books(order_id), held(order_id)) == ([("captured", TOTAL, 0)], TOTAL)
    assert history(order_id) == [("pending", None), ("paid", None)]
    told = [row.subject for row in Notification.objects.order_by("id")]
    assert told == [f"Order {order_id}: please pay", f"Order {order_id} is paid"]
    assert len(visible()["reservations"]) == 3
    assert (job.secrets, job.input, broken()) == (None, {}, [])


def test_after_a_card_that_is_declined_another_may_be_tried() -> None:
    order_id = order_in("pending")
    before = visible()
    for token in ("tok_declined", "tok_insufficient_funds"):
        assert ended(run(pay(order_id, token))) == ("failed", "payment_declined")
        assert (status_of(order_id), visible()) == ("pending", before)
    assert ended(run(pay(order_id))) == ("succeeded", None)
    assert books(order_id) == [("declined", TOTAL, 0)] * 2 + [("captured", TOTAL, 0)]
    assert (held(order_id), broken()) == (TOTAL, [])
    assert not is_payable(order_id)


def test_a_checkout_whose_card_is_declined_leaves_nothing_to_pay() -> None:
    checkout, order_id = checking_out("tok_declined")
    run(checkout)
    assert (status_of(order_id), is_payable(order_id)) == ("failed", False)


@pytest.mark.parametrize(
    "status", ["paid", "processing", "shipped", "delivered", "returned", "cancelled", "failed"]
)
def test_only_a_pending_order_is_payable(status: str) -> None:
    assert not is_payable(order_in(status))


@pytest.mark.parametrize("token", ["tok_flaky", "tok_timeout"])
def test_an_answer_that_is_lost_charges_nobody_twice(token: str) -> None:
    order_id = order_in("pending")
    assert ended(run(pay(order_id, token))) == ("succeeded", None)
    assert (books(order_id), held(order_id)) == ([("captured", TOTAL, 0)], TOTAL)


def test_while_a_payment_is_under_way_there_is_no_other() -> None:
    order_id = order_in("pending")
    job = away(order_id)
    assert not is_payable(order_id)
    decide(job, "declined")
    assert ended(run(job)) == ("failed", "payment_declined")
    assert is_payable(order_id)


def test_while_its_checkout_is_under_way_there_is_no_payment() -> None:
    checkout, order_id = checking_out(None)
    assert not is_payable(order_id)
    run(checkout)
    assert is_payable(order_id)


def test_a_payment_whose_money_has_moved_keeps_the_order_even_when_stuck() -> None:
    order_id = order_in("pending")
    job = pay(order_id)
    with fault(order_steps.confirm, "before", [Unavailable()] * FORWARD_TRIES):
        run(job)
    assert (job.state, status_of(order_id), held(order_id)) == ("stuck", "pending", TOTAL)
    assert not is_payable(order_id)
    cancel = update(order_id, "cancelled")
    assert deliver(cancel).state == "waiting"
    jobs.resume(job_id=job.pk)
    assert ended(run(job)) == ("succeeded", None)
    assert ended(run(cancel)) == ("succeeded", None)
    assert (books(order_id), held(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    assert broken() == []


def test_a_payment_can_be_called_off_and_made_again() -> None:
    order_id = order_in("pending")
    job = away(order_id)
    jobs.cancel(job_id=job.pk)
    assert ended(run(job)) == ("cancelled", None)
    assert (status_of(order_id), books(order_id)) == ("pending", [("voided", TOTAL, 0)])
    assert ended(run(pay(order_id))) == ("succeeded", None)
    assert (held(order_id), broken()) == (TOTAL, [])


def test_a_customer_who_takes_too_long_may_try_again(settings: Settings) -> None:
    order_id = order_in("pending")
    job = away(order_id)
    settings.SHOP_PAYMENT_WAIT = 0.01
    assert ended(run(job)) == ("failed", "payment_timeout")
    assert is_payable(order_id)
    assert len(visible()["reservations"]) == 3


def test_money_that_comes_after_another_card_has_paid_goes_back() -> None:
    order_id = order_in("pending")
    job = away(order_id)
    action = job.action
    jobs.cancel(job_id=job.pk)
    run(job)
    assert ended(run(pay(order_id))) == ("succeeded", None)
    job.action = action
    decide(job, "paid")
    given = {"provider": "sandbox", "charge_key": f"{job.pk}:take_payment"}
    assert run(jobs.start(LATE_PAYMENT, input=given)).result == {"refunded": True}
    assert books(order_id) == [("refunded", TOTAL, TOTAL), ("captured", TOTAL, 0)]
    assert (held(order_id), status_of(order_id)) == (TOTAL, "paid")
    assert payments.left_to_refund(order_id=order_id) == Decimal(TOTAL)
    # Of the customer's money the shop has it once: what the order gives back is the other card's.
    bring(order_id, "cancelled")
    assert held(order_id) == 0


def test_an_order_that_has_changed_since_it_was_seen_is_not_paid() -> None:
    order_id = order_in("pending")
    with pytest.raises(PreconditionFailed):
        pay(order_id, if_match=["another"])
    assert ended(run(pay(order_id, if_match=[payments.version(order_id=order_id)]))) == (
        "succeeded",
        None,
    )


def test_the_job_looks_again_whether_the_order_is_as_it_was_seen() -> None:
    order_id = order_in("pending")
    late = away(order_id)
    action = late.action
    jobs.cancel(job_id=late.pk)
    run(late)
    job = pay(order_id, if_match=[payments.version(order_id=order_id)])
    # Money that came too late goes back: that is a refund, and moves the order's version.
    late.action = action
    decide(late, "paid")
    key = f"{late.pk}:take_payment"
    events.refund_late(provider="sandbox", key=key, amount=Decimal(TOTAL))
    assert events.note_late(key=key, amount=Decimal(TOTAL))
    assert ended(run(job)) == ("failed", "precondition_failed")


def test_nothing_is_told_of_a_payment_that_fails() -> None:
    order_id = order_in("pending")
    run(pay(order_id, "tok_declined"))
    assert Notification.objects.count() == 1


def test_a_payment_that_cannot_be_told_of_holds_all_the_same() -> None:
    order_id = order_in("pending")
    job = pay(order_id)
    with fault(notifications.tell_of_order, "during", [Refused("no")]):
        run(job)
    assert (job.state, status_of(order_id), broken()) == ("stuck", "paid", [])
    bring(order_id, "cancelled")
    jobs.resume(job_id=job.pk)
    assert ended(run(job)) == ("succeeded", None)
    assert (held(order_id), status_of(order_id), broken()) == (0, "cancelled", [])
