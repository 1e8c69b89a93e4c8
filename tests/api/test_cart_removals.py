"""`POST /carts/{user_id}/removals` (1.4.2)."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from tests.api.callers import Caller, codes, new_customer
from tests.shopping import (
    NO_NUMBERS,
    UNKNOWN_ID,
    at_once,
    cart_of,
    new_buyer,
    refused,
    same_answer,
)
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db


def remove(buyer: Caller, product_id: Any, quantity: Any = 1, **more: Any) -> Any:
    body = {"product_id": product_id, "quantity": quantity, **more}
    return buyer.post(f"carts/{buyer.user_id}/removals", body)


def test_copies_are_taken_out_of_the_cart() -> None:
    book_id, other = new_book(price=50_000), new_book(price=1_000)
    buyer = new_buyer({book_id: 5, other: 1})
    response = remove(buyer, book_id, 3)
    assert response.status_code == 200
    assert response.json() == buyer.get(f"carts/{buyer.user_id}").json()
    assert response.json()["total"] == "101000"
    assert cart_of(buyer) == {book_id: 2, other: 1}


def test_down_to_0_the_line_goes() -> None:
    book_id, other = new_book(), new_book()
    buyer = new_buyer({book_id: 5, other: 1})
    remove(buyer, book_id, 3)
    assert remove(buyer, book_id, 2).status_code == 200
    assert cart_of(buyer) == {other: 1}


def test_more_than_there_is_cannot_be_removed() -> None:
    book_id, other = new_book(), new_book()
    buyer = new_buyer({book_id: 5})
    assert refused(remove(buyer, book_id, 6), 409, "not_in_cart")
    assert refused(remove(buyer, other), 409, "not_in_cart")
    assert cart_of(buyer) == {book_id: 5}


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_no_more_is_removed_than_there_is() -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 5})
    answers = at_once(lambda _: remove(buyer, book_id, 2), range(6))
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 4
    assert cart_of(buyer) == {book_id: 1}


def test_a_deleted_product_can_be_removed() -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    catalog.delete_book(book_id=book_id)
    assert remove(buyer, book_id).status_code == 200
    assert refused(remove(buyer, book_id, 2), 409, "not_in_cart")
    assert remove(buyer, book_id).json()["items"] == []


def test_a_product_that_is_not_there_and_unknown_or_deleted_is_not_found() -> None:
    buyer, deleted = new_buyer(), new_book()
    catalog.delete_book(book_id=deleted)
    for product_id in (UNKNOWN_ID, deleted, 0, 2**63):
        assert codes(remove(buyer, product_id)) == {"product_id": "not_found"}


@pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1001])
def test_a_quantity_is_a_whole_number_from_1_to_1000(quantity: Any) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    assert list(codes(remove(buyer, book_id, quantity))) == ["quantity"]
    assert cart_of(buyer) == {book_id: 2}


@pytest.mark.parametrize("product_id", NO_NUMBERS)
def test_a_product_is_named_by_its_number(product_id: Any) -> None:
    assert list(codes(remove(new_buyer(), product_id))) == ["product_id"]


def test_both_fields_are_needed_and_no_others() -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    assert codes(buyer.post(f"carts/{buyer.user_id}/removals", {})) == {
        "product_id": "required",
        "quantity": "required",
    }
    assert codes(remove(buyer, book_id, all=True)) == {"all": "unknown_field"}
    assert cart_of(buyer) == {book_id: 2}


def test_staff_remove_from_any_cart(staff: Caller) -> None:
    book_id = new_book()
    buyer, body = new_buyer({book_id: 2}), {"product_id": book_id, "quantity": 1}
    assert staff.post(f"carts/{buyer.user_id}/removals", body).status_code == 200
    assert refused(staff.post(f"carts/{UNKNOWN_ID}/removals", body), 404, "not_found")
    assert cart_of(buyer) == {book_id: 1}


def test_anothers_cart_does_not_exist(anyone: Caller) -> None:
    book_id = new_book()
    buyer, other = new_buyer({book_id: 2}), new_customer()
    body = {"product_id": book_id, "quantity": 1}
    found = other.post(f"carts/{buyer.user_id}/removals", body)
    assert refused(found, 404, "not_found")
    assert same_answer(found, other.post(f"carts/{UNKNOWN_ID}/removals", body))
    nobodys = anyone.post(f"carts/{buyer.user_id}/removals", body)
    assert refused(nobodys, 401, "not_authenticated")
    assert cart_of(buyer) == {book_id: 2}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(method: str) -> None:
    buyer = new_buyer()
    response = buyer.send(method, f"carts/{buyer.user_id}/removals")
    assert refused(response, 405, "method_not_allowed")
