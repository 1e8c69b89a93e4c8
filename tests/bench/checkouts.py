"""Checkouts of three lines: how many, how long each takes, what each costs."""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tests.bench.client import Request
from tests.bench.market import Buyer, Market
from tests.bench.rounds import Figures, Rounds, medians

KIND = "checkout"
PAYMENT = {"method": "card", "token": "tok_ok"}
PARTS_OF_SATURATION = {"quarter": 0.25, "half": 0.5}
# Connections of clients who come at a given rate: so many that none waits for another.
OPEN = 64


class Checkouts:
    """Rounds of checkouts: at saturation, then one buyer alone, then at parts of saturation."""

    def __init__(
        self,
        rounds: Rounds,
        market: Market,
        *,
        number: int,
        times: int,
        seconds: float,
        connections: int,
        say: Callable[[str], None],
    ) -> None:
        self._rounds = rounds
        self._market = market
        self._number = number
        self._times = times
        self._seconds = seconds
        self._connections = connections
        self._say = say

    def measure(self, modes: Collection[str]) -> dict[str, Any]:
        """Return what each of them took and cost: its rounds and their medians.

        Saturation is always measured: the others are parts of it.
        """
        self._round(min(200, self._number), connections=self._connections)  # Warm-up.
        found = {"saturated": self._repeat("saturated", self._number, self._connections)}
        rate = found["saturated"]["median"]["finished_per_second"]
        if "alone" in modes:
            found["alone"] = self._repeat("1 client", max(20, self._number // 10), 1)
        for name, part in PARTS_OF_SATURATION.items():
            if name in modes:
                number = min(self._most, max(20, round(part * rate * self._seconds)))
                found[name] = self._repeat(f"{name} load", number, OPEN, rate=part * rate)
        return found

    @property
    def _most(self) -> int:
        return len(self._market.buyers)

    def _repeat(
        self, name: str, number: int, connections: int, *, rate: float | None = None
    ) -> dict[str, Any]:
        rounds = []
        for n in range(1, self._times + 1):
            figures = self._round(number, connections=connections, rate=rate)
            rounds.append(figures)
            self._say(
                f"checkout, {name}, {n} of {self._times}:"
                f" {figures['answered_per_second']:.0f}/s accepted,"
                f" {figures['finished_per_second']:.0f}/s finished,"
                f" accept p95 {figures['answer_ms.p95']:.0f} ms,"
                f" final p95 {figures['final_ms.p95']:.0f} ms,"
                f" {figures['cpu_ms.all']:.1f} ms of CPU each"
            )
        return {"median": medians(rounds), "rounds": rounds}

    def _round(self, number: int, *, connections: int, rate: float | None = None) -> Figures:
        buyers = self._market.buyers[:number]
        self._market.fill_carts(buyers)
        done = self._rounds.run(requests(buyers), connections=connections, rate=rate)
        return done.figures(job_kind=KIND)


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
