"""Processes that stand still, and how long clients then wait for an answer."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median, quantiles

import pytest

from api import turnstile
from tests.journeys.books import Books
from tests.journeys.client import Answer, Client, poll
from tests.journeys.processes import Shop, frozen

PURCHASES = 40
# More than are worked on and wait for it (api/turnstile.py), however short a moment.
CROWD = 300
SECONDS = 60.0


@contextmanager
def standing_still(shop: Shop, *names: str) -> Iterator[None]:
    """Freeze these processes with all that they have forked."""
    pids = [shop[name].pid for name in names]
    with frozen(*pids, *(child for name in names for child in shop[name].children())):
        yield


def purchases(buyers: Iterator[Client]) -> list[Answer]:
    """Have forty buy, one after the other."""
    answers = [next(buyers).ask_to_buy() for _ in range(PURCHASES)]
    assert {answer.status for answer in answers} == {202}
    return answers


@pytest.fixture
def buyers(shop: Shop, books: Books) -> Iterator[Client]:
    """Customers with something in their carts."""
    found = shop.customers(2 * PURCHASES)
    books.fill_carts([buyer.user_id for buyer in found], dict.fromkeys(shop.products(1), 1))
    return iter(found)


def told(what: str, seconds: list[float]) -> float:
    """Print the median and the 99th percentile, and return the latter."""
    p99 = quantiles(seconds, n=100, method="inclusive")[98]
    print(f"\n{what}: median {median(seconds):.3f} s, p99 {p99:.3f} s", end="")  # noqa: T201
    return p99


def compare(
    shop: Shop, books: Books, buyers: Iterator[Client], *names: str
) -> tuple[list[float], list[float]]:
    """Return how long the answers took with all at work, and then with some frozen."""
    before = [answer.seconds for answer in purchases(buyers)]
    books.await_all_final(seconds=SECONDS)
    with standing_still(shop, *names):
        during = [answer.seconds for answer in purchases(buyers)]
    books.await_all_final(seconds=SECONDS)
    assert books.differences() == []
    return before, during


def test_a_frozen_redis_costs_one_request_a_timeout(
    shop: Shop, books: Books, buyers: Iterator[Client]
) -> None:
    before, during = compare(shop, books, buyers, "redis")
    told("Redis at work", before)
    print(f"\nfirst purchase with a frozen Redis: {during[0]:.3f} s", end="")  # noqa: T201
    assert told("later ones", during[1:]) < 1
    assert median(during) < 3 * median(before) + 0.05
    assert during[0] < 2


def test_frozen_workers_are_not_noticed_by_who_buys(
    shop: Shop, books: Books, buyers: Iterator[Client]
) -> None:
    before, during = compare(shop, books, buyers, "worker-shop", "worker-outside")
    told("workers at work", before)
    told("workers frozen", during)
    assert median(during) < 3 * median(before) + 0.05


def test_of_a_crowd_before_a_frozen_postgres_those_who_cannot_wait_are_told_soon(
    shop: Shop,
) -> None:
    client = shop.anyone()

    def ask(_: int) -> Answer:
        return client.get("books")

    before = len(shop["gateway"].logs().splitlines())
    with ThreadPoolExecutor(CROWD) as pool:
        with standing_still(shop, "postgres"):
            asked = [pool.submit(ask, n) for n in range(CROWD)]
            poll(
                lambda: sum(one.done() for one in asked) >= CROWD - turnstile.WORKING,
                seconds=SECONDS,
                what="an answer for all but those whose turn it was",
            )
            assert client.get("/livez").status == 200
        answers = [one.result() for one in asked]
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.status for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert len(refused) >= CROWD - turnstile.WORKING
    slowest = max(answer.seconds for answer in refused)
    print(f"\nthe slowest of a crowd was told after {slowest:.3f} s", end="")  # noqa: T201
    # Those who waited in vain held all threads, as a burst may; the others did not wait as well.
    # They did not get as far as Django, which writes a line about each request.
    lines = [json.loads(line) for line in shop["gateway"].logs().splitlines()[before:]]
    assert sum(line["event"] == "request" for line in lines) < CROWD
    assert any(line["event"] == "turned_away" for line in lines)
    assert ask(0).status == 200
