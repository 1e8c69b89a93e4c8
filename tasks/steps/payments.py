"""Steps of payments (6): calls of a provider, and the notes of what came of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings

from shop.orders import selectors as orders
from shop.payments import selectors
from shop.payments import services as payments
from shop.payments.providers import CustomerMustAct, NewCharge, PaymentTimeout
from shop.payments.selectors import OrderView
from shop.payments.services import NewPayment, Paid, Planned
from tasks.engine.workflow import NotYet

# Seconds that a provider gets to answer.
TIMEOUT = 8.0


# The step that gives money back: what it is promised under is what the provider is asked with.
REFUND = "refund_payment"
# Seconds after which a provider is asked whether the customer has paid, should it not tell.
LOOK_AGAIN = 60.0


class PaymentTaken(TypedDict):
    """The payment as the shop noted it."""

    payment_id: int


class Shown(TypedDict):
    """The order as the API shows it."""

    order: OrderView


def capture(
    *, key: str, payment_method: str, total: str, currency: str, payment_token: str
) -> Paid:
    """Take the money; where the customer has to act first, wait for that."""
    charge = NewCharge(key=key, amount=Decimal(total), currency=currency, token=payment_token)
    (outcome,) = _captured(payment_method, [charge])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def capture_all(asked: Sequence[Mapping[str, Any]]) -> list[Paid | Exception]:
    """Take the money of several, each by its own way to pay."""
    outcomes: dict[str, Paid | Exception] = {}
    for method in sorted({one["payment_method"] for one in asked}):
        charges = [
            NewCharge(
                key=one["key"],
                amount=Decimal(one["total"]),
                currency=one["currency"],
                token=one["payment_token"],
            )
            for one in asked
            if one["payment_method"] == method
        ]
        outcomes |= zip((x.key for x in charges), _captured(method, charges), strict=True)
    return [outcomes[one["key"]] for one in asked]


def _captured(method: str, charges: Sequence[NewCharge]) -> list[Paid | Exception]:
    return [
        _wait_for_customer(outcome) if isinstance(outcome, CustomerMustAct) else outcome
        for outcome in payments.capture_all(method=method, charges=charges)
    ]


def _wait_for_customer(must_act: CustomerMustAct) -> NotYet:
    return NotYet(
        seconds=LOOK_AGAIN,
        action={"type": "redirect", "url": must_act.url},
        limit=settings.SHOP_PAYMENT_WAIT,
        then=PaymentTimeout(),
    )


def void(*, key: str, payment_method: str) -> Paid:
    """Give the money back, or see to it that it is never taken."""
    return payments.void(key=key, method=payment_method)


def record_pending(
    *, key: str, order_id: int, payment_method: str, total: str, currency: str
) -> PaymentTaken:
    """Note that the payment waits for the customer."""
    return record(
        key=key,
        order_id=order_id,
        payment_method=payment_method,
        total=total,
        currency=currency,
        charge_status="pending",
    )


def record(
    *,
    key: str,
    order_id: int,
    payment_method: str,
    total: str,
    currency: str,
    charge_status: str,
) -> PaymentTaken:
    """Note what became of the charge."""
    payment_id = payments.record(
        order_id=order_id,
        key=key,
        method=payment_method,
        amount=Decimal(total),
        currency=currency,
        charge_status=charge_status,
    )
    return PaymentTaken(payment_id=payment_id)


def record_all(asked: Sequence[Mapping[str, Any]]) -> list[PaymentTaken]:
    """Note what became of several charges."""
    ids = payments.record_all(
        [
            NewPayment(
                order_id=one["order_id"],
                key=one["key"],
                method=one["payment_method"],
                amount=Decimal(one["total"]),
                currency=one["currency"],
                charge_status=one["charge_status"],
            )
            for one in asked
        ]
    )
    return [PaymentTaken(payment_id=payment_id) for payment_id in ids]


def check_version(*, order_id: int, if_match: list[str]) -> None:
    """Go on only if the order is as it was seen."""
    payments.check_version(order_id=order_id, if_match=if_match)


def check_version_unless_there(
    *, order_id: int, status: str, cancels: str | None, if_match: list[str]
) -> None:
    """Go on only if the order is as it was seen, or was taken where it is to be by this job."""
    if cancels is None or orders.status(order_id=order_id) != status:
        payments.check_version(order_id=order_id, if_match=if_match)


def plan_refund(
    *, order_id: int, amount: str | None, job_id: UUID, owner_id: int | None
) -> Planned:
    """Promise money back."""
    wanted = None if amount is None else Decimal(amount)
    key = f"{job_id}:{REFUND}"
    return payments.plan_refund(order_id=order_id, key=key, amount=wanted, by=owner_id)


def settle(*, order_id: int, status: str, key: str, job_id: UUID, by: int | None) -> Planned:
    """Do for an order's money what its new status means."""
    return payments.settle(
        order_id=order_id, status=status, key=key, refund_key=f"{job_id}:{REFUND}", by=by
    )


def refund(*, key: str, provider: str, charge_key: str, amount: str) -> None:
    """Give the money back."""
    payments.refund(key=key, provider=provider, charge_key=charge_key, amount=Decimal(amount))


def record_refund(*, key: str) -> None:
    """Note that the money is back."""
    payments.record_refund(key=key)


def show_order(*, order_id: int) -> Shown:
    """Read the order as it is now."""
    return Shown(order=selectors.order_view(order_id=order_id))
