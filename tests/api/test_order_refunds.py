"""`POST /orders/{order_id}/refunds` (6)."""

from typing import Any

import pytest
from pytest_django import Settings

from shop.payments.models import Refund
from tasks.engine.models import Job
from tests.api.callers import Caller, codes
from tests.orders import bring, broken, held, work_off
from tests.shopping import (
    UNKNOWN_ID,
    at_once,
    bought,
    finished,
    job_of,
    new_buyer,
    refused,
    same_answer,
    states,
)
from tests.workflows.cases import run

pytestmark = pytest.mark.django_db
ALL = 50_000


def paid() -> tuple[Caller, int]:
    """Return a customer with an order that is paid."""
    buyer = new_buyer()
    return buyer, int(bought(buyer)["id"])


def refund(caller: Caller, order_id: Any, amount: Any = None, **headers: str) -> Any:
    body = {} if amount is None else {"amount": amount}
    return caller.post(f"orders/{order_id}/refunds", body, **headers)


def payment(caller: Caller, order_id: int) -> tuple[str, str]:
    """Return how the order's payment stands, and how much of it went back."""
    found = caller.get(f"orders/{order_id}").json()["payment"]
    return found["status"], found["refunded"]


def test_part_of_it_goes_back_and_then_the_rest(staff: Caller) -> None:
    buyer, order_id = paid()
    accepted = refund(staff, order_id, "20000")
    assert accepted.json()["kind"] == "refund"
    job = finished(staff, accepted)
    payment_id = buyer.get(f"orders/{order_id}").json()["payment"]["id"]
    assert job["state"] == "succeeded"
    assert job["result"] == {"payment_id": payment_id, "amount": "20000", "currency": "VND"}
    assert states(job) == {
        "check_version": "skipped",
        "plan_refund": "done",
        "refund_payment": "done",
        "notify": "done",
    }
    assert payment(buyer, order_id) == ("captured", "20000")
    assert finished(staff, refund(staff, order_id, 10_000))["state"] == "succeeded"
    assert payment(buyer, order_id) == ("captured", "30000")
    rest = finished(staff, refund(staff, order_id))
    assert rest["result"]["amount"] == "20000"
    assert payment(buyer, order_id) == ("refunded", str(ALL))
    assert buyer.get(f"orders/{order_id}").json()["status"] == "paid"
    told = buyer.get("notifications").json()["results"]
    assert [note["order_id"] for note in told] == [order_id] * 4
    assert (held(order_id), broken()) == (0, [])
    assert set(Refund.objects.values_list("by", flat=True)) == {staff.account_id}


def test_without_a_body_all_of_it_goes_back(staff: Caller) -> None:
    buyer, order_id = paid()
    job = finished(staff, staff.post(f"orders/{order_id}/refunds"))
    assert job["result"]["amount"] == str(ALL)
    assert payment(buyer, order_id) == ("refunded", str(ALL))


def test_more_than_is_left_is_refused(staff: Caller) -> None:
    _, order_id = paid()
    assert refused(refund(staff, order_id, str(ALL + 1)), 409, "refund_exceeds_payment")
    finished(staff, refund(staff, order_id, "1"))
    assert refused(refund(staff, order_id, str(ALL)), 409, "refund_exceeds_payment")
    finished(staff, refund(staff, order_id, str(ALL - 1)))
    for amount in (None, "1"):
        assert refused(refund(staff, order_id, amount), 409, "refund_exceeds_payment")
    assert (held(order_id), Job.objects.filter(kind="refund").count()) == (0, 2)


def test_what_was_not_captured_does_not_go_back(staff: Caller) -> None:
    for token in (None, "tok_declined"):
        order_id = bought(new_buyer(), token=token)["id"]
        for amount in (None, "1"):
            assert refused(refund(staff, order_id, amount), 409, "refund_exceeds_payment")


def test_what_was_cancelled_has_given_all_back_already(staff: Caller) -> None:
    buyer, order_id = paid()
    finished(staff, refund(staff, order_id, "1"))
    bring(order_id, "cancelled")
    assert payment(buyer, order_id) == ("refunded", str(ALL))
    for amount in (None, "1"):
        assert refused(refund(staff, order_id, amount), 409, "refund_exceeds_payment")


def test_of_two_that_are_accepted_one_fails(staff: Caller) -> None:
    _, order_id = paid()
    answers = [refund(staff, order_id, "30000") for _ in range(2)]
    assert finished(staff, answers[0])["state"] == "succeeded"
    job = finished(staff, answers[1])
    assert (job["state"], job["error"]["code"]) == ("failed", "refund_exceeds_payment")
    assert (job["error"]["status"], job["result"]) == (409, None)
    assert held(order_id) == ALL - 30_000


@pytest.mark.django_db(transaction=True)
def test_of_many_staff_who_press_at_once_no_more_succeed_than_there_is_money(
    staff: Caller,
) -> None:
    buyer, order_id = paid()
    answers = at_once(lambda _: refund(staff, order_id, "20000"), range(6))
    assert {answer.status_code for answer in answers} == {202}
    work_off()
    ended = sorted(job_of(answer).state for answer in answers)
    assert ended == ["failed"] * 4 + ["succeeded"] * 2
    assert payment(buyer, order_id) == ("captured", "40000")
    assert (held(order_id), broken()) == (ALL - 40_000, [])


# Who, and with what


def test_only_staff_give_money_back(anyone: Caller) -> None:
    buyer, order_id = paid()
    for caller, status, code in ((buyer, 403, "forbidden"), (anyone, 401, "not_authenticated")):
        for number in (order_id, UNKNOWN_ID):
            assert refused(refund(caller, number, "1"), status, code)
    assert same_answer(refund(buyer, order_id), refund(buyer, UNKNOWN_ID))
    assert not Job.objects.filter(kind="refund").exists()


@pytest.mark.parametrize("order_id", ["0", "-1", "abc", str(2**63), UNKNOWN_ID])
def test_what_is_no_order_is_not_found(staff: Caller, order_id: Any) -> None:
    assert refused(refund(staff, order_id), 404, "not_found")


@pytest.mark.parametrize(
    "amount",
    [
        *("", "-1", "+1", "0", "0.0", "1e3", "1.5", "1.", ".5", " 1", "1,000", "0x1", "NaN", "١٢"),
        *("Infinity", "9" * 5_000, 0, -1, 1.0, 1.5, True, 10**30, [], {}, ["1"], {"amount": "1"}),
    ],
)
def test_what_is_no_amount_is_refused(staff: Caller, amount: Any) -> None:
    _, order_id = paid()
    assert set(codes(refund(staff, order_id, amount))) == {"amount"}
    assert not Job.objects.filter(kind="refund").exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"amount": None}, {"amount": "null"}),
        ({"currency": "USD"}, {"currency": "unknown_field"}),
        ({"amount": "1", "payment_id": 1}, {"payment_id": "unknown_field"}),
    ],
)
def test_input_is_strict(staff: Caller, body: Any, expected: dict[str, str]) -> None:
    _, order_id = paid()
    assert codes(staff.post(f"orders/{order_id}/refunds", body)) == expected


def test_the_largest_amount_there_can_be_is_too_much(staff: Caller) -> None:
    _, order_id = paid()
    for amount in ("10000000000000000000", 10**19):
        assert refused(refund(staff, order_id, amount), 409, "refund_exceeds_payment")


def test_no_more_goes_back_than_was_asked_for_after_the_shop_has_changed_its_currency(
    staff: Caller, settings: Settings
) -> None:
    _, order_id = paid()
    settings.SHOP_CURRENCY = "EUR"
    for amount in ("0.40", "1.50"):
        assert codes(refund(staff, order_id, amount)) == {"amount": "max_decimal_places"}
    assert held(order_id) == ALL


def test_the_decimals_are_those_of_the_orders_currency(staff: Caller, settings: Settings) -> None:
    settings.SHOP_CURRENCY = "EUR"
    _, order_id = paid()
    settings.SHOP_CURRENCY = "VND"
    job = finished(staff, refund(staff, order_id, "2"))
    assert job["result"]["amount"] == "2.00"


# Repeats and versions


def test_a_repeat_is_the_same_refund(staff: Caller) -> None:
    _, order_id = paid()
    first = refund(staff, order_id, "1", Idempotency_Key="a")
    run(job_of(first))
    again = refund(staff, order_id, "1", Idempotency_Key="a")
    assert (again["Idempotent-Replayed"], again.json()["state"]) == ("true", "succeeded")
    other = refund(staff, order_id, "2", Idempotency_Key="a")
    assert refused(other, 422, "idempotency_key_reused")
    too_much = refund(staff, order_id, str(ALL), Idempotency_Key="b")
    assert refused(too_much, 409, "refund_exceeds_payment")
    assert finished(staff, refund(staff, order_id, Idempotency_Key="b"))["state"] == "succeeded"
    assert held(order_id) == 0


def test_money_goes_back_as_the_order_was_seen_or_not_at_all(staff: Caller) -> None:
    buyer, order_id = paid()
    seen = buyer.get(f"orders/{order_id}")["ETag"]
    answers = [refund(staff, order_id, "1", If_Match=seen) for _ in range(2)]
    assert finished(staff, answers[0])["state"] == "succeeded"
    job = finished(staff, answers[1])
    assert (job["state"], job["error"]["code"]) == ("failed", "precondition_failed")
    assert refused(refund(staff, order_id, "1", If_Match=seen), 412, "precondition_failed")
    assert payment(buyer, order_id) == ("captured", "1")
