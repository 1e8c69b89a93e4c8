"""A Redis without room takes no message; nobody ends of it, and at the end all goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.journeys.books import Books
from tests.journeys.client import poll
from tests.journeys.processes import Shop

REFUSED = "Trying to re-establish the connection"


@contextmanager
def without_room(shop: Shop) -> Iterator[redis.Redis]:
    """Have Redis refuse whatever needs memory."""
    with redis.Redis.from_url(shop.redis.url) as session:
        session.config_set("maxmemory", 1)
        try:
            yield session
        finally:
            session.config_set("maxmemory", 0)


def test_workers_that_connect_to_a_full_redis_wait_until_it_has_room(
    shop: Shop, books: Books
) -> None:
    (buyer,) = shop.customers(1)
    (product,) = shop.products(1)
    buyer.put_in_cart(product)
    # Once for the connection that it lost, and then for each that was refused.
    enough = {worker: worker.logs().count(REFUSED) + 3 for worker in shop.workers}
    with without_room(shop) as session:
        # As after an outage: all of them come back, and are refused.
        session.client_kill_filter(skipme=True)
        poll(
            lambda: all(worker.logs().count(REFUSED) >= n for worker, n in enough.items()),
            seconds=30,
            what="all workers were refused twice",
        )
        accepted = buyer.ask_to_buy("tok_ok").expect(202)
        time.sleep(2)
        assert all(worker.is_running for worker in shop.workers)
        assert buyer.job(accepted["id"])["state"] == "queued"
    assert buyer.final(accepted["id"], seconds=60)["state"] == "succeeded"
    assert books.differences() == []
