"""A process that stands still for longer than its lease, and others who go on without it."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.journeys.books import Books
from tests.journeys.client import poll
from tests.journeys.processes import Shop

# Some times what it takes until a session that stands still in its transaction is ended.
SECONDS = 30.0
WAITING = """
    SELECT client_port FROM pg_stat_activity
    WHERE application_name = 'shop-worker' AND wait_event_type = 'Lock'"""
HOLDING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE client_port = %s AND state = 'idle in transaction'"""


def test_a_worker_frozen_in_its_transaction_holds_up_nobody(shop: Shop, books: Books) -> None:
    (product,) = shop.products(1)
    first, second = shop.customers(2)
    books.fill_carts([first.user_id, second.user_id], {product: 1})
    frozen = 0
    try:
        with psycopg.connect(shop.postgres.url) as session:
            session.execute(
                "SELECT 1 FROM inventory_stock WHERE product_id = %s FOR UPDATE", [product]
            )
            job_id = first.buy()
            port = poll(lambda: _port(books), seconds=10, what="the worker waits for the copies")
            frozen = _process_at(port, among=shop["worker-shop"].children())
            os.kill(frozen, signal.SIGSTOP)
        # The copies are the frozen worker's now, and it does not know.
        poll(lambda: books.value(HOLDING, port), seconds=2, what="the frozen worker has the lock")
        began = time.monotonic()
        done = second.final(second.buy(), seconds=SECONDS)
        print(f"\nbought after {time.monotonic() - began:.1f} s")  # noqa: T201
    finally:
        if frozen:
            os.kill(frozen, signal.SIGCONT)
    assert done["state"] == "succeeded"
    assert first.final(job_id)["state"] == "succeeded"
    books.await_all_final(seconds=60)
    assert books.differences() == []


def _port(books: Books) -> Any:
    return next((row["client_port"] for row in books.rows(WAITING)), None)


def _process_at(port: int, *, among: list[int]) -> int:
    """Return the process that has a connection from this port of this machine."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(line[9] for line in lines if line[1].endswith(f":{port:04X}"))
    for pid in among:
        opened = (os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir())
        if f"socket:[{inode}]" in opened:
            return pid
    raise AssertionError(f"nobody has a connection from port {port}")
