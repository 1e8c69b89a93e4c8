"""`POST /inventory/withdrawals` (1.3.3)."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from shop.inventory import fulfillment
from shop.inventory import services as inventory
from shop.inventory.models import Movement
from tasks.engine.models import Job
from tests.api.callers import Caller, codes
from tests.shopping import (
    NO_NUMBERS,
    UNKNOWN_ID,
    at_once,
    check_out,
    finished,
    job_of,
    new_buyer,
    refused,
    states,
)
from tests.workflows.cases import new_book, run

pytestmark = pytest.mark.django_db


def withdraw(staff: Caller, product_id: Any, quantity: Any = 1, **headers: str) -> Any:
    body = {"product_id": product_id, "quantity": quantity}
    return staff.post("inventory/withdrawals", body, **headers)


def stock(staff: Caller, product_id: int) -> tuple[int, int]:
    """How many copies are on hand, and how many of them reserved."""
    items = staff.get(f"inventory/items?product_id={product_id}").json()["results"]
    return (items[0]["on_hand"], items[0]["reserved"]) if items else (0, 0)


def test_goods_are_taken_out_of_stock(staff: Caller) -> None:
    book_id = new_book(copies=9)
    room = staff.get("inventory").json()["remaining"]["book"]
    accepted = withdraw(staff, book_id, 4)
    assert accepted.json()["kind"] == "goods_withdrawal"
    assert stock(staff, book_id) == (9, 0)
    job = finished(staff, accepted)
    assert job["state"] == "succeeded"
    assert states(job) == {"withdraw_goods": "done"}
    assert staff.get(job["links"]["resource"]).json()["results"] == [job["result"]]
    assert set(job["result"]) == {"product_id", "title", "on_hand", "reserved", "available"}
    assert stock(staff, book_id) == (5, 0)
    assert staff.get("inventory").json()["remaining"]["book"] == room + 4


def test_the_last_copy_may_go(staff: Caller) -> None:
    book_id = new_book(copies=2)
    job = finished(staff, withdraw(staff, book_id, 2))
    assert (job["result"]["on_hand"], job["result"]["available"]) == (0, 0)


def test_the_ledger_says_why_by_whom_and_for_which_job(staff: Caller) -> None:
    book_id = new_book(copies=9)
    job = finished(staff, withdraw(staff, book_id, 4))
    line = Movement.objects.order_by("pk").last()
    assert line is not None
    assert (line.product_id, line.on_hand_change, line.reserved_change) == (book_id, -4, 0)
    assert (line.why, line.account_id) == ("withdrawal", staff.account_id)
    assert str(line.job_id) == job["id"]


def test_reserved_copies_are_never_withdrawn(staff: Caller) -> None:
    book_id = new_book(copies=5)
    fulfillment.reserve(order_id=1, quantities={book_id: 3})
    job = finished(staff, withdraw(staff, book_id, 3))
    assert (job["state"], job["error"]["code"]) == ("failed", "insufficient_stock")
    assert (job["error"]["status"], job["result"]) == (409, None)
    assert stock(staff, book_id) == (5, 3)
    assert finished(staff, withdraw(staff, book_id, 2))["result"]["available"] == 0
    assert stock(staff, book_id) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_no_more_is_withdrawn_than_is_free(staff: Caller) -> None:
    book_id = new_book(copies=8)
    fulfillment.reserve(order_id=1, quantities={book_id: 1})
    begun = [job_of(withdraw(staff, book_id, 2)) for _ in range(6)]
    jobs = at_once(run, begun)
    assert sorted(job.state for job in jobs) == ["failed"] * 3 + ["succeeded"] * 3
    assert stock(staff, book_id) == (2, 1)
    assert staff.get("inventory").json()["on_hand"]["book"] == 2


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_copies_are_reserved_or_withdrawn_but_not_both(staff: Caller) -> None:
    book_id = new_book(copies=9)
    buyers = [new_buyer({book_id: 2}) for _ in range(4)]
    begun = [job_of(check_out(buyer, token=None)) for buyer in buyers]
    begun += [job_of(withdraw(staff, book_id, 2)) for _ in range(4)]
    jobs = at_once(run, begun)
    assert sorted(job.state for job in jobs) == ["failed"] * 4 + ["succeeded"] * 4
    assert {job.error["code"] for job in jobs if job.error} == {"insufficient_stock"}
    ordered = sum(job.state == "succeeded" for job in jobs[:4])
    assert stock(staff, book_id) == (1 + 2 * ordered, 2 * ordered)


def test_a_product_that_never_came_cannot_go(staff: Caller) -> None:
    job = finished(staff, withdraw(staff, new_book()))
    assert (job["state"], job["error"]["code"]) == ("failed", "insufficient_stock")


def test_what_is_free_leaves_an_inactive_warehouse(staff: Caller) -> None:
    book_id = new_book(copies=2)
    inventory.set_up(status="inactive")
    assert finished(staff, withdraw(staff, book_id))["state"] == "succeeded"


def test_a_product_that_is_unknown_or_deleted_is_not_found(staff: Caller) -> None:
    deleted = new_book(copies=1)
    catalog.delete_book(book_id=deleted)
    for product_id in (UNKNOWN_ID, deleted, 0, 2**63):
        assert codes(withdraw(staff, product_id)) == {"product_id": "not_found"}
    assert not Job.objects.exists()


def test_a_product_deleted_meanwhile_fails_the_job(staff: Caller) -> None:
    book_id = new_book(copies=2)
    accepted = withdraw(staff, book_id)
    catalog.delete_book(book_id=book_id)
    job = finished(staff, accepted)
    assert (job["state"], job["error"]["code"]) == ("failed", "not_found")
    assert stock(staff, book_id) == (2, 0)


@pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1_000_001])
def test_a_quantity_is_a_whole_number_from_1_to_a_million(staff: Caller, quantity: Any) -> None:
    assert list(codes(withdraw(staff, new_book(copies=1), quantity))) == ["quantity"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("product_id", NO_NUMBERS)
def test_a_product_is_named_by_its_number(staff: Caller, product_id: Any) -> None:
    assert list(codes(withdraw(staff, product_id))) == ["product_id"]


def test_both_fields_are_needed_and_no_others(staff: Caller) -> None:
    assert codes(staff.post("inventory/withdrawals", {"why": "x"})) == {
        "product_id": "required",
        "quantity": "required",
        "why": "unknown_field",
    }


def test_a_repeat_is_the_same_job_and_goods_go_once(staff: Caller) -> None:
    book_id = new_book(copies=5)
    first = withdraw(staff, book_id, 2, Idempotency_Key="a")
    finished(staff, first)
    again = withdraw(staff, book_id, 2, Idempotency_Key="a")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert stock(staff, book_id) == (3, 0)
    other = staff.post(
        "inventory/receipts", {"product_id": book_id, "quantity": 2}, Idempotency_Key="a"
    )
    assert refused(other, 422, "idempotency_key_reused")


def test_only_staff_withdraw_goods(anyone: Caller, customer: Caller) -> None:
    book_id = new_book(copies=1)
    for quantity in (1, "x"):
        assert refused(withdraw(anyone, book_id, quantity), 401, "not_authenticated")
        assert refused(withdraw(customer, book_id, quantity), 403, "forbidden")
    assert not Job.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(staff: Caller, method: str) -> None:
    assert refused(staff.send(method, "inventory/withdrawals"), 405, "method_not_allowed")
