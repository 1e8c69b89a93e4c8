"""GET /me/export."""

import json
import tracemalloc
from typing import Any

import pytest

from api import exporting
from shop.notifications.models import Notification
from tests.api.callers import Caller
from tests.shopping import bought, fill, new_buyer, refused, user_id
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db


def export(caller: Caller) -> dict[str, Any]:
    response = caller.get("me/export")
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.getvalue())
    return found


def listed(caller: Caller, path: str) -> list[Any]:
    found: list[Any] = caller.get(path).json()["results"]
    return found


def tell(caller: Caller, number: int, body: str = "đ") -> None:
    Notification.objects.bulk_create(
        Notification(
            customer_id=user_id(caller),
            subject=f"Tin {n}",
            body=body,
            job_id=f"01990000-0000-7000-8000-{n:012}",
        )
        for n in range(number)
    )


def test_all_that_is_kept_of_a_customer_is_in_it_as_elsewhere() -> None:
    customer, other = new_buyer(), new_buyer()
    orders = [bought(customer), bought(customer, token=None)]
    bought(other)
    fill(customer, {new_book(): 2})
    tell(customer, 3)
    found = export(customer)
    assert found["account"] == customer.get("me").json()
    assert found["cart"] == customer.get(f"carts/{customer.user_id}").json()
    assert len(found["cart"]["items"]) == 1
    assert found["orders"] == listed(customer, "orders")
    assert [order["id"] for order in found["orders"]] == [order["id"] for order in orders[::-1]]
    assert found["payments"] == listed(customer, f"orders/{orders[0]['id']}/payments")
    assert found["notifications"] == listed(customer, "notifications")
    assert len(found["notifications"]) >= 3
    assert found["jobs"] == listed(customer, "jobs")
    assert len(found["jobs"]) == 2
    assert found["sessions"] == listed(customer, "auth/sessions")
    assert len(found["sessions"]) == 1
    assert set(found) == {
        *("account", "cart", "orders", "payments", "notifications", "jobs", "sessions"),
    }


def test_it_is_a_file_that_nobody_caches(customer: Caller) -> None:
    response = customer.get("me/export")
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="bookshop-export.json"'
    assert response["Cache-Control"] == "no-store"
    assert int(response["Content-Length"]) == len(response.getvalue())


def test_nothing_secret_is_in_it(customer: Caller) -> None:
    text = json.dumps(export(customer))
    assert "password" not in text
    assert "jti" not in text


def test_whoever_has_nothing_has_an_account(staff: Caller) -> None:
    found = export(staff)
    assert (found["account"]["user_id"], found["cart"]) == (None, None)
    assert [found[name] for name in ("orders", "payments", "notifications", "jobs")] == [[]] * 4


@pytest.mark.parametrize("number", [4, 5])
def test_a_list_is_whole_whatever_its_length(
    customer: Caller, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    tell(customer, number)
    subjects = [one["subject"] for one in export(customer)["notifications"]]
    assert subjects == [f"Tin {n}" for n in reversed(range(number))]


def test_however_much_there_is_it_takes_little_memory(
    customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 20)
    tell(customer, 800, body="x" * 10_000)
    customer.get("me/export").getvalue()  # The first one imports what it needs.
    tracemalloc.start()
    try:
        response = customer.get("me/export")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = int(response["Content-Length"])
    assert len(response.getvalue()) == size
    assert size > 8_000_000
    assert peak < size / 2


def test_nobody_has_none(anyone: Caller) -> None:
    assert refused(anyone.get("me/export"), 401, "not_authenticated")
