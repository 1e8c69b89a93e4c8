"""`PATCH /orders/{order_id}` (1.5.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shop.notifications.models import Notification
from shop.payments.models import Payment
from tasks.engine.models import Job
from tests.api.callers import Caller, codes, new_customer
from tests.orders import FOLLOWS, STATUSES, bring, broken, held, order_in, work_off
from tests.shopping import (
    UNKNOWN_ID,
    at_once,
    bought,
    cart_of,
    check_out,
    finished,
    job_of,
    new_buyer,
    refused,
    same_answer,
    states,
)
from tests.workflows.cases import deliver, new_book, run

pytestmark = pytest.mark.django_db


def change(caller: Caller, order_id: int, status: Any = "cancelled", **headers: str) -> Any:
    return caller.patch(f"orders/{order_id}", {"status": status}, **headers)


def order(caller: Caller, order_id: int) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(f"orders/{order_id}").json()
    return found


def tag(caller: Caller, order_id: int) -> str:
    return str(caller.get(f"orders/{order_id}")["ETag"])


def mine(status: str = "paid", token: str | None = "tok_ok") -> tuple[Caller, int]:
    """Return a customer with an order of this status."""
    buyer = new_buyer()
    order_id = bought(buyer, token=token)["id"]
    ways: dict[str, tuple[str, ...]] = {
        "shipped": ("processing", "shipped"),
        "delivered": ("processing", "shipped", "delivered"),
        "returned": ("processing", "shipped", "delivered", "returned"),
        "processing": ("processing",),
    }
    return buyer, bring(order_id, *ways.get(status, ()))


# Every status, to every other


@pytest.mark.parametrize("wanted", STATUSES)
@pytest.mark.parametrize("present", STATUSES)
def test_an_order_moves_as_the_contract_says(staff: Caller, present: str, wanted: str) -> None:
    order_id = order_in(present)
    before, told = order(staff, order_id), Notification.objects.count()
    answer = change(staff, order_id, wanted)
    if wanted == present:
        job = finished(staff, answer)
        assert (job["state"], job["error"], job["result"]) == ("succeeded", None, before)
        assert (order(staff, order_id), Notification.objects.count()) == (before, told)
    elif wanted in FOLLOWS[present]:
        job = finished(staff, answer)
        now = order(staff, order_id)
        assert (job["kind"], job["state"], job["error"]) == ("order_update", "succeeded", None)
        assert (now["status"], job["result"]) == (wanted, now)
        assert now["history"][:-1] == before["history"]
        last = now["history"][-1]
        assert (last["status"], last["by"]) == (wanted, staff.account_id)
        at = datetime.fromisoformat(last["at"])
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
        assert Notification.objects.filter(order_id=order_id).count() == told + 1
    else:
        assert refused(answer, 409, "invalid_transition")
        assert (order(staff, order_id), Notification.objects.count()) == (before, told)
        assert Job.objects.filter(kind="order_update", owner_id=staff.account_id).count() == 0


def test_the_job_leads_to_the_order_and_both_may_read_it(staff: Caller) -> None:
    buyer, order_id = mine()
    accepted = change(staff, order_id, "processing")
    job = finished(staff, accepted)
    assert job["links"]["resource"] == f"/api/v1/orders/{order_id}"
    assert buyer.get(accepted["Location"]).json()["result"] == order(buyer, order_id)
    assert refused(new_customer().get(accepted["Location"]), 404, "not_found")


def test_what_staff_call_paid_was_paid_past_the_provider(staff: Caller) -> None:
    buyer, order_id = mine(token=None)
    finished(staff, change(staff, order_id, "paid"))
    payment = order(buyer, order_id)["payment"]
    assert (payment["status"], payment["amount"], payment["refunded"]) == ("captured", "50000", "0")
    assert held(order_id) == 0
    finished(staff, change(staff, order_id, "cancelled"))
    assert order(buyer, order_id)["payment"] == payment | {
        "status": "refunded",
        "refunded": "50000",
    }


# The customer


@pytest.mark.parametrize("status", ["pending", "paid", "processing"])
def test_customers_may_cancel_until_it_is_shipped(status: str) -> None:
    buyer, order_id = mine(status, None if status == "pending" else "tok_ok")
    job = finished(buyer, change(buyer, order_id))
    assert job["state"] == "succeeded"
    now = order(buyer, order_id)
    assert (now["status"], now["history"][-1]["by"]) == ("cancelled", buyer.account_id)
    assert job["result"] == now
    assert (held(order_id), broken()) == (0, [])
    again = finished(buyer, change(buyer, order_id))
    assert (again["state"], order(buyer, order_id)) == ("succeeded", now)


@pytest.mark.parametrize("status", ["shipped", "delivered", "returned"])
def test_customers_cannot_cancel_what_was_shipped(status: str) -> None:
    buyer, order_id = mine(status)
    assert refused(change(buyer, order_id), 409, "invalid_transition")


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "cancelled"])
def test_customers_change_nothing_else(status: str) -> None:
    buyer, order_id = mine()
    assert refused(change(buyer, order_id, status), 403, "forbidden")
    assert order(buyer, order_id)["status"] == "paid"


def test_anothers_orders_do_not_exist(anyone: Caller) -> None:
    other, (_, order_id) = new_buyer(), mine()
    for body in ({"status": "cancelled"}, {"status": "paid"}, {"status": 3}, {}):
        found = other.patch(f"orders/{order_id}", body)
        assert refused(found, 404, "not_found")
        assert same_answer(found, other.patch(f"orders/{UNKNOWN_ID}", body))
        for number in (order_id, UNKNOWN_ID):
            assert refused(anyone.patch(f"orders/{number}", body), 401, "not_authenticated")
    assert not Job.objects.filter(kind="order_update").exists()


# The input


@pytest.mark.parametrize("order_id", ["0", "-1", "abc", str(2**63), UNKNOWN_ID])
def test_what_is_no_order_is_not_found(staff: Caller, order_id: Any) -> None:
    assert refused(change(staff, order_id), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"status": "required"}),
        ({"status": None}, {"status": "null"}),
        ({"status": "lost"}, {"status": "invalid_choice"}),
        ({"status": "PAID"}, {"status": "invalid_choice"}),
        ({"status": "cancelled", "by": 1}, {"by": "unknown_field"}),
        ({"status": "cancelled", "total": "1"}, {"total": "unknown_field"}),
    ],
)
def test_input_is_strict(staff: Caller, body: Any, expected: dict[str, str]) -> None:
    _, order_id = mine()
    assert codes(staff.patch(f"orders/{order_id}", body)) == expected


@pytest.mark.parametrize("status", [3, True, [], {}, ["paid"], "paid\0", "x" * 10_000, ""])
def test_what_is_no_status_is_refused(staff: Caller, status: Any) -> None:
    _, order_id = mine()
    assert set(codes(change(staff, order_id, status))) == {"status"}


# Repeats and versions


def test_a_repeat_is_the_same_job_whatever_has_changed(staff: Caller) -> None:
    _, order_id = mine()
    first = change(staff, order_id, "processing", Idempotency_Key="a")
    run(job_of(first))
    finished(staff, change(staff, order_id, "shipped"))
    again = change(staff, order_id, "processing", Idempotency_Key="a")
    assert (again["Idempotent-Replayed"], again.json()["id"]) == ("true", first.json()["id"])
    other = change(staff, order_id, "delivered", Idempotency_Key="a")
    assert refused(other, 422, "idempotency_key_reused")
    assert order(staff, order_id)["status"] == "shipped"


def test_the_tag_moves_with_status_and_refunds(staff: Caller) -> None:
    _, order_id = mine()
    seen = [tag(staff, order_id)]
    finished(staff, change(staff, order_id, "processing"))
    seen.append(tag(staff, order_id))
    finished(staff, staff.post(f"orders/{order_id}/refunds", {"amount": "1"}))
    seen.append(tag(staff, order_id))
    assert len(set(seen)) == 3
    assert not any(one.startswith("W/") for one in seen)
    finished(staff, change(staff, order_id, "processing"))
    assert tag(staff, order_id) == seen[-1]


def test_an_order_is_changed_as_it_was_seen_or_not_at_all(staff: Caller) -> None:
    buyer, order_id = mine()
    seen = tag(buyer, order_id)
    accepted = [change(staff, order_id, "processing", If_Match=seen) for _ in range(2)]
    assert finished(staff, accepted[0])["state"] == "succeeded"
    job = finished(staff, accepted[1])
    assert (job["state"], job["error"]["code"]) == ("failed", "precondition_failed")
    assert job["error"]["status"] == 412
    assert refused(change(buyer, order_id, If_Match=seen), 412, "precondition_failed")
    assert refused(change(staff, order_id, If_Match=f"W/{seen}"), 412, "precondition_failed")
    assert refused(change(staff, order_id, If_Match="x"), 400, "bad_request")
    assert job_of(change(buyer, order_id, If_Match=tag(buyer, order_id)))


def test_who_waits_gets_the_order(staff: Caller) -> None:
    _, order_id = mine()
    done = change(staff, order_id, "processing", Prefer="wait=0")
    assert (done.status_code, done["Retry-After"]) == (202, "1")


# At the same moment


def test_to_cancel_an_order_in_its_checkout_gives_the_cart_back() -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 2})
    accepted = check_out(buyer)
    deliver(job_of(accepted))
    order_id = buyer.get("orders").json()["results"][0]["id"]
    cancel = change(buyer, order_id)
    assert finished(buyer, accepted)["state"] == "cancelled"
    assert finished(buyer, cancel)["state"] == "succeeded"
    now = order(buyer, order_id)
    assert (now["status"], now["history"][-1]["by"]) == ("cancelled", buyer.account_id)
    assert (cart_of(buyer), held(order_id), broken()) == ({book_id: 2}, 0, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("token", [None, "tok_ok"])
def test_a_customer_who_cancels_several_times_at_once_cancels_once(token: str | None) -> None:
    buyer, order_id = mine(token=token)
    told = Notification.objects.count()
    answers = at_once(lambda _: change(buyer, order_id), range(4))
    assert {answer.status_code for answer in answers} == {202}
    work_off()
    assert {job_of(answer).state for answer in answers} == {"succeeded"}
    assert Notification.objects.count() == told + 1
    assert not Payment.objects.filter(order_id=order_id, status="captured").exists()
    assert (held(order_id), broken()) == (0, [])


def test_staff_can_follow_each_step(staff: Caller) -> None:
    _, order_id = mine()
    job = finished(staff, change(staff, order_id))
    assert states(job) == {
        "await_payment": "done",
        "check_version": "skipped",
        "change_status": "done",
        "settle_money": "done",
        "refund_payment": "done",
        "notify": "done",
        "show_order": "done",
    }
