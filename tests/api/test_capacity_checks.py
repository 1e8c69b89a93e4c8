"""`POST /inventory/capacity-checks` (8.6)."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from shop.inventory import fulfillment
from shop.inventory import services as inventory
from tasks.engine.models import Job
from tests.api.callers import Caller, codes
from tests.shopping import NO_NUMBERS, UNKNOWN_ID, finished, refused, states
from tests.workflows.cases import new_book, visible

pytestmark = pytest.mark.django_db


def check(staff: Caller, product_id: Any, quantity: Any = 1, **headers: str) -> Any:
    body = {"product_id": product_id, "quantity": quantity}
    return staff.post("inventory/capacity-checks", body, **headers)


@pytest.mark.parametrize(("quantity", "fits"), [(1, True), (6, True), (7, False), (10**6, False)])
def test_a_check_says_whether_goods_fit_and_what_room_there_is(
    staff: Caller, quantity: int, fits: bool
) -> None:
    inventory.set_up(capacity={"book": 10, "clothes": 50})
    book_id, other = new_book(), new_book()
    inventory.receive(product_id=other, quantity=4)
    before = visible()
    accepted = check(staff, book_id, quantity)
    assert accepted.json()["kind"] == "capacity_check"
    job = finished(staff, accepted)
    assert job["state"] == "succeeded"
    assert job["result"] == {"fits": fits, "remaining": 6}
    assert states(job) == {"check_capacity": "done"}
    assert visible() == before


def test_what_is_reserved_takes_room_until_it_is_shipped(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    inventory.receive(product_id=book_id, quantity=4)
    fulfillment.reserve(order_id=1, quantities={book_id: 4})
    assert finished(staff, check(staff, book_id))["result"] == {"fits": True, "remaining": 6}


def test_a_product_that_is_unknown_or_deleted_is_not_found(staff: Caller) -> None:
    deleted = new_book()
    catalog.delete_book(book_id=deleted)
    for product_id in (UNKNOWN_ID, deleted, 0, 2**63):
        assert codes(check(staff, product_id)) == {"product_id": "not_found"}
    assert not Job.objects.exists()


@pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1_000_001])
def test_a_quantity_is_a_whole_number_from_1_to_a_million(staff: Caller, quantity: Any) -> None:
    assert list(codes(check(staff, new_book(), quantity))) == ["quantity"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("product_id", NO_NUMBERS)
def test_a_product_is_named_by_its_number(staff: Caller, product_id: Any) -> None:
    assert list(codes(check(staff, product_id))) == ["product_id"]


def test_both_fields_are_needed_and_no_others(staff: Caller) -> None:
    assert codes(staff.post("inventory/capacity-checks", {"kind": "book"})) == {
        "product_id": "required",
        "quantity": "required",
        "kind": "unknown_field",
    }


def test_a_repeat_is_the_same_job_with_its_old_answer(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    finished(staff, check(staff, book_id, 3, Idempotency_Key="a"))
    inventory.receive(product_id=book_id, quantity=9)
    again = check(staff, book_id, 3, Idempotency_Key="a")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["result"] == {"fits": True, "remaining": 10}


def test_only_staff_check_capacity(anyone: Caller, customer: Caller) -> None:
    book_id = new_book()
    for quantity in (1, "x"):
        assert refused(check(anyone, book_id, quantity), 401, "not_authenticated")
        assert refused(check(customer, book_id, quantity), 403, "forbidden")
    assert not Job.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(staff: Caller, method: str) -> None:
    assert refused(staff.send(method, "inventory/capacity-checks"), 405, "method_not_allowed")
