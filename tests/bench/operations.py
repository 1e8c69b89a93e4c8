"""What customers and staff do beside buying: registrations, receipts, carts, looking, searching."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shop.customers import hashing
from tests.bench.client import Request
from tests.bench.counts import counted
from tests.bench.market import Market
from tests.bench.rounds import Round, Rounds, medians
from tests.bench.running import RunningShop
from tests.bench.scale import Scale

HASHES = 20
COUNTED = 20


@dataclass(frozen=True)
class Operation:
    """How its requests are made; the kind of job that each starts, if any; how many per checkout.

    `make` is told how many and which time it is: no registration can be sent twice.
    """

    make: Callable[[Market, int, str], list[Request]]
    job_kind: str | None = None
    part: float = 1.0


def _registrations(market: Market, number: int, time_: str) -> list[Request]:
    person = {
        "password": "bread-and-roses-7",
        "address": "12 Tran Phu",
        "city": "Hue",
        "country": "VN",
        "first_name": "Lan",
        "last_name": "Tran",
    }
    names = [f"bench-{time_}-{n}" for n in range(number)]
    return [
        Request(
            method="POST",
            path="/api/v1/registrations",
            body=json.dumps({**person, "username": name, "email": f"{name}@example.org"}),
        )
        for name in names
    ]


def _receipts(market: Market, number: int, time_: str) -> list[Request]:
    chosen = random.Random(time_).choices(market.products, k=number)
    return [
        Request(
            method="POST",
            path="/api/v1/inventory/receipts",
            token=market.staff,
            body=json.dumps({"product_id": product, "quantity": 1}),
        )
        for product in chosen
    ]


def _cart_changes(market: Market, number: int, time_: str) -> list[Request]:
    chance = random.Random(time_)
    return [
        Request(
            method="POST",
            path=f"/api/v1/carts/{buyer.user_id}/items",
            token=buyer.token,
            body=json.dumps({"product_id": chance.choice(market.products), "quantity": 1}),
        )
        for buyer in market.some_buyers(number)
    ]


def _job_polls(market: Market, number: int, time_: str) -> list[Request]:
    # Staff may look at every job, which costs what it costs its owner.
    found = market.rows("SELECT id FROM jobs_job WHERE kind = 'checkout' LIMIT %s", number)
    chosen = random.Random(time_).choices([str(row[0]) for row in found], k=number)
    return [
        Request(method="GET", path=f"/api/v1/jobs/{job_id}", token=market.staff)
        for job_id in chosen
    ]


def _searches(market: Market, number: int, time_: str) -> list[Request]:
    terms = random.Random(time_).choices(TERMS, k=number)
    return [Request(method="GET", path=f"/api/v1/books?search_term={term}") for term in terms]


# Words of the sample's titles, authors and categories, and beginnings of such.
TERMS = ("nha+gia+kim", "tran", "nguyen", "tieu+thuyet", "du+lich", "to", "the", "mot", "ch")
OPERATIONS = {
    "registrations": Operation(_registrations, job_kind="registration", part=0.25),
    "receipts": Operation(_receipts, job_kind="goods_receipt", part=0.5),
    "cart_changes": Operation(_cart_changes),
    "job_polls": Operation(_job_polls),
    "searches": Operation(_searches),
}


class Operations:
    """Rounds of each operation: at saturation, and of one client alone."""

    def __init__(
        self,
        stack: RunningShop,
        rounds: Rounds,
        market: Market,
        *,
        scale: Scale,
        say: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._rounds = rounds
        self._market = market
        self._scale = scale
        self._say = say
        self._time = 0

    def measure(self, name: str) -> dict[str, Any]:
        """Return what it took and cost; of a registration, also what hashing a password does."""
        operation = OPERATIONS[name]
        number = max(COUNTED, round(operation.part * self._scale.jobs))
        self._round(operation, max(COUNTED, number // 5), self._scale.connections)  # Warm-up.
        found: dict[str, Any] = {}
        for mode, size, connections in (
            ("saturated", number, self._scale.connections),
            ("alone", max(COUNTED, number // 5), 1),
        ):
            rounds = [
                self._round(operation, size, connections).figures(job_kind=operation.job_kind)
                for _ in range(self._scale.rounds)
            ]
            found[mode] = {"median": medians(rounds), "rounds": rounds}
            middle = found[mode]["median"]
            self._say(
                f"{name}, {mode}: {middle['answered_per_second']:.0f}/s,"
                f" p95 {middle['answer_ms.p95']:.0f} ms, {middle['cpu_ms.all']:.1f} ms of CPU each"
            )
        found["counts"] = counted(self._stack, lambda: self._round(operation, COUNTED, 1))
        if name == "registrations":
            found["hash_ms"] = hash_ms()
        return found

    def _round(self, operation: Operation, number: int, connections: int) -> Round:
        self._time += 1
        requests = operation.make(self._market, number, str(self._time))
        return self._rounds.run(requests, connections=connections)


def hash_ms() -> float:
    """Return the CPU time that hashing a password takes, in milliseconds."""
    begun = time.process_time()
    for n in range(HASHES):
        hashing.hash_password(password=f"bread-and-roses-{n}")
    return 1000 * (time.process_time() - begun) / HASHES
