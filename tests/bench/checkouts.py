"""Checkouts of three lines: how many, how long each takes, what each costs."""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tests.bench.client import Request
from tests.bench.counts import counted
from tests.bench.market import Buyer, Market
from tests.bench.rounds import Figures, Round, Rounds, medians
from tests.bench.running import RunningShop
from tests.bench.scale import Scale

KIND = "checkout"
PAYMENT = {"method": "card", "token": "tok_ok"}
PARTS_OF_SATURATION = {"quarter": 0.25, "half": 0.5}
# Connections of clients who come at a given rate: so many that none waits for another.
OPEN = 64
WARM_UP, COUNTED = 200, 100


class Checkouts:
    """Rounds of checkouts: at saturation, then one buyer alone, then at parts of saturation."""

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

    def measure(self, modes: Collection[str], *, beside: Callable[[], None]) -> dict[str, Any]:
        """Return what each of these took and cost: its rounds and their medians.

        Saturation is always measured: the others are parts of it. `beside` measures something else
        after each of its rounds.
        """
        jobs, connections = self._scale.jobs, self._scale.connections
        self._round(min(WARM_UP, jobs), connections)
        found: dict[str, Any] = {}
        found["saturated"] = self._repeat("saturated", jobs, connections, beside=beside)
        rate = found["saturated"]["median"]["finished_per_second"]
        if "alone" in modes:
            found["alone"] = self._repeat("1 client", max(20, jobs // 10), 1)
            found["alone"]["waiting_ms"] = self._waiting()
        for name, part in PARTS_OF_SATURATION.items():
            if name in modes:
                number = min(len(self._market.buyers), round(part * rate * self._scale.seconds))
                found[name] = self._repeat(f"{name} load", max(20, number), OPEN, part * rate)
        if "counts" in modes:
            number = min(COUNTED, jobs)
            found["counts"] = counted(self._stack, lambda: self._round(number, connections))
        return found

    def _repeat(
        self,
        name: str,
        number: int,
        connections: int,
        rate: float | None = None,
        *,
        beside: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        rounds = []
        for n in range(1, self._scale.rounds + 1):
            figures = self._round(number, connections, rate).figures(job_kind=KIND)
            rounds.append(figures)
            self._say(f"checkout, {name}, {n} of {self._scale.rounds}: {_short(figures)}")
            beside()
        return {"median": medians(rounds), "rounds": rounds}

    def _round(self, number: int, connections: int, rate: float | None = None) -> Round:
        buyers = self._market.some_buyers(number)
        self._market.fill_carts(buyers)
        return self._rounds.run(requests(buyers), connections=connections, rate=rate)

    def _waiting(self) -> float:
        """Return the median of what a client alone waits who asks to be answered at the end."""
        buyers = self._market.some_buyers(20)
        self._market.fill_carts(buyers)
        wanted = requests(buyers)
        for request in wanted:
            request.headers["Prefer"] = "wait=30"
        figures = self._rounds.run(wanted, connections=1).figures(job_kind=KIND)
        return figures["answer_ms.p50"]


def _short(figures: Figures) -> str:
    return (
        f"{figures['answered_per_second']:.0f}/s accepted,"
        f" {figures['finished_per_second']:.0f}/s finished,"
        f" accept p95 {figures['answer_ms.p95']:.0f} ms,"
        f" final p95 {figures['final_ms.p95']:.0f} ms,"
        f" {figures['cpu_ms.all']:.1f} ms of CPU each"
    )


def requests(buyers: Sequence[Buyer]) -> list[Request]:
    """Return a checkout of each buyer's cart."""
    return [
        Request(
            method="POST",
            path="/api/v1/checkouts",
            token=buyer.token,
            body=json.dumps({"user_id": buyer.user_id, "payment": PAYMENT}),
        )
        for buyer in buyers
    ]
