"""`GET /orders` and `GET /orders/{order_id}` (1.5.1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from shop.catalog.models import Product
from shop.customers.models import Address, FullName
from tests.api.callers import Caller, codes, new_customer
from tests.shopping import (
    UNKNOWN_ID,
    bought,
    check_out,
    fill,
    job_of,
    new_buyer,
    refused,
    same_answer,
)
from tests.workflows.cases import deliver, new_book, run

pytestmark = pytest.mark.django_db


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [order["id"] for order in response.json()["results"]]


def test_an_order_is_shown_whole() -> None:
    first, second = new_book(copies=5, price=79_000), new_book(copies=5, price=1_000)
    titles = dict(Product.objects.values_list("pk", "title"))
    buyer = new_buyer({first: 2, second: 3})
    job_id = run(job_of(check_out(buyer))).pk
    order_id = ids(buyer.get("orders"))[0]
    response = buyer.get(f"orders/{order_id}")
    assert response.status_code == 200
    order = response.json()
    assert order == {
        "id": order_id,
        "user_id": buyer.user_id,
        "status": "paid",
        "lines": [
            {
                "product_id": first,
                "title": titles[first],
                "quantity": 2,
                "unit_price": "79000",
                "line_total": "158000",
            },
            {
                "product_id": second,
                "title": titles[second],
                "quantity": 3,
                "unit_price": "1000",
                "line_total": "3000",
            },
        ],
        "total": "161000",
        "currency": "VND",
        "ship_to": {
            "first_name": "An",
            "last_name": "Nguyễn",
            "address": "1 Tràng Tiền",
            "city": "Hà Nội",
            "country": "VN",
        },
        "payment": buyer.get(f"payments/{order['payment']['id']}").json(),
        "job_id": str(job_id),
        "history": [
            {"status": "pending", "at": order["history"][0]["at"], "by": buyer.account_id},
            {"status": "paid", "at": order["history"][1]["at"], "by": None},
        ],
    }
    assert buyer.get("orders").json() == {"next": None, "previous": None, "results": [order]}


def test_times_are_utc_and_of_now() -> None:
    for event in bought(new_buyer())["history"]:
        assert event["at"].endswith("Z")
        at = datetime.fromisoformat(event["at"])
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


def test_the_history_of_a_failure_is_the_shops() -> None:
    buyer = new_buyer()
    history = bought(buyer, token="tok_declined")["history"]
    assert [(event["status"], event["by"]) for event in history] == [
        ("pending", buyer.account_id),
        ("failed", None),
    ]


def test_the_history_of_a_cancellation_is_the_buyers() -> None:
    buyer = new_buyer({new_book(copies=1): 1})
    accepted = check_out(buyer)
    deliver(job_of(accepted))
    buyer.post(f"{accepted['Location']}/cancel")
    run(job_of(accepted))
    history = buyer.get("orders").json()["results"][0]["history"]
    assert [(event["status"], event["by"]) for event in history] == [
        ("pending", buyer.account_id),
        ("cancelled", buyer.account_id),
    ]


def test_an_order_stays_as_it_was() -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 1})
    order = bought(buyer)
    Product.objects.filter(pk=book_id).update(price=1, title="Changed")
    Address.objects.update(address="Elsewhere", city="Huế")
    FullName.objects.update(first_name="Bình")
    assert buyer.get(f"orders/{order['id']}").json() == order


def test_money_keeps_the_currency_of_the_order(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "EUR"
    buyer = new_buyer()
    order = bought(buyer)
    settings.SHOP_CURRENCY = "VND"
    assert (order["total"], order["currency"]) == ("50000.00", "EUR")
    assert order["payment"]["amount"] == "50000.00"
    assert order["lines"][0]["unit_price"] == "50000.00"
    assert buyer.get(f"orders/{order['id']}").json() == order


def test_a_customer_lists_their_own_orders_the_newest_first() -> None:
    buyer, other = new_buyer(), new_buyer()
    orders = [bought(buyer)["id"] for _ in range(3)]
    bought(other)
    assert ids(buyer.get("orders")) == orders[::-1]
    assert ids(buyer.get(f"orders?user_id={buyer.user_id}")) == orders[::-1]
    assert ids(new_customer().get("orders")) == []


def test_staff_list_everybodys_orders(staff: Caller) -> None:
    one, two = new_buyer(), new_buyer()
    first, second = bought(one)["id"], bought(two)["id"]
    assert ids(staff.get("orders")) == [second, first]
    assert ids(staff.get(f"orders?user_id={one.user_id}")) == [first]
    assert staff.get(f"orders/{first}").json() == one.get(f"orders/{first}").json()


def test_orders_are_filtered_by_status(staff: Caller) -> None:
    buyer = new_buyer()
    paid = bought(buyer)["id"]
    pending = bought(buyer, token=None)["id"]
    failed = bought(buyer, token="tok_declined")["id"]
    for status, order_id in (("paid", paid), ("pending", pending), ("failed", failed)):
        assert ids(buyer.get(f"orders?status={status}")) == [order_id]
        both = f"orders?user_id={buyer.user_id}&status={status}"
        assert ids(staff.get(both)) == [order_id]
    for status in ("processing", "shipped", "delivered", "returned", "cancelled"):
        assert ids(buyer.get(f"orders?status={status}")) == []


def test_orders_come_in_pages() -> None:
    buyer = new_buyer()
    found = [bought(buyer, token=None)["id"] for _ in range(5)]
    body = buyer.get("orders?page_size=2&status=pending").json()
    walked = [order["id"] for order in body["results"]]
    while body["next"]:
        body = buyer.get(body["next"].removeprefix("http://testserver")).json()
        walked += [order["id"] for order in body["results"]]
    assert walked == found[::-1]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("status=lost", {"status": "invalid_choice"}),
        ("status=", {"status": "invalid_choice"}),
        ("status=PAID", {"status": "invalid_choice"}),
        ("user_id=x", {"user_id": "invalid"}),
        ("state=paid", {"state": "unknown_field"}),
    ],
)
def test_parameters_are_strict(customer: Caller, parameters: str, expected: dict[str, str]) -> None:
    assert codes(customer.get(f"orders?{parameters}")) == expected


def test_who_chooses_another_word_is_told_which_there_are(customer: Caller) -> None:
    error = customer.get("orders?status=lost").json()["errors"][0]
    assert error["detail"] == (
        "One of these is expected: pending, paid, processing, shipped, delivered, returned,"
        " cancelled, failed."
    )


def test_anothers_orders_do_not_exist() -> None:
    buyer, other = new_buyer(), new_buyer()
    order_id = bought(buyer)["id"]
    found = other.get(f"orders/{order_id}")
    assert refused(found, 404, "not_found")
    assert same_answer(found, other.get(f"orders/{UNKNOWN_ID}"))
    listed = other.get(f"orders?user_id={buyer.user_id}")
    assert refused(listed, 404, "not_found")
    assert same_answer(listed, other.get(f"orders?user_id={UNKNOWN_ID}"))


def test_nobody_sees_orders(anyone: Caller) -> None:
    order_id = bought(new_buyer())["id"]
    for path in ("orders", f"orders/{order_id}", f"orders/{UNKNOWN_ID}"):
        assert refused(anyone.get(path), 401, "not_authenticated")


@pytest.mark.parametrize("order_id", ["0", "-1", "abc", "1.0", str(2**63)])
def test_what_is_no_id_leads_nowhere(staff: Caller, order_id: str) -> None:
    assert refused(staff.get(f"orders/{order_id}"), 404, "not_found")


def test_many_orders_cost_no_more_queries_than_one() -> None:
    buyer = new_buyer()
    counts = []
    for _ in range(3):
        fill(buyer, {new_book(copies=1): 1, new_book(copies=1): 1})
        bought(buyer)
        with CaptureQueriesContext(connection) as queries:
            buyer.get("orders")
        counts.append(len(queries))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 5
