"""What each operation costs in a shop that was just opened, and as it grows."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote_plus

from django.core import signing
from django.db import connection

from shop.core import text
from tasks.generator import growing
from tests.bench import checkouts, plans
from tests.bench.client import Request
from tests.bench.market import Market
from tests.bench.operations import OPERATIONS
from tests.bench.rounds import Figures, Rounds

SEED = 1
REQUESTS = 60
SHOWN = ("answer_ms.p50", "answer_ms.p95", "cpu_ms.all", "cpu_ms.postgres")
# For each book so many.
CUSTOMERS, ORDERS, JOBS = 1, 5, 10
Make = Callable[[Market, random.Random], list[Request]]


def _get(market: Market, paths: Sequence[str]) -> list[Request]:
    return [Request(method="GET", path=f"/api/v1/{path}", token=market.staff) for path in paths]


def _same(path: str) -> Make:
    return lambda market, chance: _get(market, [path] * REQUESTS)


def _one_of(table: str, path: str, column: str = "id") -> Make:
    """Return how to read things that lie anywhere in the table."""

    def make(market: Market, chance: random.Random) -> list[Request]:
        found = _sample(market, table, column)
        return _get(market, [path.format(chance.choice(found)) for _ in range(REQUESTS)])

    return make


def _deep(table: str, path: str, order: str, column: str = "id") -> Make:
    """Return how to read pages that begin anywhere in a list."""

    def make(market: Market, chance: random.Random) -> list[Request]:
        # As `api/pagination.py` signs it: another would be refused.
        salt = f"cursor:/api/v1/{path}:{order}"
        keys = [chance.choice(_sample(market, table, column)) for _ in range(REQUESTS)]
        signer = signing.Signer(salt=salt)
        cursors = [signer.sign_object([False, [["i", key]]]) for key in keys]
        return _get(market, [f"{path}?cursor={quote_plus(cursor)}" for cursor in cursors])

    return make


def _sample(market: Market, table: str, column: str) -> list[Any]:
    rows = market.rows(f"SELECT {column} FROM {table} TABLESAMPLE SYSTEM_ROWS(500)")  # noqa: S608
    return [row[0] for row in rows]


def _search(term: Callable[[list[str], random.Random], str]) -> Make:
    """Return how to look for what is made of the titles that there are."""

    def make(market: Market, chance: random.Random) -> list[Request]:
        titles = _sample(market, "catalog_product", "title")
        terms = [quote_plus(term(titles, chance)) for _ in range(REQUESTS)]
        return [Request(method="GET", path=f"/api/v1/books?search_term={one}") for one in terms]

    return make


def _common(titles: list[str], chance: random.Random) -> str:
    found = Counter(word for title in titles for word in text.words(title))
    return chance.choice([word for word, _ in found.most_common(5)])


def _rare(titles: list[str], chance: random.Random) -> str:
    found = Counter(word for title in titles for word in text.words(title) if len(word) > 3)
    return chance.choice(found.most_common()[-50:])[0]


def _begun(titles: list[str], chance: random.Random) -> str:
    title = chance.choice([title for title in titles if len(title) > 8])
    return title[: 2 * len(title) // 3]


def _mistyped(titles: list[str], chance: random.Random) -> str:
    word = _rare(titles, chance)
    at = chance.randrange(1, len(word))
    return word[:at] + chance.choice("qxz") + word[at + 1 :]


# By name; of lists the first page, and one that begins anywhere.
READS: dict[str, Make] = {
    "a whole title": _search(lambda titles, chance: chance.choice(titles)),
    "a title without accents": _search(lambda titles, chance: text.fold(chance.choice(titles))),
    "a title begun": _search(_begun),
    "a rare word": _search(_rare),
    "a common word": _search(_common),
    "a rare and a common word": _search(
        lambda titles, chance: f"{_common(titles, chance)} {_rare(titles, chance)}"
    ),
    "a mistyped word": _search(_mistyped),
    "one letter": _search(lambda titles, chance: text.fold(chance.choice(titles))[:1]),
    "two letters": _search(lambda titles, chance: text.fold(chance.choice(titles))[:2]),
    "a book": _one_of("catalog_book", "books/{}", "product_id"),
    "books": _same("books"),
    "books, deep": _deep("catalog_book", "books", "-product_id", "product_id"),
    "authors by name": _same("authors?author_name=nguyen"),
    "an order": _one_of("orders_order", "orders/{}"),
    "orders": _same("orders"),
    "orders, deep": _deep("orders_order", "orders", "-id"),
    "orders by status": _same("orders?status=pending"),
    "a customer's orders": _one_of("customers_customer", "orders?user_id={}"),
    "a customer's notices": _one_of("customers_customer", "notifications?user_id={}"),
    "a job": _one_of("jobs_job", "jobs/{}"),
    "jobs": _same("jobs"),
    "jobs by kind": _same("jobs?kind=checkout"),
    "jobs by state": _same("jobs?state=cancelled"),
    "jobs under way": _same("jobs?state=waiting"),
    "movements": _same("inventory/movements"),
    "stock, deep": _deep("inventory_stock", "inventory/items", "-product_id", "product_id"),
}


class Growth:
    """Each operation by one client alone, at each size; and what PostgreSQL says of recovery."""

    def __init__(self, rounds: Rounds, market: Market, *, say: Callable[[str], None]) -> None:
        self._rounds = rounds
        self._market = market
        self._say = say
        self._chance = random.Random(SEED)

    def stages(self, sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield, for the shop as it is and for each number of books, what there is and costs."""
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS tsm_system_rows")
        yield self._measured()
        for books in sorted(sizes):
            # Who buys in the bench comes on top.
            customers = len(self._market.buyers) + CUSTOMERS * books
            size = growing.Size(books, customers, ORDERS * books, JOBS * books)
            growing.grow(size=size, seed=SEED, tell=self._tell)
            yield self._measured()

    def _tell(self, what: str, there: int, wanted: int) -> None:
        if there * 10 // wanted != (there - growing.BATCHES[what]) * 10 // wanted:
            self._say(f"{what}: {there} of {wanted}")

    def _measured(self) -> dict[str, Any]:
        size = growing.counts()
        self._say(", ".join(f"{number} {name}" for name, number in size.items()))
        costs: dict[str, Figures] = {}
        for name, make in {"checkouts": _checkouts, "cart changes": _cart_changes, **READS}.items():
            kind = "checkout" if name == "checkouts" else None
            self._rounds.run(make(self._market, self._chance)[:10], connections=1)  # Warm-up.
            done = self._rounds.run(make(self._market, self._chance), connections=1)
            figures = done.figures(job_kind=kind)
            costs[name] = {what: figures[what] for what in SHOWN}
            self._say(f"{name}: " + ", ".join(f"{k} {v:.1f}" for k, v in costs[name].items()))
        return {"size": size, "costs": costs, "plans": plans.measured()}


def _checkouts(market: Market, chance: random.Random) -> list[Request]:
    buyers = market.some_buyers(REQUESTS)
    market.fill_carts(buyers)
    return checkouts.requests(buyers)


def _cart_changes(market: Market, chance: random.Random) -> list[Request]:
    return OPERATIONS["cart_changes"].make(market, REQUESTS, str(chance.random()))
