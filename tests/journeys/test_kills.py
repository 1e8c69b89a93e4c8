"""Processes killed without warning, and what everybody sees of it: a delay."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from threading import Thread

from pytest_celery import CeleryTestSetup

from tests.journeys.books import Books
from tests.journeys.client import Answer, Client, poll, together
from tests.journeys.processes import Shop

ORDERS = 100
# A lost message is sent again when its lease of 10 s has ended, then after 20 s, then after 40 s;
# what is under way when a fault ends is final within the minute that the contract gives it.
SECONDS = 60.0


class Sale:
    """A hundred checkouts that are sent from now on, four at a time."""

    def __init__(self, shop: Shop, books: Books) -> None:
        self.buyers = shop.customers(ORDERS)
        # Some cards are declined and some payments fail for a while, as in life.
        self.tokens = cycle(["tok_ok", "tok_ok", "tok_declined", "tok_ok", "tok_timeout"])
        self.jobs: dict[str, Client] = {}
        self.refused: list[Answer] = []
        self.wanted = {product: n for n, product in enumerate(shop.products(3), start=1)}
        self._books = books
        books.fill_carts([buyer.user_id for buyer in self.buyers], self.wanted)

    def _buy(self, pair: tuple[Client, str]) -> None:
        buyer, token = pair
        answer = buyer.ask_to_buy(token)
        if answer.status == 202:
            self.jobs[str(answer.body["id"])] = buyer
        else:
            self.refused.append(answer)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Have it go on in the background; at the end all hundred are sent."""
        pairs = list(zip(self.buyers, self.tokens, strict=False))
        sender = Thread(target=together, args=(self._buy, pairs), kwargs={"threads": 4})
        sender.start()
        try:
            yield
        finally:
            sender.join(SECONDS)
            assert not sender.is_alive(), "the gateway does not answer"

    def await_middle(self) -> None:
        """Wait until some are done and others under way."""
        poll(self._is_in_the_middle, seconds=30, what="some of the hundred are done, some not")

    def _is_in_the_middle(self) -> bool:
        sent = list(self.jobs)
        return len(sent) >= ORDERS // 4 and 5 <= self._books.number_final(sent) < len(sent)

    def check(self) -> None:
        """Each of the accepted jobs is final, and everything adds up."""
        took = self._books.await_all_final(seconds=SECONDS)
        states = self._books.states(self.jobs)
        print(f"\nall final after {took:.1f} s: {states}")  # noqa: T201
        assert len(self.jobs) + len(self.refused) == ORDERS
        # Only a declined card fails one.
        entries = self._books.entries(self.jobs)
        ends = {job_id: entry["status"] == "captured" for job_id, entry in entries.items()}
        assert ends.keys() == self.jobs.keys()
        assert states == {
            "failed": list(ends.values()).count(False),
            "succeeded": list(ends.values()).count(True),
        }
        carts = self._books.carts([buyer.user_id for buyer in self.jobs.values()])
        for job_id, buyer in self.jobs.items():
            assert carts[buyer.user_id] == ({} if ends[job_id] else self.wanted)
        assert self._books.differences() == []


def test_killed_workers_delay_jobs_and_lose_none(
    celery_setup: CeleryTestSetup, shop: Shop, books: Books
) -> None:
    sale = Sale(shop, books)
    with sale.going_on():
        sale.await_middle()
        for node in celery_setup.worker_cluster:
            node.kill()
        assert all(node.container.status == "exited" for node in celery_setup.worker_cluster)
        assert books.number_final(sale.jobs) < ORDERS
    assert sale.refused == []
    for node in celery_setup.worker_cluster:
        node.restart()
    sale.check()


def test_a_broker_that_loses_everything_delays_jobs_and_loses_none(
    celery_setup: CeleryTestSetup, shop: Shop, books: Books
) -> None:
    sale = Sale(shop, books)
    (visitor,) = shop.customers(1)
    visitor.put_in_cart(next(iter(sale.wanted)), 1)
    with sale.going_on():
        sale.await_middle()
        celery_setup.broker.kill()
        shop.wipe_redis()
        assert books.number_final(sale.jobs) < ORDERS
        # Reads and commands go on, and wait for nobody.
        accepted = visitor.ask_to_buy("tok_ok")
        assert accepted.expect(202)["state"] == "queued"
        assert accepted.seconds < 1
        assert visitor.get("me").expect(200)["user_id"] == visitor.user_id
    assert sale.refused == []
    celery_setup.broker.restart()
    sale.check()
    assert visitor.job(accepted.body["id"])["state"] == "succeeded"


def test_without_postgresql_everybody_waits_and_goes_on(shop: Shop, books: Books) -> None:
    sale = Sale(shop, books)
    (visitor,) = shop.customers(1)
    visitor.put_in_cart(next(iter(sale.wanted)), 1)
    survivors = {name: shop[name] for name in ("gateway", "recovery", "worker-shop")}
    with sale.going_on():
        sale.await_middle()
        with shop.without("postgres"):
            for answer in (visitor.ask_to_buy("tok_ok"), visitor.get("orders")):
                problem = answer.expect(503)
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["retry-after"]) >= 1
                assert problem["status"] == 503
                assert problem["code"]
                assert answer.seconds < 10
            ready = visitor.get("/readyz")
            assert ready.status == 503
            assert visitor.get("/livez").status == 200
            time.sleep(2)
            assert all(process.is_running for process in survivors.values())
    # Those who were told to come again do so.
    assert all(answer.status == 503 for answer in sale.refused), sale.refused
    job_id = poll(
        lambda: visitor.ask_to_buy("tok_ok").body.get("id"), seconds=10, what="the gateway is back"
    )
    sale.check()
    assert visitor.job(job_id)["state"] == "succeeded"
