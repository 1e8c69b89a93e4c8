"""What `make bench` measures, on the journeys' shop: found out when it no longer can."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench import checkouts, gauges
from tests.bench.counts import counted
from tests.bench.gauges import Gauges
from tests.bench.market import Buyer
from tests.bench.rounds import Round, Rounds
from tests.journeys.books import Books
from tests.journeys.client import Client
from tests.journeys.processes import Shop

CHECKOUTS = 6


@dataclass
class Running:
    """The journeys' shop as one that is measured."""

    shop: Shop

    @property
    def gateway_port(self) -> int:
        return urlsplit(self.shop.address).port or 0

    @property
    def database_url(self) -> str:
        return self.shop.postgres.url

    @property
    def redis_url(self) -> str:
        return self.shop.redis.url

    @property
    def postgres_log(self) -> Path:
        return self.shop.postgres.log

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.shop.processes.items()}


def test_a_round_is_measured_and_its_statements_are_counted(shop: Shop, books: Books) -> None:
    running = Running(shop)
    products = dict.fromkeys(shop.products(3), 1)

    def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in books.rows(query, *values)]

    def run(customers: list[Client]) -> Round:
        buyers = [Buyer(customer.user_id, customer.token) for customer in customers]
        books.fill_carts([buyer.user_id for buyer in buyers], products)
        with closing(Gauges(running)) as readings:
            rounds = Rounds(running, readings, rows=rows)
            return rounds.run(checkouts.requests(buyers), connections=2)

    done = run(shop.customers(CHECKOUTS))
    found = done.figures(job_kind=checkouts.KIND)
    assert len(done.finals) == CHECKOUTS
    assert all(0 < seconds < 60 for seconds in done.finals)
    assert done.jobs == {("checkout", "succeeded"): 6, ("notification", "succeeded"): 6}
    assert {"cpu_ms.gateway", "cpu_ms.postgres", "cpu_ms.worker-shop"} <= set(found)
    assert 1 < found["cpu_ms.all"] < 10_000
    assert found["messages"] > 0
    assert found["wal_bytes"] > 1000
    assert sum(gauges.memory_bytes(running.pids()).values()) > 100 * 2**20

    counts = counted(running, lambda: run(shop.customers(CHECKOUTS)))
    # How many there are is pinned in test_costs.py; what is done together is shared here.
    assert counts["commits.gateway"] == 1
    assert 1 <= counts["statements.gateway"] < 10
    assert 1 < counts["statements.worker"] < 60
    assert 0 < counts["commits.worker"] < 10
