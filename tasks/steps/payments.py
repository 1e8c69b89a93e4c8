"""Steps of payments (6): calls of a provider, and the notes of what came of them."""

from decimal import Decimal
from typing import TypedDict

from shop.payments import services as payments
from shop.payments.services import Paid

# Seconds that a provider gets to answer.
TIMEOUT = 8.0


class PaymentTaken(TypedDict):
    """The payment as the shop noted it."""

    payment_id: int


def capture(
    *, key: str, payment_method: str, total: str, currency: str, payment_token: str
) -> Paid:
    """Take the money."""
    return payments.capture(
        key=key,
        method=payment_method,
        amount=Decimal(total),
        currency=currency,
        token=payment_token,
    )


def void(*, key: str, payment_method: str) -> Paid:
    """Give the money back, or see to it that it is never taken."""
    return payments.void(key=key, method=payment_method)


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
