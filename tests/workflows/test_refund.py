"""What is special about giving money back."""

from decimal import Decimal

import pytest

from shop.core.errors import PreconditionFailed, Refused, Unavailable
from shop.notifications.models import Notification
from shop.payments import selectors as payments
from shop.payments.models import Payment, Refund
from shop.payments.services import RefundExceedsPayment
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine import jobs
from tasks.engine.models import Job
from tasks.engine.turn import FORWARD_TRIES
from tasks.steps import payments as payment_steps
from tests.orders import TOTAL, books, bring, broken, ended, held, order_in, steps
from tests.workflows.cases import deliver, run, update, visible
from tests.workflows.test_faults import fault

pytestmark = pytest.mark.django_db(transaction=True)


def refund(order_id: int, amount: int | None = None, if_match: list[str] | None = None) -> Job:
    """Accept a refund, as the gateway does."""
    return acceptance.refund(
        order_id=order_id,
        amount=None if amount is None else Decimal(amount),
        asked=Asked(),
        if_match=if_match,
    )


def left(order_id: int) -> int:
    """Return how much may still be given back: in the shop's books, and at the provider."""
    found = int(payments.left_to_refund(order_id=order_id))
    assert found == held(order_id)
    assert broken() == []
    return found


def test_all_of_it_goes_back_where_no_amount_is_given() -> None:
    order_id = order_in("paid")
    job = run(refund(order_id))
    [payment] = payments.payments(order_id=order_id)
    assert job.result == {
        "payment_id": payment.pk,
        "amount": str(TOTAL),
        "currency": "VND",
    }
    assert (books(order_id), left(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    told = Notification.objects.latest("id")
    assert told.body == f"You get back {TOTAL} VND of what you paid for order {order_id}."
    assert told.order_id == order_id


def test_several_refunds_go_back_until_nothing_is_left() -> None:
    order_id = order_in("paid")
    assert ended(run(refund(order_id, 1))) == ("succeeded", None)
    assert books(order_id) == [("captured", TOTAL, 1)]
    assert ended(run(refund(order_id, 99_999))) == ("succeeded", None)
    assert left(order_id) == TOTAL - 100_000
    with pytest.raises(RefundExceedsPayment):
        refund(order_id, TOTAL - 100_000 + 1)
    job = run(refund(order_id))
    assert job.result is not None
    assert job.result["amount"] == str(TOTAL - 100_000)
    assert (books(order_id), left(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    for amount in (1, None):
        with pytest.raises(RefundExceedsPayment):
            refund(order_id, amount)
    assert Refund.objects.filter(payment__order_id=order_id).count() == 3


def test_the_exact_rest_goes_back() -> None:
    order_id = order_in("paid")
    run(refund(order_id, TOTAL))
    assert books(order_id) == [("refunded", TOTAL, TOTAL)]


@pytest.mark.parametrize("status", ["processing", "shipped", "delivered"])
def test_an_order_may_get_money_back_wherever_it_is(status: str) -> None:
    order_id = order_in(status)
    assert ended(run(refund(order_id, 5))) == ("succeeded", None)
    assert left(order_id) == TOTAL - 5


@pytest.mark.parametrize("status", ["pending", "failed", "cancelled", "returned"])
def test_where_nothing_is_left_nothing_goes_back(status: str) -> None:
    order_id = order_in(status)
    for amount in (1, None):
        with pytest.raises(RefundExceedsPayment):
            refund(order_id, amount)
    assert not Job.objects.filter(kind="refund").exists()


def test_of_two_that_are_accepted_at_once_one_is_too_much() -> None:
    order_id = order_in("paid")
    one, other = refund(order_id, 200_000), refund(order_id, 200_000)
    assert ended(run(other)) == ("succeeded", None)
    assert ended(run(one)) == ("failed", "refund_exceeds_payment")
    assert steps(one)["refund_payment"] == "skipped"
    assert left(order_id) == 100_000


def test_of_two_that_want_all_of_it_one_gets_it() -> None:
    order_id = order_in("paid")
    one, other = refund(order_id), refund(order_id)
    assert ended(run(one)) == ("succeeded", None)
    assert ended(run(other)) == ("failed", "refund_exceeds_payment")
    assert left(order_id) == 0


def test_what_is_promised_counts_before_it_is_given() -> None:
    order_id = order_in("paid")
    job = deliver(refund(order_id, 250_000))
    assert (held(order_id), books(order_id)) == (TOTAL, [("captured", TOTAL, 0)])
    with pytest.raises(RefundExceedsPayment):
        refund(order_id, 50_001)
    run(job)
    assert left(order_id) == 50_000


def test_an_order_that_is_cancelled_gives_back_the_rest_only() -> None:
    order_id = order_in("paid")
    run(refund(order_id, 120_000))
    job = run(update(order_id, "cancelled"))
    assert ended(job) == ("succeeded", None)
    amounts = Refund.objects.filter(payment__order_id=order_id).order_by("id")
    assert [int(row.amount) for row in amounts] == [120_000, 180_000]
    assert (books(order_id), left(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    with pytest.raises(RefundExceedsPayment):
        refund(order_id, 1)


def test_an_order_whose_money_is_all_back_is_cancelled_without_another_refund() -> None:
    order_id = order_in("paid")
    run(refund(order_id))
    job = run(update(order_id, "cancelled"))
    assert ended(job) == ("succeeded", None)
    assert steps(job)["refund_payment"] == "skipped"
    assert steps(job)["notify"] == "done"
    assert (books(order_id), left(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    assert visible()["reservations"] == []


def test_a_refund_that_is_overtaken_by_the_orders_end_fails() -> None:
    order_id = order_in("paid")
    job = refund(order_id, 1)
    bring(order_id, "cancelled")
    assert ended(run(job)) == ("failed", "refund_exceeds_payment")
    assert left(order_id) == 0


def test_a_refund_under_way_and_the_orders_end_give_back_all_of_it_once() -> None:
    order_id = order_in("paid")
    job = deliver(refund(order_id, 120_000))
    bring(order_id, "cancelled")
    assert books(order_id) == [("captured", TOTAL, 180_000)]
    assert ended(run(job)) == ("succeeded", None)
    assert (books(order_id), left(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)


def test_what_staff_took_themselves_they_give_back_themselves() -> None:
    order_id = bring(order_in("pending"), "paid")
    assert ended(run(refund(order_id, 100_000))) == ("succeeded", None)
    assert ended(run(refund(order_id))) == ("succeeded", None)
    assert books(order_id) == [("refunded", TOTAL, TOTAL)]
    assert (Payment.objects.get(order_id=order_id).provider, broken()) == ("manual", [])


def test_an_order_that_has_changed_since_it_was_seen_gets_nothing() -> None:
    order_id = order_in("paid")
    seen = [payments.version(order_id=order_id)]
    one, other = refund(order_id, 1, seen), refund(order_id, 1, seen)
    run(one)
    assert ended(run(other)) == ("failed", "precondition_failed")
    with pytest.raises(PreconditionFailed):
        refund(order_id, 1, seen)
    third = refund(order_id, 1, [payments.version(order_id=order_id)])
    bring(order_id, "processing")
    assert ended(run(third)) == ("failed", "precondition_failed")
    assert left(order_id) == TOTAL - 1


@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_provider_that_fails_for_a_while_gives_back_once(moment: str) -> None:
    order_id = order_in("paid")
    with fault(payment_steps.refund, moment, [Unavailable()]) as hits:
        job = run(refund(order_id, 1_000))
    assert hits == [moment]
    assert ended(job) == ("succeeded", None)
    assert job.steps[2]["attempts"] == 2
    assert left(order_id) == TOTAL - 1_000


@pytest.mark.parametrize(
    "errors", [[Refused("no")], [Unavailable()] * FORWARD_TRIES], ids=["no", "away"]
)
def test_a_provider_that_gives_nothing_back_leaves_the_job_stuck(errors: list[Exception]) -> None:
    order_id = order_in("paid")
    with fault(payment_steps.refund, "before", list(errors)):
        job = run(refund(order_id, 1_000))
    assert job.state == "stuck"
    assert (held(order_id), books(order_id)) == (TOTAL, [("captured", TOTAL, 0)])
    # The promise stands: nobody else may give the same money back.
    with pytest.raises(RefundExceedsPayment):
        refund(order_id, TOTAL - 999)
    assert broken() == []
    jobs.resume(job_id=job.pk)
    assert ended(run(job)) == ("succeeded", None)
    assert left(order_id) == TOTAL - 1_000
