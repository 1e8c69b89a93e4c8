"""What is in the shop before the first test. Runs in a process of its own, on the shop's database.

Customers are made directly, with access tokens: hashing hundreds of passwords would take longer
than all the journeys.
"""

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.db import transaction

from shop.carts import services as carts
from shop.catalog import services as catalog
from shop.catalog.services import Entry
from shop.inventory import services as inventory
from tests.api import callers

COPIES = 1000


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
    buyers = [callers.new_customer() for _ in range(customers)]
    for buyer in buyers:
        carts.create_cart(user_id=buyer.user_id or 0)
    return {
        "staff": token(callers.new_staff()),
        "customers": [(buyer.user_id, token(buyer)) for buyer in buyers],
        "products": books,
    }


def token(caller: callers.Caller) -> str:
    return caller.headers["Authorization"].removeprefix("Bearer ")
