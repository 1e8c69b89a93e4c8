"""`GET` and `PATCH /inventory` (1.3.1, 1.3.4)."""

from typing import Any

import pytest
from django.db import transaction

from shop.inventory import fulfillment
from shop.inventory import services as inventory
from tasks.engine.models import Job
from tests.api.callers import Caller, codes
from tests.shopping import NO_NUMBERS, at_once, finished, job_of, refused, states
from tests.workflows.cases import new_book, run

pytestmark = pytest.mark.django_db

FULL = {
    "address": "3 Trần Phú, Hà Nội",
    "book_quantity": 100,
    "clothes_quantity": 20,
    "electronic_quantity": 3,
    "status": "inactive",
}


def test_a_new_warehouse_is_active_and_has_room_for_nothing(staff: Caller) -> None:
    response = staff.get("inventory")
    assert response.status_code == 200
    nothing = {"book": 0, "clothes": 0, "electronic": 0}
    assert response.json() == {
        "address": "",
        "status": "active",
        "capacity": nothing,
        "on_hand": nothing,
        "remaining": nothing,
    }


def test_the_warehouse_is_set_up(staff: Caller) -> None:
    accepted = staff.patch("inventory", FULL)
    assert accepted.json()["kind"] == "inventory_setup"
    job = finished(staff, accepted)
    room = {"book": 100, "clothes": 20, "electronic": 3}
    assert job["state"] == "succeeded"
    assert job["result"] == {
        "address": "3 Trần Phú, Hà Nội",
        "status": "inactive",
        "capacity": room,
        "on_hand": {"book": 0, "clothes": 0, "electronic": 0},
        "remaining": room,
    }
    assert job["links"]["resource"] == "/api/v1/inventory"
    assert staff.get("inventory").json() == job["result"]


def test_what_is_reserved_takes_room_and_what_remains_shows(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    inventory.receive(product_id=book_id, quantity=6)
    fulfillment.reserve(order_id=1, quantities={book_id: 4})
    house = staff.get("inventory").json()
    assert house["capacity"]["book"] == 10
    assert house["on_hand"]["book"] == 6
    assert house["remaining"]["book"] == 4


def test_an_inactive_warehouse_ships_what_is_reserved(staff: Caller) -> None:
    book_id = new_book(copies=6)
    fulfillment.reserve(order_id=1, quantities={book_id: 4})
    finished(staff, staff.patch("inventory", {"status": "inactive"}))
    with pytest.raises(inventory.WarehouseInactive), transaction.atomic():
        fulfillment.reserve(order_id=2, quantities={book_id: 1})
    fulfillment.ship(order_id=1, quantities={book_id: 4})
    assert staff.get("inventory").json()["on_hand"]["book"] == 2


@pytest.mark.parametrize("name", FULL)
def test_each_setting_is_changed_alone(staff: Caller, name: str) -> None:
    finished(staff, staff.patch("inventory", {**FULL, "status": "active"}))
    before = staff.get("inventory").json()
    value = {"address": "Huế", "status": "inactive"}.get(name, 7)
    finished(staff, staff.patch("inventory", {name: value}))
    after = staff.get("inventory").json()
    if name in ("address", "status"):
        assert after == before | {name: value}
    else:
        room = before["capacity"] | {name.removesuffix("_quantity"): value}
        assert after == before | {"capacity": room, "remaining": room}


@pytest.mark.parametrize("body", [{}, None])
def test_an_empty_change_sets_up_and_changes_nothing_else(staff: Caller, body: Any) -> None:
    finished(staff, staff.patch("inventory", FULL))
    before = staff.get("inventory").json()
    job = finished(staff, staff.patch("inventory", body))
    assert job["state"] == "succeeded"
    assert job["result"] == before == staff.get("inventory").json()


def test_a_capacity_below_what_is_on_hand_fails_and_changes_nothing(staff: Caller) -> None:
    new_book(copies=6)
    before = staff.get("inventory").json()
    job = finished(staff, staff.patch("inventory", FULL | {"book_quantity": 5}))
    assert (job["state"], job["result"]) == ("failed", None)
    assert job["error"]["code"] == "capacity_below_stock"
    assert states(job) == {"set_up_warehouse": "failed"}
    assert staff.get("inventory").json() == before
    assert finished(staff, staff.patch("inventory", {"book_quantity": 6}))["state"] == "succeeded"
    assert staff.get("inventory").json()["remaining"]["book"] == 0


@pytest.mark.parametrize("name", ["book_quantity", "clothes_quantity", "electronic_quantity"])
def test_a_capacity_is_a_whole_number_to_a_thousand_million(staff: Caller, name: str) -> None:
    wrong = [value for value in NO_NUMBERS if value is True or value != 0]
    for value in (*wrong, 1_000_000_001):
        assert list(codes(staff.patch("inventory", {name: value}))) == [name]
    for limit in (1_000_000_000, 0):
        job = finished(staff, staff.patch("inventory", {name: limit}))
        assert job["result"]["capacity"][name.removesuffix("_quantity")] == limit


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "closed"}, {"status": "invalid_choice"}),
        ({"status": 1}, {"status": "invalid_choice"}),
        ({"status": None}, {"status": "null"}),
        ({"address": ""}, {"address": "blank"}),
        ({"address": "a\nb"}, {"address": "invalid"}),
        ({"address": 5}, {"address": "invalid"}),
        ({"address": "x" * 301}, {"address": "max_length"}),
        ({"capacity": {"book": 1}}, {"capacity": "unknown_field"}),
        ({"book_quantity": "1", "x": 1}, {"book_quantity": "invalid", "x": "unknown_field"}),
    ],
)
def test_input_is_strict(staff: Caller, body: dict[str, Any], expected: dict[str, str]) -> None:
    assert codes(staff.patch("inventory", body)) == expected
    assert not Job.objects.exists()


def test_an_address_is_kept_in_nfc(staff: Caller) -> None:
    job = finished(staff, staff.patch("inventory", {"address": "Hue\u0302\u0301"}))
    assert job["result"]["address"] == "Huế"


def test_a_repeat_is_the_same_job_and_runs_once(staff: Caller) -> None:
    first = staff.patch("inventory", {"address": "Huế"}, Idempotency_Key="a")
    run(job_of(first))
    finished(staff, staff.patch("inventory", {"address": "Hà Nội"}))
    again = staff.patch("inventory", {"address": "Huế"}, Idempotency_Key="a")
    assert again["Idempotent-Replayed"] == "true"
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "succeeded")
    assert staff.get("inventory").json()["address"] == "Hà Nội"
    other = staff.patch("inventory", {"address": "Vinh"}, Idempotency_Key="a")
    assert refused(other, 422, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
def test_room_is_taken_away_or_filled_but_not_both(staff: Caller) -> None:
    inventory.set_up(capacity={"book": 10})
    book_id = new_book()
    less = staff.patch("inventory", {"book_quantity": 4})
    more = staff.post("inventory/receipts", {"product_id": book_id, "quantity": 6})
    jobs = at_once(run, [job_of(less), job_of(more)])
    assert sorted(job.state for job in jobs) == ["failed", "succeeded"]
    house = staff.get("inventory").json()
    assert house["on_hand"]["book"] <= house["capacity"]["book"]


def test_only_staff_see_and_change_the_warehouse(anyone: Caller, customer: Caller) -> None:
    for method, body in (("GET", None), ("PATCH", {"status": "inactive"}), ("PATCH", {"x": 1})):
        assert refused(anyone.send(method, "inventory", body), 401, "not_authenticated")
        assert refused(customer.send(method, "inventory", body), 403, "forbidden")
    assert not Job.objects.exists()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_405(staff: Caller, method: str) -> None:
    assert refused(staff.send(method, "inventory"), 405, "method_not_allowed")
