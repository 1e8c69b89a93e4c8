"""Many who want the same: popular books, one cart, and goods that arrive while they are sold."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench import checkouts
from tests.bench.client import Request
from tests.bench.market import Market
from tests.bench.rounds import Round, Rounds
from tests.bench.stack import Stack
from tests.bench.trouble import Trouble

BUYERS, POPULAR, REQUESTS = 200, 10, 100


@dataclass(frozen=True)
class Rush:
    """Requests that all come at once, and how many of them are to be answered how."""

    requests: list[Request]
    connections: int
    statuses: dict[int, int]
    jobs: dict[tuple[str, str], int] = field(default_factory=dict)


class Contention:
    """Each rush once; every one tells how fast it was, what went wrong, and whether it adds up."""

    def __init__(
        self, stack: Stack, rounds: Rounds, market: Market, *, say: Callable[[str], None]
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
            done = self._rounds.run(rush.requests, connections=rush.connections)
            found[name] = self._judged(rush, done) | self._trouble.since(mark)
            self._say(f"{name}: {found[name]}")
        return found

    def popular_books(self) -> Rush:
        """Return 200 buyers of three of the same ten books each."""
        buyers = self._market.some_buyers(BUYERS)
        self._market.fill_carts(buyers, products=self._popular)
        return Rush(
            checkouts.requests(buyers),
            connections=BUYERS,
            statuses={202: BUYERS},
            jobs={("checkout", "succeeded"): BUYERS, ("notification", "succeeded"): BUYERS},
        )

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
        return Rush([put] * REQUESTS, connections=REQUESTS, statuses={200: REQUESTS})

    def one_purchase(self) -> Rush:
        """Return the same customer who presses a hundred times at once to buy all of it."""
        buyer = self._market.buyers[0]
        copies = self._market.rows(
            "SELECT quantity FROM carts_cartitem JOIN carts_cart ON carts_cart.id = cart_id"
            " WHERE customer_id = %s",
            buyer.user_id,
        )
        return Rush(
            checkouts.requests([buyer]) * REQUESTS,
            connections=REQUESTS,
            # What was put into the cart before is all there, and is bought once.
            statuses={202: 1, 409: REQUESTS - 1} if copies == [(REQUESTS,)] else {},
            jobs={("checkout", "succeeded"): 1, ("notification", "succeeded"): 1},
        )

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
        mixed = [*rush.requests, *receipts]
        # Two purchases, then a receipt, and so on.
        mixed[2::3], rest = receipts, iter(rush.requests)
        for n in range(len(mixed)):
            if n % 3 != 2:
                mixed[n] = next(rest)
        return Rush(
            mixed,
            connections=BUYERS,
            statuses={202: len(mixed)},
            jobs={**rush.jobs, ("goods_receipt", "succeeded"): len(receipts)},
        )

    def _judged(self, rush: Rush, done: Round) -> dict[str, Any]:
        statuses = Counter(answer.status for answer in done.answers)
        number = sum(done.jobs.values())
        return {
            "answered_per_second": len(done.answers) / done.accepting,
            "jobs_per_second": number / done.finishing if number else None,
            "answer_ms_most": 1000 * max(answer.seconds for answer in done.answers),
            "statuses": {str(status): n for status, n in sorted(statuses.items())},
            "jobs": {" ".join(key): n for key, n in sorted(done.jobs.items())},
            "as_wanted": dict(statuses) == rush.statuses and dict(done.jobs) == rush.jobs,
        }


RUSHES: dict[str, Callable[[Contention], Rush]] = {
    "200 buyers of ten books": Contention.popular_books,
    "a customer's 100 cart changes": Contention.one_cart,
    "a customer's 100 checkouts": Contention.one_purchase,
    "the 200 buyers, and receipts": Contention.receipts_meanwhile,
}
