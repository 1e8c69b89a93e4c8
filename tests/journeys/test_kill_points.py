"""Worker processes that are killed at chosen points, under real workers; a sample of what
tests/workflows/test_kill_points.py does at every point.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGTERM
from typing import Any

from config.local.programs import Command
from tasks.engine.collecting import MOMENT
from tests.journeys import dying
from tests.journeys.books import Books
from tests.journeys.client import poll
from tests.journeys.processes import Process, Shop

# A process dies before each of these.
POINTS = (
    # Checkouts: before anybody goes on, before the charge, after it.
    "message checkout.take_payment+confirm_order+notify",
    "payments.capture",
    "orders.confirm",
    # A paid order that is cancelled: before its money goes back, and after that.
    "payments.refund",
    "payments.record_refund",
    # A checkout that is cancelled: before its payment is called off, and after that.
    "payments.void",
    "orders.close",
)
SECONDS = 60.0


@contextmanager
def dying_workers(shop: Shop, directory: Path) -> Iterator[None]:
    """Have workers that die where a file of this directory says so."""
    workers = [process.program for process in shop.workers]
    dying_ones = [
        Process(
            replace(
                program,
                arguments=(*program.arguments, "-I", dying.__name__),
                environment={**program.environment, dying.DIRECTORY: str(directory)},
            )
        )
        for program in workers
        if isinstance(program, Command)
    ]
    for worker in shop.workers:
        worker.kill(SIGTERM)
    try:
        for worker in dying_ones:
            worker.start()
        for worker in dying_ones:
            worker.await_ready()
        yield
    finally:
        for worker in dying_ones:
            worker.kill(SIGTERM)
        shop.mend()


def test_workers_that_are_killed_between_two_steps(
    shop: Shop, books: Books, tmp_path: Path
) -> None:
    *buyers, owner, waiter = everybody = shop.customers(5)
    (product,) = shop.products(1)
    books.fill_carts([customer.user_id for customer in everybody], {product: 2})
    bought = owner.final(owner.buy())
    order = owner.order_of(bought)
    waiting = waiter.buy("tok_redirect")
    poll(lambda: waiter.job(waiting)["state"] == "waiting", seconds=20, what="a job that waits")

    with dying_workers(shop, tmp_path):
        for point in POINTS:
            (tmp_path / point).touch()
        checkouts = []
        for buyer in buyers:
            # Each alone in its message: the points are those of a job that comes alone.
            time.sleep(4 * MOMENT)
            checkouts.append(buyer.buy())
        path = f"orders/{order['id']}"
        update = owner.send("PATCH", path, {"status": "cancelled"}).expect(202)["id"]
        waiter.post(f"jobs/{waiting}/cancel").expect(202)
        took = books.await_all_final(seconds=SECONDS)
    print(f"\nall final after {took:.1f} s")  # noqa: T201
    assert list(tmp_path.iterdir()) == [], "nobody died there"

    for buyer, job_id in zip(buyers, checkouts, strict=True):
        job = buyer.job(job_id)
        assert (job["state"], buyer.cart()) == ("succeeded", {})
        assert _paid(buyer.order_of(job)) == ("paid", "captured", "0")
        assert books.entry(job_id)["status"] == "captured"
    assert owner.job(update)["state"] == "succeeded"
    assert _paid(owner.get(path).expect(200)) == ("cancelled", "refunded", order["total"])
    given_up = waiter.job(waiting)
    assert (given_up["state"], waiter.cart()) == ("cancelled", {product: 2})
    assert _paid(waiter.order_of(given_up)) == ("cancelled", "voided", "0")
    assert books.entry(waiting)["status"] == "voided"
    (item,) = shop.staff.get(f"inventory/items?product_id={product}").expect(200)["results"]
    assert (item["on_hand"], item["reserved"]) == (1000, 2 * len(buyers))
    assert books.differences() == []


def _paid(order: dict[str, Any]) -> tuple[str, str, str]:
    """Return what became of an order, of its payment, and how much was given back."""
    payment = order["payment"]
    return order["status"], payment["status"], payment["refunded"]
