"""Put the sample's books on sale and on stock: in an empty shop, once, all or nothing."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import connection, transaction

from shop.catalog import selectors as catalog_reads
from shop.catalog import services as catalog
from shop.core import money
from shop.inventory import selectors as inventory_reads
from shop.inventory import services as inventory

BOOKS = Path(__file__).with_name("books.csv")
# The prices of the sample are in this currency.
CURRENCY = "VND"
# Room for some growth, in copies by kind of product.
CAPACITY = {"book": 50_000, "clothes": 20_000, "electronics": 20_000}
ADDRESS = "Phố Tràng Tiền, Hà Nội"


@dataclass(frozen=True, slots=True)
class SampleBook:
    """A line of the sample: a book as the catalog takes it, and how many copies come."""

    entry: catalog.Entry
    quantity: int


def load(*, tell: Callable[[str], None]) -> bool:
    """Load the sample into an empty shop that counts in VND; return whether it did.

    Whatever hinders it is told, in a sentence. May be repeated, also at the same time.
    """
    if money.currency() != CURRENCY:
        tell(f"the sample is in {CURRENCY}, the shop in {money.currency()}")
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever comes second waits here, and finds the shop filled.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('shop.sample', 0))")
        if catalog_reads.has_products():
            tell("the shop has products")
            return False
        if inventory_reads.warehouse()["status"] != "active":
            tell("the warehouse is inactive")
            return False
        listed = books()
        tell(f"putting {len(listed)} books on sale")
        ids = catalog.add_books(entries=[book.entry for book in listed])
        quantities = dict(zip(ids, (book.quantity for book in listed), strict=True))
        tell(f"taking {sum(quantities.values())} copies into stock")
        _make_room(sum(quantities.values()))
        inventory.receive_many(quantities=quantities)
    return True


def books() -> list[SampleBook]:
    """Return the sample's books in the file's order."""
    with BOOKS.open(encoding="utf-8", newline="") as file:
        return [_book(row) for row in csv.DictReader(file, strict=True)]


def _book(row: dict[str, str]) -> SampleBook:
    """Return the book of one line. A year alone stands for its first day."""
    first_published = row["first_published"]
    day = f"{first_published}-01-01" if len(first_published) == len("1988") else first_published
    entry = catalog.Entry(
        title=row["title"],
        author_name=row["author"],
        category_name=row["category"],
        published_date=date.fromisoformat(day),
        price=Decimal(row["price_vnd"]),
    )
    return SampleBook(entry, int(row["quantity"]))


def _make_room(copies: int) -> None:
    """Let the warehouse hold so many books; what an operator made larger stays as it is."""
    warehouse = inventory_reads.warehouse()
    wanted = {**CAPACITY, "book": max(CAPACITY["book"], copies)}
    larger = {kind: n for kind, n in wanted.items() if n > warehouse["capacity"].get(kind, 0)}
    inventory.set_up(address=warehouse["address"] or ADDRESS, capacity=larger)
