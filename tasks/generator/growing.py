"""Grow a shop, batch by batch, until it holds as much as is wanted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from shop.catalog import services as catalog
from shop.inventory import selectors as inventory_reads
from shop.inventory import services as inventory
from tasks.generator import statements, words

BATCHES = {"books": 2_000, "customers": 10_000, "orders": 5_000, "jobs": 20_000}
COPIES = 60
# Of four products of an order three copies each, and a hundred to spare of each that is short.
MOST_COPIES = 4 * (3 + 103)
LARGEST = 2**31 - 1
HISTORY = timedelta(days=730)
# What of a shop's numbers is looked at; jobs that ended, and no others, are made.
COUNTS = {
    "books": "SELECT count(*) FROM catalog_book",
    "customers": "SELECT count(*) FROM customers_customer",
    "orders": "SELECT count(*) FROM orders_order",
    "jobs": "SELECT count(*) FROM jobs_job WHERE finished_at IS NOT NULL",
}
Tell = Callable[[str, int, int], None]


class Busy(Exception):
    """Another process is growing the same shop."""


class NotPossible(Exception):
    """What is wanted cannot be made of what is there."""


@dataclass(frozen=True)
class Size:
    """How much there is to be in all, and not how much more."""

    books: int
    customers: int
    orders: int
    jobs: int


def counts() -> dict[str, int]:
    """Return how much there is."""
    return {name: int(_value(query)) for name, query in COUNTS.items()}


def grow(*, size: Size, seed: int, tell: Tell) -> None:
    """Make what is missing, each batch in a commit of its own.

    `tell` is told what grows, how many there are and are wanted. May be interrupted and repeated:
    it goes on with what is there. Raises Busy, NotPossible; as `inventory.receive_many` does.
    """
    with _alone():
        _grow_books(size.books, seed, tell)
        _grow_customers(size.customers, seed, tell)
        _grow_orders(size, seed, tell)
        _grow_jobs(size.jobs, seed, tell)
        # As autovacuum does sooner or later.
        _run("ANALYZE")


def _grow_books(wanted: int, seed: int, tell: Tell) -> None:
    for first, number in _batches("books", wanted, tell):
        with transaction.atomic():
            made = catalog.add_books(entries=words.entries(seed=seed, first=first, number=number))
            chance = Random(f"{seed} copies {first}")  # noqa: S311
            quantities = {book: chance.randint(5, COPIES) for book in made}
            _make_room(sum(quantities.values()))
            inventory.receive_many(quantities=quantities)


def _grow_customers(wanted: int, seed: int, tell: Tell) -> None:
    names = [name.capitalize() for name in words.syllables(seed)[: words.FIRST_WORDS]]
    for first, number in _batches("customers", wanted, tell):
        values = {"seed": seed, "first": first, "number": number, "words": names}
        with transaction.atomic():
            _run(statements.CUSTOMERS, values)


def _grow_orders(size: Size, seed: int, tell: Tell) -> None:
    there = counts()
    if there["orders"] >= size.orders:
        return
    known = _numbered()
    # A checkout and its notification each; the jobs of older orders were deleted long ago.
    recent = min(size.orders - there["orders"], max(0, size.jobs - there["jobs"]) // 2)
    before, now = there["orders"], _now()
    jobs_from = now - _kept()
    for wanted, begin, end in (
        (size.orders - recent, now - HISTORY, jobs_from),
        (size.orders, jobs_from, now),
    ):
        period = {"begin": begin, "end": end, "now": now, "all": wanted - before}
        for first, number in _batches("orders", wanted, tell):
            values = {"seed": seed, "first": first, "before": first - before, "number": number}
            with transaction.atomic():
                _order(values | known | period, with_jobs=begin == jobs_from)
        before = wanted


def _order(values: dict[str, Any], *, with_jobs: bool) -> None:
    """Make one batch of orders, with all that belongs to them."""
    _make_room(MOST_COPIES * values["number"])
    for statement in statements.ORDERS:
        _run(statement, values)
    if with_jobs:
        _run(statements.CHECKOUTS, values)
        _run(statements.NOTIFICATIONS, values)


def _numbered() -> dict[str, int]:
    """Give numbers to who buys and to what is sold, and return how many there are of each."""
    found = {}
    for table, statement in (("people", statements.PEOPLE), ("goods", statements.GOODS)):
        _run(f"DROP TABLE IF EXISTS pg_temp.{table}")
        _run(statement)
        for one in statements.NUMBERED:
            _run(one.format(table))
        found[table] = int(_value(f"SELECT count(*) FROM {table}"))  # noqa: S608 (ours)
    if not all(found.values()):
        raise NotPossible(
            "Orders need customers that were made here, and books in stock: ask for more of them."
        )
    return found


def _grow_jobs(wanted: int, seed: int, tell: Tell) -> None:
    for first, number in _batches("jobs", wanted, tell):
        now = _now()
        values = {"seed": seed, "first": first, "number": number, "left": number}
        with transaction.atomic():
            _run(statements.CHECKS, {**values, "begin": now - _kept(), "end": now})


def _kept() -> timedelta:
    """Return for how long jobs are there, somewhat less than the clean-up leaves them."""
    return timedelta(days=0.8 * settings.SHOP_JOBS_KEPT)


def _now() -> datetime:
    # All that is made has happened by now.
    return datetime.now(UTC) - timedelta(hours=1)


def _make_room(copies: int) -> None:
    """Let the warehouse hold so many more books, with some to spare."""
    house = inventory_reads.warehouse()
    needed = house["on_hand"]["book"] + copies
    if house["capacity"]["book"] < needed:
        inventory.set_up(capacity={"book": min(2 * needed, LARGEST)})


def _batches(what: str, wanted: int, tell: Tell) -> Iterator[tuple[int, int]]:
    """Yield how many there are and how many are to come next, until there are enough."""
    there = looked_at = counts()[what]
    while there < wanted:
        number = min(BATCHES[what], wanted - there)
        yield there, number
        there += number
        tell(what, there, wanted)
        # Otherwise this session goes on checking foreign keys as it did while the tables were
        # empty, by reading all of them, which took ten times as long.
        if there >= 2 * looked_at:
            _run("ANALYZE")
            looked_at = there


@contextmanager
def _alone() -> Iterator[None]:
    if not _value("SELECT pg_try_advisory_lock(hashtextextended('shop.generator', 0))"):
        raise Busy("Another process is growing this shop.")
    try:
        yield
    finally:
        _run("SELECT pg_advisory_unlock(hashtextextended('shop.generator', 0))")


def _run(statement: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _value(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]
