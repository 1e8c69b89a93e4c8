"""Writes of payments (6): talk to the provider, and note what came of it."""

from decimal import Decimal
from typing import TypedDict

from shop.payments import providers
from shop.payments.models import Payment, PaymentStatus


class Paid(TypedDict):
    """What a provider says of a charge."""

    charge_status: str


def capture(*, key: str, method: str, amount: Decimal, currency: str, token: str) -> Paid:
    """Take the money, outside of any transaction. May be repeated with the same key.

    Raises PaymentDeclined; UnknownMethod; ProviderUnavailable, when it may have been taken.
    """
    charge = providers.provider_for(method=method).capture(
        key=key, amount=amount, currency=currency, token=token
    )
    return Paid(charge_status=charge.status)


def void(*, key: str, method: str) -> Paid:
    """Give the money back or call the charge off for good. May be repeated with the same key.

    Raises ProviderUnavailable.
    """
    return Paid(charge_status=providers.provider_for(method=method).void(key=key).status)


def record(
    *, order_id: int, key: str, method: str, amount: Decimal, currency: str, charge_status: str
) -> int:
    """Note what became of the charge under this key, and return the payment's id.

    Raises IntegrityError when the key was noted before, or the order has been paid.
    """
    payment = Payment.objects.create(
        order_id=order_id,
        key=key,
        provider=providers.provider_for(method=method).name,
        method=method,
        status=PaymentStatus(charge_status),
        amount=amount,
        currency=currency,
    )
    return payment.pk
