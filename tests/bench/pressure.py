"""Minutes of checkouts at a given rate: three times what the shop carries, or half of it."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg
import redis

from tests.bench import checkouts
from tests.bench.gauges import memory_bytes
from tests.bench.market import Buyer, Market
from tests.bench.rounds import Round, Rounds
from tests.bench.running import RunningShop
from tests.bench.trouble import Trouble

# Clients who ask at the same time, and how long each waits for an answer.
CLIENTS, PATIENCE = 400, 10.0
# The part of them that may give up.
UNANSWERED = 0.01
EVERY_SECONDS, MEMORY_SECONDS = 1.0, 15.0
QUEUES = ("customers", "orders", "inventory", "payments", "mail")
# Whoever bought buys again: three books by chance, each from another third of those on sale.
REFILL = """
    INSERT INTO carts_cartitem (cart_id, product_id, quantity)
    SELECT cart.id, (%(sold)s::bigint[])[1 + n * %(third)s + floor(random() * %(third)s)::int], 1
    FROM carts_cart cart, generate_series(0, 2) n
    WHERE customer_id = ANY(%(buyers)s)
    AND NOT EXISTS (SELECT FROM carts_cartitem item WHERE item.cart_id = cart.id)
    ON CONFLICT DO NOTHING"""
DEPTH = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
    FROM jobs_job WHERE due_at IS NOT NULL"""


@dataclass(frozen=True)
class Sample:
    """How things stood at a moment: jobs under way, the oldest's age, messages, memory."""

    at: float
    under_way: int
    oldest_seconds: float
    messages: int
    memory: dict[str, int] | None


def is_as_wanted(done: Round) -> bool:
    """Return whether all was accepted or told when to come again, and what was accepted succeeded.

    Hardly anybody goes away without an answer; who does may have been accepted, and then that
    succeeded too.
    """
    statuses = Counter(answer.status for answer in done.answers)
    ends = {state: n for (kind, state), n in done.jobs.items() if kind == checkouts.KIND}
    succeeded = ends.pop("succeeded", 0)
    return (
        set(statuses) <= {202, 429, 503, 0}
        and statuses[0] <= UNANSWERED * len(done.answers)
        and all(one.retry_after is not None for one in done.answers if one.status in (429, 503))
        and statuses[202] <= succeeded <= statuses[202] + statuses[0]
        and not ends
    )


class Pressure:
    """Runs of checkouts that last, with a look at queues and memory every now and then."""

    def __init__(
        self, stack: RunningShop, rounds: Rounds, market: Market, *, say: Callable[[str], None]
    ) -> None:
        self._stack = stack
        self._rounds = rounds
        self._market = market
        self._say = say
        self._trouble = Trouble(stack)
        self._samples: list[Sample] = []

    def measure(self, *, rate: float, minutes: float) -> dict[str, Any]:
        """Have so many checkouts a second come for so many minutes, and wait for all jobs' ends."""
        seconds = 60 * minutes
        buyers = self._market.buyers
        self._market.fill_carts(buyers)
        mark, self._samples = self._trouble.mark(), []
        with self._watching(buyers):
            done = self._rounds.run(
                checkouts.requests(buyers),
                connections=CLIENTS,
                rate=rate,
                number=round(rate * seconds),
                patience=PATIENCE,
                drain=600 + 10 * seconds,
            )
        return {
            "rate": rate,
            "seconds": seconds,
            **self._answers(done),
            "drain_seconds": done.finishing - done.accepting,
            "jobs": {" ".join(key): n for key, n in sorted(done.jobs.items())},
            "as_wanted": is_as_wanted(done),
            **self._trouble.since(mark),
            "most_under_way": max(sample.under_way for sample in self._samples),
            "memory": self._memory(until=done.accepting),
            "samples": [vars(sample) for sample in self._samples],
        }

    def _answers(self, done: Round) -> dict[str, Any]:
        statuses = Counter(str(answer.status) for answer in done.answers)
        seconds: dict[int, Counter[str]] = defaultdict(Counter)
        for answer in done.answers:
            seconds[int(answer.at + answer.seconds)][str(answer.status)] += 1
        again = [one for one in done.answers if one.status in (429, 503)]
        came = sorted(one.seconds for one in done.answers if one.status)
        accepted = statuses["202"]
        return {
            "statuses": dict(statuses),
            "told_when_to_come_again": sum(one.retry_after is not None for one in again),
            "not_told": sum(one.retry_after is None for one in again),
            "answered_ms": {
                name: 1000 * came[min(len(came) - 1, int(part * len(came)))]
                for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
            },
            "accepted_per_second": accepted / done.accepting,
            "finished_per_second": accepted / done.finishing,
            "by_second": {str(second): dict(seconds[second]) for second in sorted(seconds)},
        }

    def _memory(self, *, until: float) -> dict[str, dict[str, float]]:
        """Return each process's memory in the first and the last third of the load, and at the end.

        What grows by the hour is in the difference of the first two.
        """
        looked = [sample for sample in self._samples if sample.memory]
        loaded = [sample for sample in looked if sample.at <= until] or looked
        third = max(1, len(loaded) // 3)
        first, last = loaded[:third], loaded[-third:]
        hours = (last[len(last) // 2].at - first[len(first) // 2].at) / 3600

        def middle(samples: list[Sample], name: str) -> float:
            return median((sample.memory or {}).get(name, 0) for sample in samples)

        return {
            name: {
                "first_third": (begin := middle(first, name)),
                "last_third": (end := middle(last, name)),
                "after": (looked[-1].memory or {}).get(name, 0),
                "growth_an_hour": (end - begin) / hours if hours > 0 else 0.0,
            }
            for name in looked[-1].memory or {}
        }

    @contextmanager
    def _watching(self, buyers: list[Buyer]) -> Iterator[None]:
        """Refill carts and take samples for as long as this lasts."""
        over = threading.Event()
        failures: list[BaseException] = []

        def watch() -> None:
            try:
                self._watch(buyers, over)
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=watch, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)
        if failures:
            raise failures[0]

    def _watch(self, buyers: list[Buyer], over: threading.Event) -> None:
        refill = {
            "buyers": [buyer.user_id for buyer in buyers],
            "sold": self._market.products,
            "third": len(self._market.products) // 3,
        }
        begun_at, looked_at = time.monotonic(), float("-inf")
        with (
            psycopg.connect(self._stack.database_url, autocommit=True) as session,
            redis.Redis.from_url(self._stack.redis_url) as broker,
        ):
            while not over.is_set():
                now = time.monotonic()
                memory = None
                if now - looked_at >= MEMORY_SECONDS:
                    looked_at, memory = now, memory_bytes(self._stack.pids())
                session.execute(REFILL, refill)
                depth = session.execute(DEPTH).fetchone()
                assert depth
                sample = Sample(
                    at=now - begun_at,
                    under_way=depth[0],
                    oldest_seconds=depth[1],
                    messages=sum(int(broker.llen(name)) for name in QUEUES),
                    memory=memory,
                )
                self._samples.append(sample)
                if memory:
                    self._say(
                        f"{sample.under_way} jobs under way, the oldest for"
                        f" {sample.oldest_seconds:.0f} s, {sample.messages} messages,"
                        f" {sum(memory.values()) / 2**20:.0f} MiB"
                    )
                over.wait(max(0.0, now + EVERY_SECONDS - time.monotonic()))
