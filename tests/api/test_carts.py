"""`GET /carts/{user_id}` (1.4.3)."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from shop.catalog import services as catalog
from shop.catalog.models import Product
from shop.inventory import fulfillment
from tests.api.callers import Caller, codes, new_customer
from tests.shopping import UNKNOWN_ID, fill, new_buyer, refused, same_answer
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db


def test_an_empty_cart_is_shown_whole() -> None:
    buyer = new_buyer()
    response = buyer.get(f"carts/{buyer.user_id}")
    assert response.status_code == 200
    assert response.json() == {
        "user_id": buyer.user_id,
        "items": [],
        "total": "0",
        "currency": "VND",
    }


def test_a_cart_shows_its_lines_in_the_order_in_which_they_came() -> None:
    first, second = new_book(copies=9, price=125_000), new_book(price=50_000)
    fulfillment.reserve(order_id=1, quantities={first: 2})
    buyer = new_buyer({second: 3, first: 2})
    assert buyer.get(f"carts/{buyer.user_id}").json() == {
        "user_id": buyer.user_id,
        "items": [
            {
                "product_id": second,
                "title": Product.objects.get(pk=second).title,
                "quantity": 3,
                "unit_price": "50000",
                "line_total": "150000",
                "available": 0,
            },
            {
                "product_id": first,
                "title": Product.objects.get(pk=first).title,
                "quantity": 2,
                "unit_price": "125000",
                "line_total": "250000",
                "available": 7,
            },
        ],
        "total": "400000",
        "currency": "VND",
    }


def test_a_cart_is_at_todays_prices() -> None:
    book_id = new_book(price=50_000)
    buyer = new_buyer({book_id: 2})
    Product.objects.filter(pk=book_id).update(price=60_000, title="New edition")
    cart = buyer.get(f"carts/{buyer.user_id}").json()
    assert cart["total"] == "120000"
    assert cart["items"][0]["title"] == "New edition"


def test_money_has_as_many_decimals_as_the_shops_currency(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "EUR"
    book_id = new_book()
    Product.objects.filter(pk=book_id).update(price=Decimal("12.5"))
    buyer = new_buyer({book_id: 3})
    cart = buyer.get(f"carts/{buyer.user_id}").json()
    assert (cart["total"], cart["currency"]) == ("37.50", "EUR")
    assert cart["items"][0]["unit_price"] == "12.50"
    assert cart["items"][0]["line_total"] == "37.50"


def test_a_deleted_product_shows_as_unavailable() -> None:
    book_id = new_book(copies=9)
    buyer = new_buyer({book_id: 2})
    catalog.delete_book(book_id=book_id)
    line = buyer.get(f"carts/{buyer.user_id}").json()["items"][0]
    assert (line["product_id"], line["quantity"], line["available"]) == (book_id, 2, 0)


def test_staff_look_at_any_cart(staff: Caller) -> None:
    buyer = new_buyer({new_book(): 1})
    assert same_answer(staff.get(f"carts/{buyer.user_id}"), buyer.get(f"carts/{buyer.user_id}"))
    assert refused(staff.get(f"carts/{UNKNOWN_ID}"), 404, "not_found")


def test_anothers_cart_does_not_exist() -> None:
    buyer, other = new_buyer(), new_customer()
    found = other.get(f"carts/{buyer.user_id}")
    assert refused(found, 404, "not_found")
    assert same_answer(found, other.get(f"carts/{UNKNOWN_ID}"))


def test_nobody_looks_at_a_cart(anyone: Caller) -> None:
    buyer = new_buyer()
    for user_id in (buyer.user_id, UNKNOWN_ID):
        assert refused(anyone.get(f"carts/{user_id}"), 401, "not_authenticated")


@pytest.mark.parametrize("user_id", ["0", "-1", "abc", "1.0", str(2**63), "9" * 40])
def test_what_is_no_id_leads_nowhere(staff: Caller, user_id: str) -> None:
    assert refused(staff.get(f"carts/{user_id}"), 404, "not_found")


def test_a_cart_takes_no_parameters() -> None:
    buyer = new_buyer()
    assert codes(buyer.get(f"carts/{buyer.user_id}?page_size=3")) == {"page_size": "unknown_field"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(method: str) -> None:
    buyer = new_buyer()
    response = buyer.send(method, f"carts/{buyer.user_id}", {})
    assert refused(response, 405, "method_not_allowed")


def test_a_full_cart_costs_no_more_queries_than_one_line(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    buyer = new_buyer()
    for _ in range(2):
        fill(buyer, {new_book(copies=1): 1})
        with django_assert_num_queries(3):
            buyer.get(f"carts/{buyer.user_id}")
