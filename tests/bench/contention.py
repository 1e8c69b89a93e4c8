"""Many who want the same: popular books, one cart, and goods that arrive while they are sold."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench import checkouts
from tests.bench.client import Request
from tests.bench.market import Market
from tests.bench.rounds import Round, Rounds
from tests.bench.running import RunningShop
from tests.bench.trouble import Trouble

BUYERS, POPULAR, REQUESTS = 200, 10, 100
COPIES_IN_CART = """
    SELECT quantity FROM carts_cartitem JOIN carts_cart ON carts_cart.id = cart_id
    WHERE customer_id = %s"""
COPIES_BOUGHT = """
    SELECT quantity FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
    WHERE customer_id = %s ORDER BY o.id DESC LIMIT 1"""
# The jobs that come of what is accepted.
STARTS = {
    "/api/v1/checkouts": ("checkout", "notification"),
    "/api/v1/inventory/receipts": ("goods_receipt",),
}


@dataclass(frozen=True)
class Rush:
    """Requests that all come at once, and whether the answers to them are right, by status.

    Those that were told to come again are not among them.
    """

    requests: list[Request]
    is_right: Callable[[Counter[int]], bool]


def judged(rush: Rush, done: Round) -> dict[str, Any]:
    """Return what came of a rush, and whether answers and jobs are as they should be."""
    again = sum(one.retry_after is not None and one.status >= 429 for one in done.answers)
    statuses = Counter(one.status for one in done.answers if one.status not in (429, 503))
    jobs: Counter[tuple[str, str]] = Counter()
    for request, answer in zip(rush.requests, done.answers, strict=True):
        if answer.status == 202:
            jobs.update((kind, "succeeded") for kind in STARTS[request.path])
    is_whole = statuses.total() + again == len(done.answers)
    return {
        "answered_per_second": len(done.answers) / done.accepting,
        "jobs_per_second": jobs.total() / done.finishing if jobs else None,
        "answer_ms_most": 1000 * max(answer.seconds for answer in done.answers),
        "come_again": again,
        "statuses": {str(status): n for status, n in sorted(statuses.items())},
        "jobs": {" ".join(key): n for key, n in sorted(done.jobs.items())},
        "as_wanted": is_whole and rush.is_right(statuses) and done.jobs == jobs,
    }


class Contention:
    """Each rush once; every one tells how fast it was, what went wrong, and whether it adds up."""

    def __init__(
        self, stack: RunningShop, rounds: Rounds, market: Market, *, say: Callable[[str], None]
    ) -> None:
        self._rounds = rounds
        self._market = market
        self._say = say
        self._trouble = Trouble(stack)
        self._popular = market.products[:POPULAR]

    def measure(self) -> dict[str, Any]:
        """Return what came of each rush, by name."""
        found: dict[str, Any] = {}
        for name, prepare in RUSHES.items():
            rush, mark = prepare(self), self._trouble.mark()
            done = self._rounds.run(rush.requests, connections=len(rush.requests))
            found[name] = judged(rush, done) | self._trouble.since(mark)
            self._say(f"{name}: {found[name]}")
        return found

    def popular_books(self) -> Rush:
        """Return 200 buyers of three of the same ten books each."""
        buyers = self._market.some_buyers(BUYERS)
        self._market.fill_carts(buyers, products=self._popular)
        return Rush(checkouts.requests(buyers), lambda statuses: set(statuses) == {202})

    def one_cart(self) -> Rush:
        """Return one customer who puts a book into the cart a hundred times at once."""
        buyer = self._market.buyers[0]
        self._market.fill_carts([buyer], lines=0)
        put = Request(
            method="POST",
            path=f"/api/v1/carts/{buyer.user_id}/items",
            token=buyer.token,
            body=json.dumps({"product_id": self._popular[0], "quantity": 1}),
        )

        def is_right(statuses: Counter[int]) -> bool:
            return set(statuses) == {200} and self._copies(COPIES_IN_CART) == statuses[200]

        return Rush([put] * REQUESTS, is_right)

    def one_purchase(self) -> Rush:
        """Return the same customer who presses a hundred times at once to buy all of it."""
        copies = self._copies(COPIES_IN_CART)

        def is_right(statuses: Counter[int]) -> bool:
            once = statuses[202] == 1 and set(statuses) <= {202, 409}
            return once and self._copies(COPIES_BOUGHT) == copies

        return Rush(checkouts.requests(self._market.some_buyers(1)) * REQUESTS, is_right)

    def receipts_meanwhile(self) -> Rush:
        """Return 200 buyers of the ten books while staff take more copies of them into stock."""
        rush = self.popular_books()
        receipts = [
            Request(
                method="POST",
                path="/api/v1/inventory/receipts",
                token=self._market.staff,
                body=json.dumps({"product_id": self._popular[n % POPULAR], "quantity": 1}),
            )
            for n in range(BUYERS // 2)
        ]
        buying = iter(rush.requests)
        mixed = [one for receipt in receipts for one in (next(buying), next(buying), receipt)]
        return Rush(mixed, rush.is_right)

    def _copies(self, query: str) -> int:
        """Return how many copies the first customer has in the cart, or bought last."""
        found = self._market.rows(query, self._market.buyers[0].user_id)
        return int(found[0][0]) if found else 0


RUSHES: dict[str, Callable[[Contention], Rush]] = {
    "200 buyers of ten books": Contention.popular_books,
    "a customer's 100 cart changes": Contention.one_cart,
    "a customer's 100 checkouts": Contention.one_purchase,
    "the 200 buyers, and receipts": Contention.receipts_meanwhile,
}
