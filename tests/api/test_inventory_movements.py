"""`GET /inventory/movements`: the warehouse's ledger."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from api.serializers.inventory import REASONS
from shop.inventory import fulfillment, selectors
from shop.inventory import services as inventory
from shop.inventory.models import Movement, Why
from tests.api.callers import Caller, codes
from tests.shopping import UNKNOWN_ID, check_out, finished, new_buyer, refused
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db


def listed(staff: Caller, parameters: str = "") -> list[dict[str, Any]]:
    response = staff.get(f"inventory/movements{parameters}")
    assert response.status_code == 200, response.content
    return list(response.json()["results"])


def changes(lines: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [(line["why"], line["on_hand_change"], line["reserved_change"]) for line in lines]


def test_a_receipt_stands_in_the_ledger(staff: Caller) -> None:
    book_id = new_book()
    inventory.set_up(capacity={"book": 9})
    accepted = staff.post("inventory/receipts", {"product_id": book_id, "quantity": 4})
    job = finished(staff, accepted)
    line = Movement.objects.get()
    assert staff.get("inventory/movements").json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": line.pk,
                "product_id": book_id,
                "why": "receipt",
                "on_hand_change": 4,
                "reserved_change": 0,
                "order_id": None,
                "account_id": staff.account_id,
                "job_id": job["id"],
                "created_at": line.created_at.isoformat().replace("+00:00", "Z"),
            }
        ],
    }


def test_what_the_shop_does_itself_is_nobodys(staff: Caller) -> None:
    new_book(copies=1)
    assert [(line["account_id"], line["job_id"]) for line in listed(staff)] == [(None, None)]


def test_the_newest_line_comes_first_and_all_add_up_to_the_stock(staff: Caller) -> None:
    book_id = new_book(copies=9)
    fulfillment.reserve(order_id=1, quantities={book_id: 3})
    fulfillment.reserve(order_id=2, quantities={book_id: 2})
    fulfillment.ship(order_id=1, quantities={book_id: 3})
    fulfillment.release(order_id=2)
    fulfillment.take_back(order_id=1, quantities={book_id: 3})
    inventory.withdraw(product_id=book_id, quantity=1)
    lines = listed(staff, f"?product_id={book_id}")
    assert changes(lines) == [
        ("withdrawal", -1, 0),
        ("return", 3, 0),
        ("release", 0, -2),
        ("shipment", -3, -3),
        ("reservation", 0, 2),
        ("reservation", 0, 3),
        ("receipt", 9, 0),
    ]
    item = selectors.item(product_id=book_id)
    assert sum(line["on_hand_change"] for line in lines) == item["on_hand"]
    assert sum(line["reserved_change"] for line in lines) == item["reserved"]


def test_an_orders_lines_are_found_with_who_and_which_job(staff: Caller) -> None:
    one, other = new_book(copies=5), new_book(copies=5)
    buyer, before = new_buyer({one: 1, other: 2}), new_buyer({one: 1})
    finished(before, check_out(before))
    job = finished(buyer, check_out(buyer))
    order_id = job["result"]["order_id"]
    lines = listed(staff, f"?order_id={order_id}")
    assert sorted((line["product_id"], line["reserved_change"]) for line in lines) == [
        (one, 1),
        (other, 2),
    ]
    for line in lines:
        assert (line["order_id"], line["job_id"]) == (order_id, job["id"])
        assert line["account_id"] == buyer.account_id


def test_filters_go_together(staff: Caller) -> None:
    one, other = new_book(copies=5), new_book(copies=5)
    fulfillment.reserve(order_id=1, quantities={one: 1, other: 2})
    found = listed(staff, "?why=reservation&order_id=1")
    assert changes(found) == [("reservation", 0, 2), ("reservation", 0, 1)]
    both = f"?why=reservation&product_id={one}&order_id=1"
    assert changes(listed(staff, both)) == [("reservation", 0, 1)]
    assert listed(staff, f"?why=release&product_id={one}") == []


@pytest.mark.parametrize("name", ["product_id", "order_id"])
def test_what_is_unknown_has_no_lines(staff: Caller, name: str) -> None:
    new_book(copies=1)
    for number in (UNKNOWN_ID, 0, -1):
        assert listed(staff, f"?{name}={number}") == []


def test_every_reason_can_be_asked_for(staff: Caller) -> None:
    assert Why.values == REASONS
    for why in REASONS:
        assert listed(staff, f"?why={why}") == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("why=theft", {"why": "invalid_choice"}),
        ("why=", {"why": "invalid_choice"}),
        ("product_id=x", {"product_id": "invalid"}),
        ("order_id=1.0", {"order_id": "invalid"}),
        (f"order_id={2**63}", {"order_id": "max_value"}),
        ("order_id=1&order_id=2", {"order_id": "repeated"}),
        ("job_id=1", {"job_id": "unknown_field"}),
        ("page_size=101", {"page_size": "max_value"}),
    ],
)
def test_parameters_are_strict(staff: Caller, parameters: str, expected: dict[str, str]) -> None:
    assert codes(staff.get(f"inventory/movements?{parameters}")) == expected


def test_lines_come_in_pages_each_once_whatever_is_added(staff: Caller) -> None:
    book_id = new_book(copies=1)
    for _ in range(4):
        inventory.receive(product_id=book_id, quantity=1)
    expected = list(Movement.objects.order_by("-pk").values_list("pk", flat=True))
    body = staff.get(f"inventory/movements?product_id={book_id}&page_size=2").json()
    walked = [line["id"] for line in body["results"]]
    while body["next"]:
        inventory.receive(product_id=book_id, quantity=1)
        body = staff.get(body["next"].removeprefix("http://testserver")).json()
        walked += [line["id"] for line in body["results"]]
    assert walked == expected


def test_a_page_costs_two_queries(
    staff: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        new_book(copies=1)
        with django_assert_num_queries(2):
            staff.get("inventory/movements")


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"product_id": -1}, "movement_of_product"),
        ({"order_id": 77}, "movement_of_order"),
        ({"why": "return"}, "movement_of_rarer_why"),
        ({"why": "reservation"}, "inventory_movement_pkey"),
        ({}, "inventory_movement_pkey"),
    ],
)
def test_a_page_is_found_by_an_index_in_the_order_of_the_list(
    filters: dict[str, Any], index: str
) -> None:
    fill_ledger()
    plan = selectors.movements(**filters).order_by("-id")[:21].explain()
    assert f"using {index}" in plan
    assert "Sort" not in plan


def fill_ledger() -> None:
    """Write very many reservations of a few products."""
    books = [new_book(copies=1) for _ in range(20)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_movement"
            " (product_id, why, on_hand_change, reserved_change, order_id)"
            " SELECT (%s::bigint[])[1 + n %% 20], 'reservation', 0, 1, n"
            " FROM generate_series(1, 20000) AS n",
            [books],
        )
        cursor.execute("ANALYZE inventory_movement")


def test_only_staff_read_the_ledger(anyone: Caller, customer: Caller) -> None:
    assert refused(anyone.get("inventory/movements"), 401, "not_authenticated")
    assert refused(customer.get("inventory/movements"), 403, "forbidden")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_ledger_is_only_read(staff: Caller, method: str) -> None:
    assert refused(staff.send(method, "inventory/movements"), 405, "method_not_allowed")
