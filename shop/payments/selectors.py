"""Reads of payments (6), and of orders with them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from django.db.models import QuerySet, Sum

from shop.core import money, versions
from shop.core.errors import NotFound
from shop.core.times import rfc3339
from shop.orders import selectors as orders
from shop.orders.selectors import OrderFacts
from shop.payments.models import Payment, PaymentStatus, Refund


class PaymentView(TypedDict):
    """A payment as the API shows it; amounts in digits."""

    id: int
    order_id: int
    provider: str
    method: str
    status: str
    amount: str
    refunded: str
    currency: str
    created_at: str


class OrderView(OrderFacts):
    """An order as the API shows it, with its latest payment."""

    payment: PaymentView | None


class Turnover(TypedDict):
    """What came in and what went back in one currency, in digits."""

    currency: str
    captured: str
    refunded: str


def payments(*, order_id: int) -> QuerySet[Payment]:
    """Return the payments of an order, unordered."""
    return Payment.objects.filter(order_id=order_id)


def payments_of(*, user_id: int) -> QuerySet[Payment]:
    """Return the payments of a customer's orders, unordered."""
    return Payment.objects.filter(order__customer_id=user_id)


def payment(*, payment_id: int, user_id: int | None = None) -> Payment:
    """Return a payment. Raises NotFound, also for another customer's."""
    rows = Payment.objects.filter(pk=payment_id)
    if user_id is not None:
        rows = rows.filter(order__customer_id=user_id)
    found = rows.first()
    if found is None:
        raise NotFound("There is no such payment.")
    return found


def captured(*, order_id: int) -> Payment | None:
    """Return the payment by which an order was paid, if it was and not all went back."""
    return Payment.objects.filter(order_id=order_id, status=PaymentStatus.CAPTURED).first()


def left_to_refund(*, order_id: int) -> Decimal:
    """Return how much of what was captured for an order nobody has promised back yet."""
    found = captured(order_id=order_id)
    return found.amount - found.refunding if found else Decimal(0)


def version(*, order_id: int, user_id: int | None = None) -> str:
    """Return the version of an order: of its status and of its refunds.

    Raises NotFound, also for another customer's.
    """
    status = orders.status(order_id=order_id, user_id=user_id)
    sums = payments(order_id=order_id).aggregate(
        promised=Sum("refunding", default=Decimal(0)), done=Sum("refunded", default=Decimal(0))
    )
    return versions.version_of(status, f"{sums['promised']:.4f}", f"{sums['done']:.4f}")


def order_views(*, found: Iterable[OrderFacts]) -> list[OrderView]:
    """Return orders as the API shows them, each with its latest payment."""
    listed = list(found)
    rows = Payment.objects.filter(order_id__in=[facts["id"] for facts in listed])
    latest = {payment.order_id: payment for payment in rows.order_by("order_id", "pk")}
    return [
        {**facts, "payment": payment_view(latest[facts["id"]]) if facts["id"] in latest else None}
        for facts in listed
    ]


def turnover(*, since: datetime, until: datetime) -> list[Turnover]:
    """Return what was captured and what was given back between two times, by currency."""
    paid = Payment.objects.filter(
        status__in=(PaymentStatus.CAPTURED, PaymentStatus.REFUNDED),
        created_at__gte=since,
        created_at__lt=until,
    )
    given_back = Refund.objects.filter(done_at__gte=since, done_at__lt=until)
    captured = dict(paid.values_list("currency").annotate(Sum("amount")))
    refunded = dict(given_back.values_list("payment__currency").annotate(Sum("amount")))
    return [
        Turnover(
            currency=code,
            captured=money.text(captured.get(code, Decimal(0)), code),
            refunded=money.text(refunded.get(code, Decimal(0)), code),
        )
        for code in sorted({*captured, *refunded})
    ]


def order_view(*, order_id: int) -> OrderView:
    """Return an order as the API shows it. Raises NotFound."""
    return order_views(found=[orders.facts(orders.order(order_id=order_id))])[0]


def payment_view(found: Payment) -> PaymentView:
    """Return a payment as the API shows it."""
    return PaymentView(
        id=found.pk,
        order_id=found.order_id,
        provider=found.provider,
        method=found.method,
        status=found.status,
        amount=money.text(found.amount, found.currency),
        refunded=money.text(found.refunded, found.currency),
        currency=found.currency,
        created_at=rfc3339(found.created_at),
    )
