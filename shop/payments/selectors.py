"""Reads of payments (6)."""

from collections.abc import Iterable

from django.db.models import QuerySet

from shop.core.errors import NotFound
from shop.payments.models import Payment


def payments(*, order_id: int) -> QuerySet[Payment]:
    """Return the payments of an order, unordered."""
    return Payment.objects.filter(order_id=order_id)


def payment(*, payment_id: int, user_id: int | None = None) -> Payment:
    """Return a payment. Raises NotFound, also for another customer's."""
    rows = Payment.objects.filter(pk=payment_id)
    if user_id is not None:
        rows = rows.filter(order__customer_id=user_id)
    found = rows.first()
    if found is None:
        raise NotFound("There is no such payment.")
    return found


def latest(*, order_ids: Iterable[int]) -> dict[int, Payment]:
    """Return the latest payment of each of these orders that has one, by order."""
    rows = Payment.objects.filter(order_id__in=list(order_ids)).order_by("order_id", "pk")
    return {payment.order_id: payment for payment in rows}
