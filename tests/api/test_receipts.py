"""`POST /inventory/receipts` (1.3.2)."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from shop.inventory import services as inventory
from shop.inventory.models import Movement
from tasks.engine.models import Job
from tests.api.callers import Caller, codes
from tests.shopping import NO_NUMBERS, UNKNOWN_ID, at_once, finished, job_of, refused, states
from tests.workflows.cases import new_book, run

pytestmark = pytest.mark.django_db


def receive(staff: Caller, product_id: Any, quantity: Any = 1, **headers: str) -> Any:
    body = {"product_id": product_id, "quantity": quantity}
    return staff.post("inventory/receipts", body, **headers)


def stock(staff: Caller) -> dict[int, int]:
    items = staff.get("inventory/items?page_size=100").json()["results"]
    return {item["product_id"]: item["on_hand"] for item in items}


def test_goods_are_taken_into_stock(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    accepted = receive(staff, book_id, 4)
    assert accepted.json()["kind"] == "goods_receipt"
    assert stock(staff) == {}
    job = finished(staff, accepted)
    assert job["state"] == "succeeded"
    assert states(job) == {"check_capacity": "done", "receive_goods": "done"}
    items = staff.get(job["links"]["resource"]).json()["results"]
    assert items == [job["result"]]
    assert job["result"].items() >= {"product_id": book_id, "on_hand": 4, "reserved": 0}.items()
    assert set(job["result"]) == {"product_id", "title", "on_hand", "reserved", "available"}
    assert staff.get("inventory").json()["remaining"]["book"] == 6


def test_goods_that_come_again_add_up_to_the_last_place(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    for quantity, on_hand in ((4, 4), (6, 10)):
        job = finished(staff, receive(staff, book_id, quantity))
        assert job["result"]["on_hand"] == on_hand
    assert staff.get("inventory").json()["remaining"]["book"] == 0


def test_the_ledger_says_why_by_whom_and_for_which_job(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    job = finished(staff, receive(staff, book_id, 4))
    line = Movement.objects.get()
    assert (line.product_id, line.on_hand_change, line.reserved_change) == (book_id, 4, 0)
    assert (line.why, line.account_id, str(line.job_id)) == ("receipt", staff.account_id, job["id"])


def test_what_does_not_fit_is_not_taken(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10, "clothes": 100})
    book_id, other = new_book(), new_book()
    inventory.receive(product_id=other, quantity=7)
    job = finished(staff, receive(staff, book_id, 4))
    assert (job["state"], job["error"]["code"]) == ("failed", "capacity_exceeded")
    assert (job["error"]["status"], job["result"]) == (409, None)
    assert states(job) == {"check_capacity": "failed", "receive_goods": "skipped"}
    assert stock(staff) == {other: 7}
    assert Movement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_no_more_is_taken_than_fits(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    books = [new_book(), new_book()]
    begun = [job_of(receive(staff, books[number % 2], 3)) for number in range(8)]
    jobs = at_once(run, begun)
    assert sorted(job.state for job in jobs) == ["failed"] * 5 + ["succeeded"] * 3
    assert {job.error["code"] for job in jobs if job.error} == {"capacity_exceeded"}
    assert sum(stock(staff).values()) == staff.get("inventory").json()["on_hand"]["book"] == 9


def test_an_inactive_warehouse_takes_no_goods(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10}, status="inactive")
    job = finished(staff, receive(staff, new_book()))
    assert (job["state"], job["error"]["code"]) == ("failed", "warehouse_inactive")
    assert stock(staff) == {}


def test_a_product_that_is_unknown_or_deleted_is_not_found(staff: Caller) -> None:
    deleted = new_book()
    catalog.delete_book(book_id=deleted)
    for product_id in (UNKNOWN_ID, deleted, 0, 2**63):
        assert codes(receive(staff, product_id)) == {"product_id": "not_found"}
    assert not Job.objects.exists()


def test_a_product_deleted_meanwhile_fails_the_job(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    accepted = receive(staff, book_id)
    catalog.delete_book(book_id=book_id)
    job = finished(staff, accepted)
    assert (job["state"], job["error"]["code"]) == ("failed", "not_found")
    assert stock(staff) == {}


@pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1_000_001])
def test_a_quantity_is_a_whole_number_from_1_to_a_million(staff: Caller, quantity: Any) -> None:
    assert list(codes(receive(staff, new_book(), quantity))) == ["quantity"]
    assert not Job.objects.exists()


def test_a_million_copies_may_come_at_once(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 1_000_000})
    job = finished(staff, receive(staff, new_book(), 1_000_000))
    assert job["result"]["available"] == 1_000_000


@pytest.mark.parametrize("product_id", NO_NUMBERS)
def test_a_product_is_named_by_its_number(staff: Caller, product_id: Any) -> None:
    assert list(codes(receive(staff, product_id))) == ["product_id"]


def test_both_fields_are_needed_and_no_others(staff: Caller) -> None:
    assert codes(staff.post("inventory/receipts", {"price": 1})) == {
        "product_id": "required",
        "quantity": "required",
        "price": "unknown_field",
    }


def test_a_repeat_is_the_same_job_and_takes_the_goods_once(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    first = receive(staff, book_id, 4, Idempotency_Key="a")
    finished(staff, first)
    catalog.delete_book(book_id=book_id)
    again = receive(staff, book_id, 4, Idempotency_Key="a")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert stock(staff) == {book_id: 4}
    assert refused(receive(staff, book_id, 5, Idempotency_Key="a"), 422, "idempotency_key_reused")


def test_only_staff_receive_goods(anyone: Caller, customer: Caller) -> None:
    book_id = new_book()
    for quantity in (1, "x"):
        assert refused(receive(anyone, book_id, quantity), 401, "not_authenticated")
        assert refused(receive(customer, book_id, quantity), 403, "forbidden")
    assert not Job.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(staff: Caller, method: str) -> None:
    assert refused(staff.send(method, "inventory/receipts"), 405, "method_not_allowed")
