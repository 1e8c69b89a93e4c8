"""`POST /orders/{order_id}/payments` (6)."""

from typing import Any

import pytest

from shop.payments.models import Payment
from tasks.engine.models import Job
from tests.api.callers import Caller, codes, new_customer
from tests.orders import bring, broken, held
from tests.shopping import (
    CARD,
    UNKNOWN_ID,
    at_once,
    bought,
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


def unpaid() -> tuple[Caller, int]:
    """Return a customer with an order that is to be paid later."""
    buyer = new_buyer()
    return buyer, int(bought(buyer, token=None)["id"])


def pay(caller: Caller, order_id: Any, token: Any = "tok_ok", **headers: str) -> Any:
    body = {"method": "card", "token": token}
    return caller.post(f"orders/{order_id}/payments", body, **headers)


def order(caller: Caller, order_id: int) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(f"orders/{order_id}").json()
    return found


def test_an_order_is_paid_later() -> None:
    buyer, order_id = unpaid()
    accepted = pay(buyer, order_id)
    assert (accepted.json()["kind"], accepted["Retry-After"]) == ("payment", "1")
    job = finished(buyer, accepted)
    now = order(buyer, order_id)
    assert job["state"] == "succeeded"
    assert job["result"] == {"order_id": order_id, "payment_id": now["payment"]["id"]}
    assert states(job) == {
        "check_version": "skipped",
        "take_payment": "done",
        "confirm_order": "done",
        "notify": "done",
    }
    assert (now["status"], now["payment"]["status"]) == ("paid", "captured")
    assert now["payment"]["amount"] == now["total"]
    [told] = buyer.get("notifications?page_size=1").json()["results"]
    assert told["order_id"] == order_id
    assert (held(order_id), broken()) == (50_000, [])


def test_after_a_declined_card_another_may_be_tried() -> None:
    buyer, order_id = unpaid()
    job = finished(buyer, pay(buyer, order_id, "tok_declined"))
    assert (job["state"], job["error"]["code"]) == ("failed", "payment_declined")
    assert order(buyer, order_id)["status"] == "pending"
    assert finished(buyer, pay(buyer, order_id))["state"] == "succeeded"
    assert refused(pay(buyer, order_id), 409, "order_not_payable")
    listed = buyer.get(f"orders/{order_id}/payments").json()["results"]
    assert [row["status"] for row in listed] == ["captured", "declined"]


def test_staff_may_pay_for_a_customer(staff: Caller) -> None:
    buyer, order_id = unpaid()
    accepted = pay(staff, order_id)
    assert finished(staff, accepted)["state"] == "succeeded"
    assert buyer.get(accepted["Location"]).json()["state"] == "succeeded"
    assert order(buyer, order_id)["history"][-1]["by"] is None


def test_one_payment_at_a_time() -> None:
    buyer, order_id = unpaid()
    first = pay(buyer, order_id, "tok_redirect")
    assert refused(pay(buyer, order_id), 409, "order_not_payable")
    for _ in range(2):
        deliver(job_of(first))
    waiting = buyer.get(first["Location"]).json()
    assert (waiting["state"], waiting["action"]["type"]) == ("waiting", "redirect")
    assert order(buyer, order_id)["payment"]["status"] == "pending"
    assert refused(pay(buyer, order_id), 409, "order_not_payable")
    buyer.post(f"{first['Location']}/cancel")
    run(job_of(first))
    assert finished(buyer, pay(buyer, order_id))["state"] == "succeeded"


def test_not_while_its_checkout_is_under_way() -> None:
    buyer = new_buyer({new_book(copies=1): 1})
    checkout = job_of(check_out(buyer, token=None))
    deliver(checkout)
    order_id = buyer.get("orders").json()["results"][0]["id"]
    assert refused(pay(buyer, order_id), 409, "order_not_payable")
    run(checkout)
    assert job_of(pay(buyer, order_id))


@pytest.mark.parametrize("status", ["paid", "cancelled", "failed"])
def test_only_a_pending_order_is_payable(staff: Caller, status: str) -> None:
    buyer, order_id = unpaid()
    bring(order_id, status)
    for caller in (buyer, staff):
        assert refused(pay(caller, order_id), 409, "order_not_payable")


def test_not_while_it_is_being_cancelled() -> None:
    buyer, order_id = unpaid()
    cancelling = buyer.patch(f"orders/{order_id}", {"status": "cancelled"})
    assert refused(pay(buyer, order_id), 409, "order_not_payable")
    run(job_of(cancelling))
    assert refused(pay(buyer, order_id), 409, "order_not_payable")


def test_while_it_is_being_paid_staff_cannot_call_it_paid(staff: Caller) -> None:
    buyer, order_id = unpaid()
    paying = pay(buyer, order_id)
    for status in ("paid", "failed"):
        answer = staff.patch(f"orders/{order_id}", {"status": status})
        assert refused(answer, 409, "invalid_transition")
    assert finished(buyer, paying)["state"] == "succeeded"
    assert Payment.objects.filter(order_id=order_id).count() == 1


def test_a_payment_that_runs_is_cancelled_with_its_order() -> None:
    buyer, order_id = unpaid()
    paying = pay(buyer, order_id)
    cancelling = buyer.patch(f"orders/{order_id}", {"status": "cancelled"})
    assert deliver(job_of(cancelling)).state == "waiting"
    assert finished(buyer, paying)["state"] == "cancelled"
    assert finished(buyer, cancelling)["state"] == "succeeded"
    now = order(buyer, order_id)
    assert [event["status"] for event in now["history"]] == ["pending", "cancelled"]
    assert (held(order_id), broken()) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_of_many_who_pay_at_once_one_does() -> None:
    buyer, order_id = unpaid()
    answers = at_once(lambda _: pay(buyer, order_id), range(6))
    accepted = [answer for answer in answers if answer.status_code == 202]
    assert [refused(a, 409, "order_not_payable") for a in answers if a not in accepted] == [
        True
    ] * 5
    assert finished(buyer, accepted[0])["state"] == "succeeded"
    assert (held(order_id), broken()) == (50_000, [])


# Who, and with what


def test_anothers_orders_do_not_exist(anyone: Caller) -> None:
    _, order_id = unpaid()
    other = new_customer()
    found = pay(other, order_id)
    assert refused(found, 404, "not_found")
    assert same_answer(found, pay(other, UNKNOWN_ID))
    assert refused(other.post(f"orders/{order_id}/payments", {}), 404, "not_found")
    for number in (order_id, UNKNOWN_ID):
        assert refused(pay(anyone, number), 401, "not_authenticated")
    assert not Job.objects.filter(kind="payment").exists()


@pytest.mark.parametrize("order_id", ["0", "-1", "abc", str(2**63), UNKNOWN_ID])
def test_what_is_no_order_is_not_found(staff: Caller, order_id: Any) -> None:
    assert refused(pay(staff, order_id), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"method": None}, {"method": "null"}),
        ({"method": "cash"}, {"method": "invalid_choice"}),
        ({"method": "manual"}, {"method": "invalid_choice"}),
        ({"token": None}, {"token": "null"}),
        ({"token": 5}, {"token": "invalid"}),
        ({"amount": "1"}, {"amount": "unknown_field"}),
        ({"currency": "USD"}, {"currency": "unknown_field"}),
        ({"order_id": 1}, {"order_id": "unknown_field"}),
        ({"key": "a"}, {"key": "unknown_field"}),
    ],
)
def test_input_is_strict(change: dict[str, Any], expected: dict[str, str]) -> None:
    buyer, order_id = unpaid()
    assert codes(buyer.post(f"orders/{order_id}/payments", CARD | change)) == expected


@pytest.mark.parametrize("token", ["", "x" * 256, "tok\0", [], {}])
def test_what_is_no_token_is_refused(token: Any) -> None:
    buyer, order_id = unpaid()
    assert set(codes(pay(buyer, order_id, token))) == {"token"}


def test_both_are_needed() -> None:
    buyer, order_id = unpaid()
    bodies: list[Any] = [{}, None]
    for body in bodies:
        answer = buyer.post(f"orders/{order_id}/payments", body)
        assert codes(answer) == {"method": "required", "token": "required"}


def test_the_token_is_shown_nowhere() -> None:
    buyer, order_id = unpaid()
    accepted = pay(buyer, order_id, "tok_redirect_secret")
    assert b"tok_redirect_secret" not in accepted.content
    job = job_of(accepted)
    assert "tok_redirect_secret" not in repr(
        (job.input, job.data, job.steps, bytes(job.secrets or b""))
    )
    run(job)
    job.refresh_from_db()
    assert (job.secrets, job.input) == (None, {})


# Repeats and versions


def test_a_repeat_is_the_same_payment() -> None:
    buyer, order_id = unpaid()
    first = pay(buyer, order_id, Idempotency_Key="a")
    run(job_of(first))
    again = pay(buyer, order_id, Idempotency_Key="a")
    assert (again["Idempotent-Replayed"], again.json()["id"]) == ("true", first.json()["id"])
    other = pay(buyer, order_id, "tok_declined", Idempotency_Key="a")
    assert refused(other, 422, "idempotency_key_reused")
    elsewhere = pay(buyer, bought(buyer, token=None)["id"], Idempotency_Key="a")
    assert refused(elsewhere, 422, "idempotency_key_reused")
    assert held(order_id) == 50_000


@pytest.mark.django_db(transaction=True)
def test_repeats_at_one_moment_pay_once() -> None:
    buyer, order_id = unpaid()
    answers = at_once(lambda _: pay(buyer, order_id, Idempotency_Key="a"), range(6))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_an_order_is_paid_as_it_was_seen_or_not_at_all(staff: Caller) -> None:
    buyer, order_id = unpaid()
    seen = buyer.get(f"orders/{order_id}")["ETag"]
    assert refused(pay(buyer, order_id, If_Match='"x"'), 412, "precondition_failed")
    assert refused(pay(buyer, order_id, If_Match="x"), 400, "bad_request")
    accepted = pay(buyer, order_id, If_Match=seen)
    job = finished(buyer, accepted)
    assert (job["state"], states(job)["check_version"]) == ("succeeded", "done")
    assert refused(pay(staff, order_id, If_Match=seen), 412, "precondition_failed")
