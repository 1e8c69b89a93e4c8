"""What is in the shop before the first test. Runs in a process of its own, on the shop's database.

Customers are made directly, many at once, with access tokens: hashing so many passwords would take
longer than all the journeys.
"""

import json
import sys
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.db import transaction
from rest_framework_simplejwt.tokens import AccessToken

from api import authentication as tokens
from shop.carts.models import Cart
from shop.catalog import services as catalog
from shop.catalog.services import Entry
from shop.customers.models import Account, Address, Customer, FullName, Login
from shop.inventory import services as inventory

COPIES = 1000
# Rows in a statement, which takes 65,535 values at the most.
BATCH = 2_000
# Longer than any test: nobody here can log in again.
TOKENS_LIVE = timedelta(hours=12)


def main(customers: int, products: int) -> None:
    """Migrate an empty database and fill it; print who and what is there, as JSON."""
    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        answer = fill(customers, products)
    sys.stdout.write(f"{json.dumps(answer)}\n")


def fill(customers: int, products: int) -> dict[str, Any]:
    inventory.set_up(capacity={"book": 10_000_000})
    entries = [
        Entry(
            title=f"Quyển {number}",
            author_name="Nguyễn Du",
            category_name="Thơ",
            published_date=date(1820, 1, 1),
            price=Decimal(10_000 + 1_000 * number),
        )
        for number in range(products)
    ]
    books = catalog.add_books(entries=entries)
    alchemist = Entry(
        title="Nhà giả kim",
        author_name="Paulo Coelho",
        category_name="Tiểu thuyết",
        published_date=date(1988, 1, 1),
        price=Decimal(79_000),
    )
    stock = [*books, *catalog.add_books(entries=[alchemist])]
    inventory.receive_many(quantities=dict.fromkeys(stock, COPIES))
    (staff,) = accounts("staff", 1, is_staff=True)
    return {
        "staff": access_tokens([staff])[0],
        "customers": make_customers(customers),
        "products": books,
    }


def make_customers(number: int, *, name: str = "reader") -> list[tuple[int, str]]:
    """Make customers, each with a cart; return their ids and tokens."""
    made_accounts = accounts(name, number)
    names = FullName.objects.bulk_create(
        FullName(first_name="An", last_name="Nguyễn") for _ in made_accounts
    )
    places = Address.objects.bulk_create(
        Address(address="1 Tràng Tiền", city="Hà Nội", country="VN") for _ in made_accounts
    )
    made = Customer.objects.bulk_create(
        Customer(account=account, fullname=name, address=place)
        for account, name, place in zip(made_accounts, names, places, strict=True)
    )
    Cart.objects.bulk_create(Cart(customer=customer) for customer in made)
    return [(one.pk, token) for one, token in zip(made, access_tokens(made_accounts), strict=True)]


def accounts(name: str, number: int, *, is_staff: bool = False) -> list[Account]:
    """Make accounts that no password opens."""
    return Account.objects.bulk_create(
        [
            Account(
                username=f"{name}{n}",
                email=f"{name}{n}@example.org",
                password="!",
                is_staff=is_staff,
                # Who does everything, as the staff login of `make run` does.
                is_superuser=is_staff,
            )
            for n in range(1, number + 1)
        ],
        batch_size=BATCH,
    )


def access_tokens(owners: list[Account]) -> list[str]:
    """Log each in, and return the access tokens."""
    AccessToken.lifetime = TOKENS_LIVE
    fresh = [tokens.new_refresh_token() for _ in owners]
    logins = Login.objects.bulk_create(
        [
            Login(
                account=account, refresh_jti=tokens.jti(token), expires_at=tokens.expires_at(token)
            )
            for account, token in zip(owners, fresh, strict=True)
        ],
        batch_size=BATCH,
    )
    return [
        tokens.pair(token, login_id=login.pk)["access"]
        for token, login in zip(fresh, logins, strict=True)
    ]
