"""The life of an order in tests: how it gets somewhere, and what must add up there."""

import time
from contextlib import suppress
from typing import Any

from django.db import connection

from shop.carts import services as carts
from shop.orders import selectors as orders
from shop.payments import providers
from shop.payments.models import Payment
from tasks.engine.models import Job
from tasks.verification import checking
from tests.shopping import at_once
from tests.workflows.cases import (
    checkout,
    deliver,
    new_book,
    new_customer,
    new_order,
    run,
    update,
)

# Which statuses may follow which, as the contract has it.
FOLLOWS = {
    "pending": ("paid", "cancelled", "failed"),
    "paid": ("processing", "cancelled"),
    "processing": ("shipped", "cancelled"),
    "shipped": ("delivered",),
    "delivered": ("returned",),
    "returned": (),
    "cancelled": (),
    "failed": (),
}
STATUSES = list(FOLLOWS)
# How a paid order gets there.
ROADS = {
    "paid": (),
    "processing": ("processing",),
    "shipped": ("processing", "shipped"),
    "delivered": ("processing", "shipped", "delivered"),
    "returned": ("processing", "shipped", "delivered", "returned"),
    "cancelled": ("cancelled",),
}
TOTAL = 300_000


def order_in(status: str) -> int:
    """Return an order of six copies that has this status, paid by card if it ever was."""
    if status in ROADS:
        return bring(new_order(), *ROADS[status])
    return bring(new_order(token=None), *(["failed"] if status == "failed" else []))


def checking_out(token: str | None = "tok_ok") -> tuple[Job, int]:
    """Return a checkout of six copies whose order is placed and reserved, and the order."""
    user_id = new_customer()
    for copies in (1, 2, 3):
        carts.add_item(user_id=user_id, product_id=new_book(copies=9), quantity=copies)
    job = deliver(checkout(user_id=user_id, token=token))
    return job, int(job.data["order_id"])


def bring(order_id: int, *statuses: str) -> int:
    """Move the order on, one status after the other, and return its id."""
    for status in statuses:
        assert ended(run(update(order_id, status))) == ("succeeded", None)
    return order_id


def ended(job: Job) -> tuple[str, str | None]:
    """Return how a job stands, and why."""
    return job.state, job.error["code"] if job.error else None


def steps(job: Job) -> dict[str, str]:
    """Return the state of each of a job's steps, by name."""
    return {step["name"]: step["state"] for step in job.steps}


def status_of(order_id: int) -> str:
    """Return the order's status."""
    return orders.status(order_id=order_id)


def history(order_id: int) -> list[tuple[str, int | None]]:
    """Return which statuses the order has had, and from whom."""
    events = orders.order(order_id=order_id).history.all()
    return [(event.status, event.by) for event in events]


def books(order_id: int) -> list[tuple[str, int, int]]:
    """Return the order's payments in the shop's books: status, amount, what was given back."""
    rows = Payment.objects.filter(order_id=order_id).order_by("id")
    return [(row.status, int(row.amount), int(row.refunded)) for row in rows]


def held(order_id: int) -> int:
    """Return how much money of an order the provider holds."""
    keys = Payment.objects.filter(order_id=order_id, provider="sandbox").values_list("key")
    charges = [providers.provider(name="sandbox").look_up(key=key) for (key,) in keys]
    return int(sum(c.amount - c.refunded for c in charges if c.status == "captured"))


def broken() -> list[Any]:
    """Return which rules of the shop's books do not hold, with the first rows that break them."""
    return [(found.rule.sentence, found.first) for found in checking.check() if found.breaches]


def work_off(*, workers: int = 2) -> None:
    """Have several workers deliver what messages there are, until every job rests."""
    end = time.monotonic() + 20

    def work(number: int) -> None:
        while due := list(Job.objects.filter(due_at__isnull=False).order_by("id")):
            assert time.monotonic() < end, [(job.kind, job.state, job.steps) for job in due]
            # Each begins with another, so that they meet in the shop and not at a job's lock.
            for job in due[number:] + due[:number]:
                # Another worker has ended it meanwhile: there is no link left to run.
                with suppress(IndexError):
                    deliver(job)

    at_once(work, range(workers))


def deadlocks() -> int:
    """Return how many deadlocks the database has broken, as far as closed sessions told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
