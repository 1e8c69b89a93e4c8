"""Reads of orders (3.3)."""

from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet
from django.db.models.functions import Now

from shop.core import money
from shop.core.errors import NotFound
from shop.core.times import rfc3339
from shop.customers.selectors import ShipTo
from shop.orders.models import TRANSITIONS, Order, OrderEvent, OrderLine, OrderStatus

# What the shop still has to do something for.
OPEN = (OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.PROCESSING, OrderStatus.SHIPPED)


class LineView(TypedDict):
    """A line of an order as the API shows it; amounts in digits."""

    product_id: int
    title: str
    quantity: int
    unit_price: str
    line_total: str


class EventView(TypedDict):
    """A line of an order's history; `by` is an account, or null for the shop itself."""

    status: str
    at: str
    by: int | None


class OrderFacts(TypedDict):
    """An order as the API shows it, but for its payment."""

    id: int
    user_id: int
    status: str
    lines: list[LineView]
    total: str
    currency: str
    ship_to: ShipTo
    job_id: str
    history: list[EventView]


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


def status(*, order_id: int, user_id: int | None = None) -> str:
    """Return an order's status. Raises NotFound, also for another's."""
    rows = Order.objects.filter(pk=order_id)
    if user_id is not None:
        rows = rows.filter(customer_id=user_id)
    found = rows.values_list("status", flat=True).first()
    if found is None:
        raise NotFound("There is no such order.")
    return found


def holder(*, order_id: int) -> UUID | None:
    """Return the checkout or payment that holds a pending order; None for any other order.

    Raises NotFound.
    """
    found = Order.objects.filter(pk=order_id).first()
    if found is None:
        raise NotFound("There is no such order.")
    return found.holder if found.is_pending else None


def moved_by(*, order_id: int, status: str) -> UUID | None:
    """Return the job that gave the order this status; None where it never had it."""
    found = OrderEvent.objects.filter(order_id=order_id, status=status)
    return found.values_list("job_id", flat=True).first()


def facts(order: Order) -> OrderFacts:
    """Return an order, read with its lines and history, as the API shows it."""
    return OrderFacts(
        id=order.pk,
        user_id=order.customer_id,
        status=order.status,
        lines=[
            LineView(
                product_id=line.product_id,
                title=line.title,
                quantity=line.quantity,
                unit_price=money.text(line.unit_price, order.currency),
                line_total=money.text(line.line_total, order.currency),
            )
            for line in order.lines.all()
        ],
        total=money.text(order.total, order.currency),
        currency=order.currency,
        ship_to=ShipTo(
            first_name=order.first_name,
            last_name=order.last_name,
            address=order.address,
            city=order.city,
            country=order.country,
        ),
        job_id=str(order.job_id),
        history=[
            EventView(status=event.status, at=rfc3339(event.at), by=event.by)
            for event in order.history.all()
        ],
    )


def has_open_orders(*, user_id: int) -> bool:
    """Return whether an order of the customer is neither delivered nor given up."""
    return Order.objects.filter(customer_id=user_id, status__in=OPEN).exists()


def unpaid(*, older_than: timedelta, after: int, limit: int) -> list[Order]:
    """Return so many pending orders of that age at least, by id, from `after` on."""
    rows = Order.objects.filter(
        status=OrderStatus.PENDING, created_at__lt=Now() - older_than, pk__gt=after
    )
    return list(rows.order_by("pk")[:limit])


def placed(*, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many orders were placed between two times, by the status that they have now."""
    placed = OrderEvent.objects.filter(
        status=OrderStatus.PENDING, at__gte=since, at__lt=until
    ).values("order_id")
    rows = Order.objects.filter(pk__in=placed).values_list("status")
    return dict(rows.annotate(number=Count("pk")).order_by("status"))


def transitions() -> dict[str, list[str]]:
    """Return which statuses may follow which."""
    return {old.value: [new.value for new in after] for old, after in TRANSITIONS.items()}
