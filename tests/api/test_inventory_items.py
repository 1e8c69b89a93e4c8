"""`GET /inventory/items` (1.3.4)."""

import pytest
from pytest_django import DjangoAssertNumQueries

from shop.catalog import services as catalog
from shop.catalog.models import Product
from shop.inventory import fulfillment
from tests.api.callers import Caller, codes
from tests.shopping import UNKNOWN_ID, refused
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db


def listed(staff: Caller, parameters: str = "") -> list[int]:
    response = staff.get(f"inventory/items{parameters}")
    assert response.status_code == 200, response.content
    return [item["product_id"] for item in response.json()["results"]]


def test_what_is_in_stock_is_shown_whole_and_the_newest_first(staff: Caller) -> None:
    older, newer = new_book(copies=9), new_book(copies=4)
    fulfillment.reserve(order_id=1, quantities={older: 2})
    titles = dict(Product.objects.values_list("pk", "title"))
    response = staff.get("inventory/items")
    assert response.status_code == 200
    assert response.json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "product_id": newer,
                "title": titles[newer],
                "on_hand": 4,
                "reserved": 0,
                "available": 4,
            },
            {
                "product_id": older,
                "title": titles[older],
                "on_hand": 9,
                "reserved": 2,
                "available": 7,
            },
        ],
    }


def test_an_empty_warehouse_lists_nothing(staff: Caller) -> None:
    new_book()
    assert listed(staff) == []


def test_one_product_can_be_looked_up(staff: Caller) -> None:
    book_id, _ = new_book(copies=1), new_book(copies=1)
    assert listed(staff, f"?product_id={book_id}") == [book_id]
    assert listed(staff, f"?product_id={UNKNOWN_ID}") == []


def test_copies_of_a_deleted_product_are_still_there(staff: Caller) -> None:
    book_id = new_book(copies=2)
    catalog.delete_book(book_id=book_id)
    assert listed(staff) == [book_id]


def test_items_come_in_pages(staff: Caller) -> None:
    found = [new_book(copies=1) for _ in range(5)]
    body = staff.get("inventory/items?page_size=2").json()
    walked = [item["product_id"] for item in body["results"]]
    while body["next"]:
        body = staff.get(body["next"].removeprefix("http://testserver")).json()
        walked += [item["product_id"] for item in body["results"]]
    assert walked == found[::-1]


def test_a_page_costs_two_queries(
    staff: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        new_book(copies=1)
        with django_assert_num_queries(2):
            staff.get("inventory/items")


@pytest.mark.parametrize("value", ["", "x", "1.0", "true"])
def test_a_product_is_named_by_its_number(staff: Caller, value: str) -> None:
    assert codes(staff.get(f"inventory/items?product_id={value}")) == {"product_id": "invalid"}


def test_unknown_parameters_are_refused(staff: Caller) -> None:
    assert codes(staff.get("inventory/items?title=x")) == {"title": "unknown_field"}


def test_only_staff_see_the_stock(anyone: Caller, customer: Caller) -> None:
    assert refused(anyone.get("inventory/items"), 401, "not_authenticated")
    assert refused(customer.get("inventory/items"), 403, "forbidden")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_items_are_only_read(staff: Caller, method: str) -> None:
    assert refused(staff.send(method, "inventory/items"), 405, "method_not_allowed")
