"""Steps of scheduled jobs that look after customers: unpaid orders, abandoned carts."""

from datetime import timedelta
from typing import TypedDict

from django.conf import settings

from shop.carts import reminders
from shop.orders import selectors as orders
from shop.orders import services as order_writes
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.steps import notifications

# How many orders or carts one run looks after; the next run takes the others.
LIMIT = 50
# How long nobody has touched a cart of which its customer is reminded.
IDLE = timedelta(hours=24)


class Cancelling(TypedDict):
    """How many orders are being cancelled."""

    orders: int


class Reminded(TypedDict):
    """How many customers were reminded."""

    carts: int


def cancel_unpaid(*, request_id: str) -> Cancelling:
    """Have each order that nobody paid in time cancelled, by a job of its own.

    One that its checkout or a payment still holds is left alone: these have time limits.
    """
    wait, after, started = timedelta(seconds=settings.SHOP_PAYMENT_WAIT), 0, 0
    while started < LIMIT:
        found = orders.unpaid(older_than=wait, after=after, limit=LIMIT - started)
        if not found:
            break
        after = found[-1].pk
        started += sum(_cancel(order.pk, request_id) for order in found)
    return Cancelling(orders=started)


def _cancel(order_id: int, request_id: str) -> bool:
    """Start the job that cancels an order, unless somebody else took the order up meanwhile."""
    order = order_writes.lock(order_id=order_id)
    if not order.is_pending or jobs.any_active(job_ids=order.in_hands_of):
        return False
    # By whom it was wanted last: should this job fail, another may be started.
    key = f"{order_id}:{order.wanted_by or order.holder}"
    once = Idempotency(scope="unpaid", key=key, fingerprint=b"unpaid")
    acceptance.update(
        order_id=order_id,
        status="cancelled",
        reason="unpaid",
        asked=Asked(request_id=request_id, idempotency=once),
    )
    return True


def remind_of_carts(*, request_id: str) -> Reminded:
    """Tell customers what they left in their carts."""
    left = reminders.remind(idle=IDLE, limit=LIMIT)
    for cart in left:
        copies = "one copy" if cart.copies == 1 else f"{cart.copies} copies"
        notifications.tell(
            user_id=cart.user_id,
            order_id=None,
            subject="Your cart is waiting",
            body=f"You left {copies} in your cart. They are still there, at today's prices.",
            beneficiary_id=cart.account_id,
            request_id=request_id,
        )
    return Reminded(carts=len(left))
