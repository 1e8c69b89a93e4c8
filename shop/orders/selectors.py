"""Reads of orders (3.3)."""

from django.db.models import Prefetch, QuerySet

from shop.core.errors import NotFound
from shop.orders.models import Order, OrderEvent, OrderLine


def orders(*, user_id: int | None = None, status: str | None = None) -> QuerySet[Order]:
    """Return orders with their lines and history, unordered: a customer's, or everybody's."""
    rows = Order.objects.prefetch_related(
        Prefetch("lines", OrderLine.objects.order_by("pk")),
        Prefetch("history", OrderEvent.objects.order_by("pk")),
    )
    if user_id is not None:
        rows = rows.filter(customer_id=user_id)
    if status is not None:
        rows = rows.filter(status=status)
    return rows


def order(*, order_id: int, user_id: int | None = None) -> Order:
    """Return an order with its lines and history. Raises NotFound, also for another's."""
    found = orders(user_id=user_id).filter(pk=order_id).first()
    if found is None:
        raise NotFound("There is no such order.")
    return found
