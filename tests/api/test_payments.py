"""`GET /payments/{id}` and `GET /orders/{order_id}/payments` (6)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from shop.payments import services as payments
from tests.api.callers import Caller, codes
from tests.shopping import UNKNOWN_ID, bought, new_buyer, refused, same_answer

pytestmark = pytest.mark.django_db


def add(order: dict[str, Any], key: str, status: str = "declined") -> int:
    """Note another payment of the order."""
    return payments.record(
        order_id=order["id"],
        key=key,
        method="card",
        amount=Decimal(order["total"]),
        currency=order["currency"],
        charge_status=status,
    )


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [payment["id"] for payment in response.json()["results"]]


def test_a_payment_is_shown_whole() -> None:
    buyer = new_buyer()
    order = bought(buyer)
    response = buyer.get(f"payments/{order['payment']['id']}")
    assert response.status_code == 200
    payment = response.json()
    assert payment == {
        "id": order["payment"]["id"],
        "order_id": order["id"],
        "provider": "sandbox",
        "method": "card",
        "status": "captured",
        "amount": "50000",
        "refunded": "0",
        "currency": "VND",
        "created_at": payment["created_at"],
    }
    assert payment["created_at"].endswith("Z")
    at = datetime.fromisoformat(payment["created_at"])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert order["payment"] == payment
    assert buyer.get(f"orders/{order['id']}/payments").json() == {
        "next": None,
        "previous": None,
        "results": [payment],
    }


def test_a_declined_payment_is_kept() -> None:
    buyer = new_buyer()
    order = bought(buyer, token="tok_declined")
    payment = buyer.get(f"payments/{order['payment']['id']}").json()
    assert (payment["status"], payment["refunded"]) == ("declined", "0")


def test_an_order_that_is_not_paid_yet_has_no_payments() -> None:
    buyer = new_buyer()
    order = bought(buyer, token=None)
    assert order["payment"] is None
    assert ids(buyer.get(f"orders/{order['id']}/payments")) == []


def test_the_payments_of_an_order_are_listed_the_newest_first() -> None:
    buyer = new_buyer()
    order, other = bought(buyer, token=None), bought(buyer)
    found = [add(order, "a"), add(order, "b"), add(order, "c", "captured")]
    assert ids(buyer.get(f"orders/{order['id']}/payments")) == found[::-1]
    assert ids(buyer.get(f"orders/{other['id']}/payments")) == [other["payment"]["id"]]


def test_an_order_shows_its_latest_payment(staff: Caller) -> None:
    buyer = new_buyer()
    order, other = bought(buyer, token=None), bought(buyer)
    add(order, "a")
    latest = add(order, "b", "captured")
    assert buyer.get(f"orders/{order['id']}").json()["payment"]["id"] == latest
    listed = {row["id"]: row["payment"]["id"] for row in staff.get("orders").json()["results"]}
    assert listed == {order["id"]: latest, other["id"]: other["payment"]["id"]}


def test_payments_come_in_pages() -> None:
    buyer = new_buyer()
    order = bought(buyer, token=None)
    found = [add(order, str(number)) for number in range(5)]
    path = f"orders/{order['id']}/payments"
    assert codes(buyer.get(f"{path}?status=captured")) == {"status": "unknown_field"}
    body = buyer.get(f"{path}?page_size=2").json()
    walked = [payment["id"] for payment in body["results"]]
    while body["next"]:
        body = buyer.get(body["next"].removeprefix("http://testserver")).json()
        walked += [payment["id"] for payment in body["results"]]
    assert walked == found[::-1]


def test_money_has_the_decimals_of_the_payments_currency(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "EUR"
    buyer = new_buyer()
    payment_id = bought(buyer)["payment"]["id"]
    settings.SHOP_CURRENCY = "VND"
    payment = buyer.get(f"payments/{payment_id}").json()
    assert (payment["amount"], payment["refunded"]) == ("50000.00", "0.00")
    assert payment["currency"] == "EUR"


def paths(order: dict[str, Any]) -> dict[str, str]:
    """The ways to the order's payment, each beside one that leads nowhere."""
    return {
        f"payments/{order['payment']['id']}": f"payments/{UNKNOWN_ID}",
        f"orders/{order['id']}/payments": f"orders/{UNKNOWN_ID}/payments",
    }


def test_staff_see_all_payments(staff: Caller) -> None:
    buyer = new_buyer()
    for path, nowhere in paths(bought(buyer)).items():
        assert same_answer(staff.get(path), buyer.get(path))
        assert refused(staff.get(nowhere), 404, "not_found")


def test_anothers_payments_do_not_exist(anyone: Caller) -> None:
    other = new_buyer()
    for path, nowhere in paths(bought(new_buyer())).items():
        found = other.get(path)
        assert refused(found, 404, "not_found")
        assert same_answer(found, other.get(nowhere))
        assert refused(anyone.get(path), 401, "not_authenticated")
        assert refused(anyone.get(nowhere), 401, "not_authenticated")


@pytest.mark.parametrize("payment_id", ["0", "-1", "abc", "1.0", str(2**63)])
def test_what_is_no_id_leads_nowhere(staff: Caller, payment_id: str) -> None:
    assert refused(staff.get(f"payments/{payment_id}"), 404, "not_found")
