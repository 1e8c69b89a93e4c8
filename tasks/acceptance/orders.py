"""Jobs about an order: to move it on, to pay it, to give money back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from shop.core import money, versions
from shop.core.errors import Refused
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

CANCELLED = "cancelled"


class AmountTooFine(Refused):
    """The order's currency, which the shop may have left since, has fewer decimals."""

    code = "max_decimal_places"
    detail = "The order's currency has not so many decimals."
    field = "amount"


@transaction.atomic
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
    Raises NotFound; PreconditionFailed; InvalidTransition.
    """
    job_id = new_job_id()
    cancels = _cancel_payment(order_id, asked) if status == CANCELLED else None
    order = order_writes.lock(order_id=order_id)
    versions.check(payments.version(order_id=order_id), wanted=if_match)
    if not order.may_become(status):
        raise InvalidTransition
    if order.is_pending and order.status != status:
        if status != CANCELLED and jobs.is_active(job_id=order.holder):
            raise InvalidTransition("Only its payment moves the order now; wait for its end.")
        order_writes.want(order_id=order_id, job_id=job_id)
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
            "cancels": cancels and str(cancels),
            "if_match": if_match,
        },
    )


def _cancel_payment(order_id: int, asked: Asked) -> UUID | None:
    """Ask the checkout or payment that holds a pending order to turn back; return it if it may.

    None also where somebody asked before. Called before the order is locked: a worker locks its
    job first, and the order then.
    """
    holder = orders.holder(order_id=order_id)
    if holder is None or not jobs.is_active(job_id=holder):
        return None
    asked_before = jobs.get(job_id=holder).cancel_requested
    try:
        jobs.cancel(job_id=holder, account_id=asked.account_id)
    except (JobFinal, JobPastCancel):
        return None
    return None if asked_before else holder


@transaction.atomic
def pay(
    *, order_id: int, method: str, token: str, asked: Asked, if_match: list[str] | None = None
) -> Job:
    """Start a job that pays a pending order (6), which nothing else moves meanwhile.

    Raises NotFound; PreconditionFailed; OrderNotPayable.
    """
    order = order_writes.lock(order_id=order_id)
    versions.check(payments.version(order_id=order_id), wanted=if_match)
    if not order.is_pending or jobs.any_active(job_ids=order.in_hands_of):
        raise OrderNotPayable
    job_id = new_job_id()
    order_writes.hold(order_id=order_id, job_id=job_id)
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
    order = order_writes.lock(order_id=order_id)
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
