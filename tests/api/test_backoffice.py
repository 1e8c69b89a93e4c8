"""The back office shows everything and changes nothing."""

import pytest
from django.test import Client

from shop.customers import services as customers
from shop.customers.models import Account


@pytest.fixture
def back_office(db: None) -> Client:
    """Return the browser of somebody who may see everything."""
    customers.ensure_staff(username="boss", email="boss@example.com", password="a-Long-1-word")
    client = Client()
    client.force_login(Account.objects.get(username="boss"))
    return client


@pytest.mark.parametrize(
    "lookup",
    [
        "customers/account/?password__startswith=a",
        "customers/login/?refresh_jti__startswith=a",
        "jobs/job/?input__user_id=1",
    ],
)
def test_the_back_office_lets_nobody_guess_at_what_it_hides(
    back_office: Client, lookup: str
) -> None:
    assert back_office.get(f"/admin/{lookup}").status_code == 400


@pytest.mark.parametrize(
    "table",
    [
        *("catalog/author", "catalog/category", "catalog/product", "catalog/book"),
        *("customers/account", "customers/customer", "customers/login", "carts/cart"),
        *("inventory/warehouse", "inventory/room", "inventory/stock", "inventory/reservation"),
        *("inventory/movement", "orders/order", "payments/payment", "sandbox/entry"),
        *("notifications/notification", "jobs/job"),
    ],
)
def test_the_back_office_shows_every_table_and_adds_to_none(
    back_office: Client, table: str
) -> None:
    assert back_office.get(f"/admin/{table}/").status_code == 200
    assert back_office.get(f"/admin/{table}/add/").status_code == 403
