"""`POST` and `DELETE /carts/{user_id}/items`, `PUT …/items/{product_id}` (1.4.1, 1.4.2, 5.5)."""

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


def add(buyer: Caller, product_id: Any, quantity: Any = 1, **more: Any) -> Any:
    body = {"product_id": product_id, "quantity": quantity, **more}
    return buyer.post(f"carts/{buyer.user_id}/items", body)


def put(buyer: Caller, product_id: Any, quantity: Any) -> Any:
    return buyer.put(f"carts/{buyer.user_id}/items/{product_id}", {"quantity": quantity})


def test_a_product_is_put_into_the_cart() -> None:
    buyer, book_id = new_buyer(), new_book(price=50_000)
    response = add(buyer, book_id, 2)
    assert response.status_code == 200
    assert response.json() == buyer.get(f"carts/{buyer.user_id}").json()
    assert response.json()["total"] == "100000"
    assert cart_of(buyer) == {book_id: 2}


def test_the_same_product_again_adds_up() -> None:
    buyer, book_id, other = new_buyer(), new_book(), new_book()
    for product_id, quantity in ((book_id, 2), (other, 1), (book_id, 3)):
        add(buyer, product_id, quantity)
    assert cart_of(buyer) == {book_id: 5, other: 1}


@pytest.mark.django_db(transaction=True)
def test_what_is_added_at_one_moment_adds_up() -> None:
    buyer, book_id = new_buyer(), new_book()
    answers = at_once(lambda _: add(buyer, book_id, 2), range(8))
    assert {answer.status_code for answer in answers} == {200}
    assert cart_of(buyer) == {book_id: 16}


def test_a_cart_may_ask_for_more_than_there_is() -> None:
    buyer, book_id = new_buyer(), new_book(copies=1)
    assert add(buyer, book_id, 7).json()["items"][0]["available"] == 1
    assert cart_of(buyer) == {book_id: 7}


def test_a_line_takes_a_thousand_copies_and_no_more() -> None:
    buyer, book_id = new_buyer(), new_book()
    assert add(buyer, book_id, 999).status_code == 200
    assert add(buyer, book_id, 1).status_code == 200
    assert refused(add(buyer, book_id, 1), 409, "cart_line_full")
    assert cart_of(buyer) == {book_id: 1000}


@pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1001])
def test_a_quantity_is_a_whole_number_from_1_to_1000(quantity: Any) -> None:
    buyer, book_id = new_buyer(), new_book()
    assert list(codes(add(buyer, book_id, quantity))) == ["quantity"]
    assert cart_of(buyer) == {}


@pytest.mark.parametrize("product_id", NO_NUMBERS)
def test_a_product_is_named_by_its_number(product_id: Any) -> None:
    buyer = new_buyer()
    assert list(codes(add(buyer, product_id))) == ["product_id"]


def test_a_product_that_is_unknown_or_deleted_is_not_found() -> None:
    buyer, deleted = new_buyer(), new_book(copies=3)
    catalog.delete_book(book_id=deleted)
    for product_id in (UNKNOWN_ID, deleted, 0, 2**63):
        assert codes(add(buyer, product_id)) == {"product_id": "not_found"}
    assert cart_of(buyer) == {}


def test_both_fields_are_needed_and_no_others() -> None:
    buyer = new_buyer()
    assert codes(buyer.post(f"carts/{buyer.user_id}/items", {})) == {
        "product_id": "required",
        "quantity": "required",
    }
    assert codes(add(buyer, new_book(), price=1)) == {"price": "unknown_field"}
    assert cart_of(buyer) == {}


def test_a_line_is_set_whether_or_not_it_was_there() -> None:
    buyer, book_id = new_buyer(), new_book()
    for quantity in (3, 1000, 1, 1):
        response = put(buyer, book_id, quantity)
        assert response.status_code == 200
        assert response.json() == buyer.get(f"carts/{buyer.user_id}").json()
        assert cart_of(buyer) == {book_id: quantity}


def test_a_line_set_to_0_goes() -> None:
    book_id, other = new_book(), new_book()
    buyer = new_buyer({book_id: 3, other: 1})
    for _ in range(2):
        assert put(buyer, book_id, 0).status_code == 200
        assert cart_of(buyer) == {other: 1}


@pytest.mark.parametrize("quantity", [*(n for n in NO_NUMBERS if n is True or n != 0), 1001])
def test_a_line_is_set_to_a_whole_number_up_to_1000(quantity: Any) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    assert list(codes(put(buyer, book_id, quantity))) == ["quantity"]
    assert cart_of(buyer) == {book_id: 2}


def test_setting_a_line_takes_the_quantity_only() -> None:
    buyer, book_id = new_buyer(), new_book()
    path = f"carts/{buyer.user_id}/items/{book_id}"
    body = {"product_id": book_id, "quantity": 1}
    assert codes(buyer.put(path, body)) == {"product_id": "unknown_field"}
    assert codes(buyer.put(path, {})) == {"quantity": "required"}


def test_a_line_of_no_product_cannot_be_set() -> None:
    buyer, deleted = new_buyer(), new_book()
    catalog.delete_book(book_id=deleted)
    for product_id in (UNKNOWN_ID, deleted, 0, 2**63):
        assert refused(put(buyer, product_id, 1), 404, "not_found")
    assert refused(put(buyer, UNKNOWN_ID, 0), 404, "not_found")
    assert cart_of(buyer) == {}


def test_a_deleted_products_line_can_be_removed_and_not_be_changed() -> None:
    deleted = new_book()
    buyer = new_buyer({deleted: 2})
    catalog.delete_book(book_id=deleted)
    assert refused(put(buyer, deleted, 1), 404, "not_found")
    assert cart_of(buyer) == {deleted: 2}
    assert put(buyer, deleted, 0).status_code == 200
    assert cart_of(buyer) == {}


def test_a_cart_is_emptied_as_often_as_one_likes() -> None:
    buyer = new_buyer({new_book(): 2, new_book(): 1})
    for _ in range(2):
        response = buyer.delete(f"carts/{buyer.user_id}/items")
        assert response.status_code == 200
        assert response.json() == {
            "user_id": buyer.user_id,
            "items": [],
            "total": "0",
            "currency": "VND",
        }


def test_emptying_a_cart_takes_no_fields() -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    response = buyer.delete(f"carts/{buyer.user_id}/items", {"product_id": book_id})
    assert codes(response) == {"product_id": "unknown_field"}
    assert cart_of(buyer) == {book_id: 2}


def ways(product_id: int) -> list[tuple[str, str, Any]]:
    """Return the requests that change what is in a cart."""
    return [
        ("POST", "items", {"product_id": product_id, "quantity": 1}),
        ("PUT", f"items/{product_id}", {"quantity": 5}),
        ("DELETE", "items", None),
    ]


def test_staff_change_any_cart(staff: Caller) -> None:
    book_id = new_book()
    buyer = new_buyer()
    seen = []
    for method, path, body in ways(book_id):
        response = staff.send(method, f"carts/{buyer.user_id}/{path}", body)
        assert response.status_code == 200
        assert refused(staff.send(method, f"carts/{UNKNOWN_ID}/{path}", body), 404, "not_found")
        seen.append(cart_of(buyer))
    assert seen == [{book_id: 1}, {book_id: 5}, {}]


def test_anothers_cart_does_not_exist(anyone: Caller) -> None:
    book_id = new_book()
    buyer, other = new_buyer({book_id: 2}), new_customer()
    for method, path, body in ways(book_id):
        found = other.send(method, f"carts/{buyer.user_id}/{path}", body)
        assert refused(found, 404, "not_found")
        assert same_answer(found, other.send(method, f"carts/{UNKNOWN_ID}/{path}", body))
        nobodys = anyone.send(method, f"carts/{buyer.user_id}/{path}", body)
        assert refused(nobodys, 401, "not_authenticated")
    assert cart_of(buyer) == {book_id: 2}


def test_other_methods_are_405() -> None:
    buyer, book_id = new_buyer(), new_book()
    for method, path in (("GET", "items"), ("PATCH", "items"), ("DELETE", f"items/{book_id}")):
        response = buyer.send(method, f"carts/{buyer.user_id}/{path}")
        assert refused(response, 405, "method_not_allowed")
