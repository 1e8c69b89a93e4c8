"""Writes of orders (3.1, 3.2)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from shop.carts.services import Line, ProductUnavailable
from shop.catalog import selectors as catalog
from shop.core import money
from shop.core.errors import Refused
from shop.customers import selectors as customers
from shop.orders.models import TRANSITIONS, Order, OrderEvent, OrderLine, OrderStatus


class InvalidTransition(Refused):
    """The order's present status does not allow the change."""

    code = "invalid_transition"
    detail = "An order of this status cannot be changed like that."


class Placed(TypedDict):
    """The order made, and what it costs, in digits."""

    order_id: int
    total: str


@transaction.atomic(savepoint=False)
def place(
    *, user_id: int, lines: Iterable[Line], currency: str, job_id: UUID, by: int | None
) -> Placed:
    """Make a pending order of a checkout's lines (3.1), addressed as the customer is today.

    Lines of one product become one. Raises NotFound when the customer is gone;
    ProductUnavailable when a product was deleted since; IntegrityError when the job has made an
    order already.
    """
    merged = _merged(lines)
    products = catalog.products(product_ids=merged)
    if any(products[product_id].deleted_at for product_id in merged):
        raise ProductUnavailable
    prices = {key: Decimal(line["unit_price"]) for key, line in merged.items()}
    total = sum((prices[key] * line["quantity"] for key, line in merged.items()), Decimal(0))
    order = Order.objects.create(
        customer_id=user_id,
        total=total,
        currency=currency,
        job_id=job_id,
        **customers.ship_to(user_id=user_id),
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product_id=product_id,
            title=line["title"],
            quantity=line["quantity"],
            unit_price=prices[product_id],
            currency=currency,
        )
        for product_id, line in merged.items()
    )
    OrderEvent.objects.create(order=order, status=OrderStatus.PENDING, by=by)
    return Placed(order_id=order.pk, total=money.text(total, currency))


def _merged(lines: Iterable[Line]) -> dict[int, Line]:
    """Return one line for each product, with all of its copies, in the order of the first."""
    merged: dict[int, Line] = {}
    for line in lines:
        there = merged.get(line["product_id"])
        quantity = line["quantity"] + (there["quantity"] if there else 0)
        merged[line["product_id"]] = {**line, "quantity": quantity}
    return merged


def confirm(*, order_id: int) -> None:
    """Note that the order is paid. Raises InvalidTransition unless it is pending."""
    _move(order_id, OrderStatus.PAID, by=None)


def close(*, order_id: int, outcome: str, by: int | None) -> None:
    """Give up a pending order: `outcome` is `failed` or `cancelled`, `by` an account or the shop.

    Raises InvalidTransition unless it is pending.
    """
    _move(order_id, OrderStatus(outcome), by=by)


@transaction.atomic(savepoint=False)
def _move(order_id: int, status: OrderStatus, *, by: int | None) -> None:
    before = [old for old, following in TRANSITIONS.items() if status in following]
    # The condition, not an earlier look, decides: another may move the order at this moment.
    if not Order.objects.filter(pk=order_id, status__in=before).update(status=status):
        raise InvalidTransition
    OrderEvent.objects.create(order_id=order_id, status=status, by=by)
