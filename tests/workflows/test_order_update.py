"""What is special about moving an order on: copies, money, and who else has it in hand."""

import pytest

from shop.catalog import services as catalog
from shop.core.errors import PreconditionFailed, Refused, Unavailable
from shop.inventory import services as inventory
from shop.inventory.models import Movement
from shop.notifications.models import Notification
from shop.orders.models import OrderLine
from shop.orders.services import InvalidTransition
from shop.payments import selectors as payments
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine import jobs, registry, turns
from tasks.engine.models import Job
from tasks.engine.turn import FORWARD_TRIES
from tasks.steps import orders as order_steps
from tasks.steps import payments as payment_steps
from tasks.workflows import ORDER_UPDATE
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
    steps,
    work_off,
)
from tests.workflows.cases import (
    account_deletion,
    deliver,
    new_order,
    run,
    totals,
    update,
    visible,
)
from tests.workflows.test_faults import fault

pytestmark = pytest.mark.django_db(transaction=True)


def change(order_id: int, status: str) -> dict[str, int]:
    """Give the order a status, and return what there is more of then, or less."""
    before = totals()
    bring(order_id, status)
    after = totals()
    assert broken() == []
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


def told(order_id: int) -> list[str]:
    """Return what the customer was told of the order, but for the first."""
    rows = Notification.objects.filter(order_id=order_id).order_by("id")
    return [row.subject.removeprefix(f"Order {order_id} ") for row in rows][1:]


def tag(order_id: int) -> list[str]:
    return [payments.version(order_id=order_id)]


# What a status does


@pytest.mark.parametrize(("before", "status"), [("paid", "processing"), ("shipped", "delivered")])
def test_some_changes_are_told_and_move_nothing(before: str, status: str) -> None:
    assert change(order_in(before), status) == {"notifications": 1}


def test_copies_leave_the_warehouse_when_they_are_shipped() -> None:
    order_id = order_in("processing")
    assert change(order_id, "shipped") == {
        "copies": -6,
        "copies reserved": -6,
        "room taken": -6,
        "reservations": -3,
        "notifications": 1,
    }
    lines = Movement.objects.filter(order_id=order_id, why="shipment").order_by("id")
    assert [(line.on_hand_change, line.reserved_change) for line in lines] == [
        (-1, -1),
        (-2, -2),
        (-3, -3),
    ]


@pytest.mark.parametrize("before", ["paid", "processing"])
def test_a_paid_order_that_is_cancelled_frees_its_copies_and_gives_its_money_back(
    before: str,
) -> None:
    order_id = order_in(before)
    assert change(order_id, "cancelled") == {
        "copies reserved": -6,
        "reservations": -3,
        "orders": -1,
        "payments": -1,
        "charges": -1,
        "money paid": -TOTAL,
        "money charged": -TOTAL,
        "notifications": 1,
    }
    assert (books(order_id), held(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    text = Notification.objects.filter(order_id=order_id).latest("id")
    assert f"You get back {TOTAL} VND" in text.body


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_an_unpaid_order_that_comes_to_nothing_frees_its_copies(status: str) -> None:
    order_id = order_in("pending")
    assert change(order_id, status) == {
        "copies reserved": -6,
        "reservations": -3,
        "orders": -1,
        "notifications": 1,
    }
    assert "get back" not in Notification.objects.filter(order_id=order_id).latest("id").body


def test_what_is_returned_is_in_stock_again_and_its_money_goes_back() -> None:
    order_id = order_in("delivered")
    assert change(order_id, "returned") == {
        "copies": 6,
        "room taken": 6,
        "payments": -1,
        "charges": -1,
        "money paid": -TOTAL,
        "money charged": -TOTAL,
        "notifications": 1,
    }
    assert books(order_id) == [("refunded", TOTAL, TOTAL)]


def test_what_is_no_longer_sold_can_still_be_shipped_and_returned() -> None:
    order_id = order_in("processing")
    for line in OrderLine.objects.filter(order=order_id):
        catalog.delete_book(book_id=line.product_id)
    bring(order_id, "shipped", "delivered", "returned")
    assert broken() == []


def test_a_return_for_which_there_is_no_room_changes_nothing() -> None:
    order_id = order_in("delivered")
    full = totals()["room taken"]
    inventory.set_up(capacity={"book": full + 5})
    before = visible()
    job = run(update(order_id, "returned"))
    assert ended(job) == ("failed", "capacity_exceeded")
    assert (visible(), held(order_id)) == (before, TOTAL)
    inventory.set_up(capacity={"book": full + 6})
    assert change(order_id, "returned")["copies"] == 6


def test_an_inactive_warehouse_takes_nothing_back_and_gives_out_what_was_promised() -> None:
    delivered, shipping, cancelling = (order_in(s) for s in ("delivered", "processing", "paid"))
    inventory.set_up(status="inactive")
    before = visible()
    assert ended(run(update(delivered, "returned"))) == ("failed", "warehouse_inactive")
    assert visible() == before
    assert change(shipping, "shipped")["copies"] == -6
    assert change(cancelling, "cancelled")["copies reserved"] == -6


def test_staff_may_take_the_money_themselves() -> None:
    order_id = order_in("pending")
    assert change(order_id, "paid") == {"payments": 1, "money paid": TOTAL, "notifications": 1}
    assert payments.order_view(order_id=order_id)["payment"] is not None
    assert change(order_id, "cancelled")["money paid"] == -TOTAL
    assert books(order_id) == [("refunded", TOTAL, TOTAL)]


def test_an_order_of_somebody_who_has_left_can_be_returned() -> None:
    order_id = order_in("delivered")
    user_id = payments.order_view(order_id=order_id)["user_id"]
    work_off()
    assert ended(run(account_deletion(user_id=user_id)))[0] == "succeeded"
    bring(order_id, "returned")
    assert (held(order_id), broken()) == (0, [])


def test_the_result_is_the_order_as_it_is_then() -> None:
    order_id = order_in("paid")
    job = run(update(order_id, "processing"))
    assert job.result == payments.order_view(order_id=order_id)


def test_the_history_names_who_did_it() -> None:
    order_id = new_order()
    run(acceptance.update(order_id=order_id, status="processing", asked=Asked(account_id=None)))
    assert history(order_id) == [("pending", None), ("paid", None), ("processing", None)]


# What is accepted is looked at again


def test_what_another_has_changed_meanwhile_fails() -> None:
    order_id = order_in("processing")
    cancel, ship = update(order_id, "cancelled"), update(order_id, "shipped")
    assert ended(run(ship)) == ("succeeded", None)
    before = visible()
    assert ended(run(cancel)) == ("failed", "invalid_transition")
    assert visible() == before
    assert set(steps(cancel).values()) == {"undone", "failed", "skipped"}
    assert broken() == []


def test_what_another_has_done_meanwhile_is_neither_done_nor_told_again() -> None:
    order_id = order_in("paid")
    one, other = update(order_id, "cancelled"), update(order_id, "cancelled")
    run(one)
    before = visible()
    job = run(other)
    assert ended(job) == ("succeeded", None)
    assert job.result == payments.order_view(order_id=order_id)
    assert visible() == before
    assert steps(job)["notify"] == steps(job)["refund_payment"] == "skipped"


def test_an_order_that_has_changed_since_it_was_seen_is_left_alone() -> None:
    order_id = order_in("paid")
    seen = tag(order_id)
    one, other = (update(order_id, status, if_match=seen) for status in ("processing", "cancelled"))
    run(one)
    assert ended(run(other)) == ("failed", "precondition_failed")
    with pytest.raises(PreconditionFailed):
        update(order_id, "cancelled", if_match=seen)
    assert (status_of(order_id), held(order_id)) == ("processing", TOTAL)


def test_a_refund_is_a_change_too() -> None:
    order_id = order_in("paid")
    job = update(order_id, "processing", if_match=tag(order_id))
    run(acceptance.refund(order_id=order_id, amount=None, asked=Asked()))
    assert ended(run(job)) == ("failed", "precondition_failed")


# While its checkout or a payment of it is under way


def paying() -> tuple[Job, int]:
    """Return a payment whose customer is at the provider's page, and the order."""
    order_id = order_in("pending")
    job = acceptance.pay(order_id=order_id, method="card", token="tok_redirect", asked=Asked())
    return deliver(deliver(job)), order_id


def test_to_cancel_an_order_in_its_checkout_is_to_cancel_that() -> None:
    before = visible()["stock"]
    checkout, order_id = checking_out()
    job = update(order_id, "cancelled")
    assert deliver(job).state == "waiting"
    run(checkout)
    assert ended(checkout) == ("cancelled", None)
    assert ended(run(job)) == ("succeeded", None)
    assert history(order_id) == [("pending", None), ("cancelled", None)]
    seen = visible()
    assert [quantity for *_, quantity in seen["carts"]] == [1, 2, 3]
    assert [stock[1:] for stock in seen["stock"]] == [(9, 0)] * 3
    assert (seen["charges"], broken(), before) == ([], [], before)


def test_to_cancel_it_as_it_was_seen_holds_through_the_end_of_its_checkout() -> None:
    checkout, order_id = checking_out()
    job = update(order_id, "cancelled", if_match=tag(order_id))
    run(checkout)
    assert ended(run(job)) == ("succeeded", None)


def test_to_cancel_it_as_it_no_longer_is_leaves_its_checkout_alone() -> None:
    checkout, order_id = checking_out()
    with pytest.raises(PreconditionFailed):
        update(order_id, "cancelled", if_match=["another"])
    assert ended(run(checkout)) == ("succeeded", None)
    assert status_of(order_id) == "paid"


def test_a_checkout_whose_money_has_moved_ends_first() -> None:
    checkout, order_id = checking_out()
    with fault(order_steps.confirm, "before", [Unavailable()]):
        deliver(checkout)
    assert (status_of(order_id), held(order_id)) == ("pending", TOTAL)
    job = update(order_id, "cancelled")
    assert deliver(job).state == "waiting"
    assert ended(run(checkout)) == ("succeeded", None)
    assert ended(run(job)) == ("succeeded", None)
    assert [status for status, _ in history(order_id)] == ["pending", "paid", "cancelled"]
    assert (books(order_id), held(order_id)) == ([("refunded", TOTAL, TOTAL)], 0)
    assert broken() == []


def test_a_checkout_that_fails_by_itself_is_not_cancelled_too() -> None:
    checkout, order_id = checking_out("tok_declined")
    with fault(payment_steps.void, "before", [Unavailable()]):
        deliver(deliver(checkout))
    assert checkout.state == "compensating"
    job = update(order_id, "cancelled")
    run(checkout)
    assert ended(run(job)) == ("failed", "invalid_transition")
    assert (status_of(order_id), broken()) == ("failed", [])


def test_to_cancel_an_order_that_is_being_paid_is_to_cancel_that_too() -> None:
    payment, order_id = paying()
    job = update(order_id, "cancelled", if_match=tag(order_id))
    assert deliver(job).state == "waiting"
    assert ended(run(payment)) == ("cancelled", None)
    assert status_of(order_id) == "pending"
    assert ended(run(job)) == ("succeeded", None)
    assert books(order_id) == [("voided", TOTAL, 0)]
    assert told(order_id) == ["is cancelled"]
    assert (visible()["reservations"], held(order_id), broken()) == ([], 0, [])


@pytest.mark.parametrize("status", ["paid", "failed"])
def test_nothing_else_moves_an_order_that_is_being_paid(status: str) -> None:
    for under_way in (paying, checking_out):
        job, order_id = under_way()
        with pytest.raises(InvalidTransition):
            update(order_id, status)
        jobs.cancel(job_id=job.pk)
        run(job)


def test_to_leave_it_pending_leaves_its_payment_alone() -> None:
    payment, order_id = paying()
    assert ended(run(update(order_id, "pending"))) == ("succeeded", None)
    assert payment.state == "waiting"


def test_to_cancel_twice_is_to_cancel_once() -> None:
    payment, order_id = paying()
    one, other = update(order_id, "cancelled"), update(order_id, "cancelled")
    assert {deliver(one).state, deliver(other).state} == {"waiting"}
    run(payment)
    # Both wait for the payment; whichever comes first cancels the order.
    assert ended(run(other)) == ended(run(one)) == ("succeeded", None)
    assert (told(order_id), broken()) == (["is cancelled"], [])


def test_a_change_that_is_called_off_leaves_the_order_payable() -> None:
    order_id = order_in("pending")
    job = update(order_id, "cancelled")
    with pytest.raises(Refused):
        acceptance.pay(order_id=order_id, method="card", token="tok_ok", asked=Asked())
    jobs.cancel(job_id=job.pk)
    assert ended(run(job)) == ("cancelled", None)
    pay = acceptance.pay(order_id=order_id, method="card", token="tok_ok", asked=Asked())
    assert ended(run(pay)) == ("succeeded", None)
    assert (status_of(order_id), broken()) == ("paid", [])


# When the provider fails


def test_money_that_does_not_go_back_leaves_the_job_stuck_until_it_does() -> None:
    order_id = order_in("paid")
    job = update(order_id, "cancelled")
    with fault(payment_steps.refund, "before", [Unavailable()] * FORWARD_TRIES):
        run(job)
    assert ended(job) == ("stuck", "unavailable")
    assert (status_of(order_id), held(order_id), told(order_id)) == ("cancelled", TOTAL, [])
    assert broken() == []
    jobs.resume(job_id=job.pk)
    assert ended(run(job)) == ("succeeded", None)
    assert (held(order_id), told(order_id), broken()) == (0, ["is cancelled"], [])


def test_copies_of_its_messages_do_nothing_twice() -> None:
    order_id = order_in("paid")
    job = update(order_id, "cancelled")
    sent = []
    while job.due_at is not None:
        sent.append((registry.workflow_of(job).links_from(job.cursor)[0], job.seq))
        deliver(job)
    before = visible()
    for link, seq in sent:
        assert not turns.forward(ORDER_UPDATE, link, job_id=job.pk, seq=seq)
    assert len(sent) == 2
    assert visible() == before
