"""Jobs about an order: to move it on, to pay it, to give money back."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from shop.core import money, versions
from shop.core.errors import Refused, Unavailable
from shop.core.ids import new_job_id
from shop.customers import selectors as customers
from shop.orders import selectors as orders
from shop.orders import services as order_writes
from shop.orders.services import InvalidTransition
from shop.payments import selectors as payments
from shop.payments.services import OrderNotPayable, RefundExceedsPayment
from tasks.acceptance.asked import Asked
from tasks.engine import jobs, registry
from tasks.engine.jobs import JobFinal, JobPastCancel
from tasks.engine.models import Job

PENDING = "pending"
CANCELLED = "cancelled"
# The jobs that pay an order; to cancel the order is to cancel them.
PAYING = ("checkout", "payment")
# How often it is looked who has an order in hand, where that changes at the same moment.
LOOKS = 5


class AmountTooFine(Refused):
    """The order's currency, which the shop may have left since, has fewer decimals."""

    code = "max_decimal_places"
    detail = "The order's currency has not so many decimals."
    field = "amount"


class OrderChanging(Unavailable):
    """Others took the order up at the same moment, again and again."""

    code = "order_changing"
    detail = "The order is being changed by somebody else; try again."


def update(
    *,
    order_id: int,
    status: str,
    asked: Asked,
    if_match: list[str] | None = None,
    reason: str | None = None,
) -> Job:
    """Start a job that moves an order on (1.5.2); `reason` is a word for what customers are told.

    A checkout or payment of a pending order that is under way is cancelled with it.
    Raises NotFound; PreconditionFailed; InvalidTransition; OrderChanging.
    """
    for _ in range(LOOKS - 1):
        with suppress(OrderChanging):
            return _update(order_id, status, asked, if_match, reason)
    return _update(order_id, status, asked, if_match, reason)


# A savepoint's end frees the order again: who takes it up is locked before it.
@transaction.atomic
def _update(
    order_id: int, status: str, asked: Asked, if_match: list[str] | None, reason: str | None
) -> Job:
    job_id = new_job_id()
    waits_for = _payment_under_way(order_id, status, asked)
    order_writes.lock(order_id=order_id)
    order = orders.order(order_id=order_id)
    versions.check(payments.version(order_id=order_id), wanted=if_match)
    if not order.may_become(status):
        raise InvalidTransition
    if order.status == PENDING and status != PENDING:
        if order.holder != waits_for and jobs.is_active(job_id=order.holder):
            raise OrderChanging
        order_writes.hold(order_id=order_id, job_id=job_id, instead_of=order.holder)
    return _start(
        "order_update",
        asked,
        job_id=job_id,
        user_id=order.customer_id,
        input={
            "order_id": order_id,
            "user_id": order.customer_id,
            "total": money.text(order.total, order.currency),
            "order_currency": order.currency,
            "status": status,
            "by": asked.account_id,
            "reason": reason,
            "waits_for": waits_for and str(waits_for),
            "if_match": if_match,
        },
    )


def _payment_under_way(order_id: int, status: str, asked: Asked) -> UUID | None:
    """Return the job that has a pending order in its hands, if any, on its way to being undone.

    Before the order is locked: a worker locks its job first, and the order then.
    """
    order = orders.order(order_id=order_id)
    if order.status != PENDING or status == PENDING or not jobs.is_active(job_id=order.holder):
        return None
    if status != CANCELLED:
        raise InvalidTransition("Only its payment moves the order now; wait for its end.")
    if jobs.get(job_id=order.holder).kind in PAYING:
        with suppress(JobFinal, JobPastCancel):
            jobs.cancel(job_id=order.holder, account_id=asked.account_id)
    return order.holder


@transaction.atomic
def pay(
    *, order_id: int, method: str, token: str, asked: Asked, if_match: list[str] | None = None
) -> Job:
    """Start a job that pays a pending order (6), which nothing else moves meanwhile.

    Raises NotFound; PreconditionFailed; OrderNotPayable.
    """
    order_writes.lock(order_id=order_id)
    order = orders.order(order_id=order_id)
    versions.check(payments.version(order_id=order_id), wanted=if_match)
    if order.status != PENDING or jobs.is_active(job_id=order.holder):
        raise OrderNotPayable
    job_id = new_job_id()
    order_writes.hold(order_id=order_id, job_id=job_id, instead_of=order.holder)
    return _start(
        "payment",
        asked,
        job_id=job_id,
        user_id=order.customer_id,
        input={
            "order_id": order_id,
            "user_id": order.customer_id,
            "total": money.text(order.total, order.currency),
            "currency": order.currency,
            "payment_method": method,
            "if_match": if_match,
        },
        secrets={"payment_token": token},
    )


@transaction.atomic
def refund(
    *, order_id: int, amount: Decimal | None, asked: Asked, if_match: list[str] | None = None
) -> Job:
    """Start a job that gives money back (6): `amount`, or all that is left.

    Raises NotFound; PreconditionFailed; AmountTooFine; RefundExceedsPayment.
    """
    order_writes.lock(order_id=order_id)
    order = orders.order(order_id=order_id)
    versions.check(payments.version(order_id=order_id), wanted=if_match)
    if amount is not None and amount != money.rounded(amount, order.currency):
        raise AmountTooFine
    left = payments.left_to_refund(order_id=order_id)
    if not 0 < (left if amount is None else amount) <= left:
        raise RefundExceedsPayment
    return _start(
        "refund",
        asked,
        job_id=new_job_id(),
        user_id=order.customer_id,
        input={
            "order_id": order_id,
            "user_id": order.customer_id,
            "amount": None if amount is None else money.text(amount, order.currency),
            "if_match": if_match,
        },
    )


def _start(
    kind: str,
    asked: Asked,
    *,
    job_id: UUID,
    user_id: int,
    input: Mapping[str, Any],  # noqa: A002 (the field's word)
    secrets: Mapping[str, str] | None = None,
) -> Job:
    return jobs.start(
        registry.newest(kind),
        input=input,
        secrets=secrets,
        owner_id=asked.account_id,
        beneficiary_id=customers.account_id(user_id=user_id),
        request_id=asked.request_id,
        idempotency=asked.idempotency,
        job_id=job_id,
    )
