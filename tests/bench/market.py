"""Who buys, what is sold, and the carts: made past the API, before anything is measured."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from shop.inventory import services as inventory
from tests.journeys import seed

BOOKS = 500
COPIES = 1_000_000
ROOM = 2_000_000_000
LINES = 3
FILLED = (
    *("customers_account", "customers_customer", "customers_fullname", "customers_address"),
    *("customers_login", "carts_cart", "catalog_product", "inventory_stock"),
)


@dataclass(frozen=True)
class Buyer:
    """A customer, with an access token that outlives the bench."""

    user_id: int
    token: str


class Market:
    """Some books, all of the sample's where there are no others, a million copies of each, and so
    many buyers."""

    def __init__(self, database_url: str, *, buyers: int, chance: int) -> None:
        self._session = psycopg.connect(
            database_url, autocommit=True, application_name="bench-market"
        )
        self._random = random.Random(chance)
        sold = [row[0] for row in self.rows("SELECT product_id FROM catalog_book ORDER BY 1")]
        self.products = self._random.sample(sold, BOOKS) if len(sold) > BOOKS else sold
        inventory.set_up(capacity={"book": ROOM})
        inventory.receive_many(quantities=self._missing())
        # A shop that is kept has those of earlier runs.
        run = f"{time.time_ns()}-"
        (staff,) = seed.accounts(f"staff{run}", 1, is_staff=True)
        (self.staff,) = seed.access_tokens([staff])
        self.buyers = [Buyer(*one) for one in seed.make_customers(buyers, name=f"reader{run}")]
        # As autovacuum would have by the time that so many rows are there. Not the tables that are
        # still empty, which it leaves alone: sessions would plan to read them whole, for good.
        self._session.execute(f"ANALYZE {', '.join(FILLED)}".encode())

    def _missing(self) -> dict[int, int]:
        """Return how many copies of each product there are too few of."""
        free = dict(self.rows("SELECT product_id, on_hand - reserved FROM inventory_stock"))
        missing = {product: COPIES - free.get(product, 0) for product in self.products}
        return {product: number for product, number in missing.items() if number > 0}

    def close(self) -> None:
        self._session.close()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._session.execute(query.encode(), values).fetchall()

    def some_buyers(self, number: int) -> list[Buyer]:
        """Return so many of the buyers, the first. Raises ValueError when there are not so many."""
        if number > len(self.buyers):
            raise ValueError(f"{number} buyers are wanted, and there are {len(self.buyers)}")
        return self.buyers[:number]

    def fill_carts(
        self,
        buyers: Sequence[Buyer],
        *,
        lines: int = LINES,
        products: Sequence[int] | None = None,
    ) -> None:
        """Have each of these carts hold one copy of each of some books, and nothing else."""
        sold = products or self.products
        user_ids = [buyer.user_id for buyer in buyers]
        chosen = [self._random.sample(sold, lines) for _ in buyers]
        with self._session.transaction():
            self._session.execute(
                "DELETE FROM carts_cartitem USING carts_cart"
                " WHERE carts_cart.id = cart_id AND customer_id = ANY(%s)",
                [user_ids],
            )
            self._session.execute(
                "INSERT INTO carts_cartitem (cart_id, product_id, quantity)"
                " SELECT carts_cart.id, product, 1 FROM unnest(%s::bigint[], %s::bigint[])"
                " AS line (customer, product) JOIN carts_cart ON customer_id = customer",
                [
                    [user_id for user_id in user_ids for _ in range(lines)],
                    [product for books in chosen for product in books],
                ],
            )
