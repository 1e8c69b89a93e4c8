"""Orders."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api.backoffice.actions import action, asked
from api.backoffice.common import (
    Column,
    ReadOnlyAdmin,
    ReadOnlyInline,
    amount,
    link,
    link_to_job,
)
from api.roles import MOVES, Operation
from shop.orders.models import TRANSITIONS, Order, OrderEvent, OrderLine, OrderStatus
from shop.payments.models import Payment
from tasks.acceptance import orders as acceptance
from tasks.engine.models import Job

TOTAL, UNIT_PRICE, LINE_TOTAL = amount("total"), amount("unit_price"), amount("line_total")
AMOUNT, REFUNDED = amount("amount"), amount("refunded")
JOB = link_to_job()


def _link_to_payment() -> Column:
    @admin.display(description="payment")
    def column(row: Payment) -> str:
        return link("payments_payment", row.pk, f"payment {row.pk}")

    return column


PAYMENT = _link_to_payment()


def moving(title: str, status: OrderStatus, *, sure: str = "") -> Any:
    """Return the action that moves an order on to a status."""

    def fits(order: Order) -> bool:
        return status in TRANSITIONS[OrderStatus(order.status)]

    @action(title, MOVES[status], name=f"to_{status}", sure=sure, fits=fits)
    def move(request: HttpRequest, order: Order) -> Job:
        return acceptance.update(order_id=order.pk, status=status, asked=asked(request))

    return move


def _may_hold_money(order: Order) -> bool:
    return order.status not in (OrderStatus.PENDING, OrderStatus.FAILED)


@action(
    "Refund what is left",
    Operation.REFUND_ORDER,
    sure="All that was paid and not yet given back goes back to the customer.",
    fits=_may_hold_money,
)
def refund(request: HttpRequest, order: Order) -> Job:
    """Give back all that is left of an order's payment."""
    return acceptance.refund(order_id=order.pk, amount=None, asked=asked(request))


class LineInline(ReadOnlyInline):
    """What was bought."""

    model = OrderLine
    verbose_name_plural = "lines"
    fields = readonly_fields = ("product", "title", "quantity", UNIT_PRICE, LINE_TOTAL)
    select_related = ("product",)


class PaymentInline(ReadOnlyInline):
    """How it was paid, or was not."""

    model = Payment
    fields = readonly_fields = (PAYMENT, "status", AMOUNT, REFUNDED, "created_at")
    ordering = ("id",)


class EventInline(ReadOnlyInline):
    """What happened."""

    model = OrderEvent
    verbose_name_plural = "history"
    fields = readonly_fields = ("status", "at", "by", JOB)
    ordering = ("id",)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders with their lines, payments and history."""

    list_display = ("id", "customer_id", "status", TOTAL, "created_at")
    list_filter = ("status", "created_at")
    search_fields = ("=id", "=job_id")
    ordering = ("-id",)
    fields = (
        *("id", "customer", "status", TOTAL, "created_at", JOB),
        *("first_name", "last_name", "address", "city", "country"),
    )
    readonly_fields = ("id", TOTAL, "created_at", JOB)
    inlines = (LineInline, PaymentInline, EventInline)
    actions = (
        moving("Start processing", OrderStatus.PROCESSING),
        moving("Mark as shipped", OrderStatus.SHIPPED),
        moving("Mark as delivered", OrderStatus.DELIVERED),
        moving(
            "Take back",
            OrderStatus.RETURNED,
            sure="Its copies go back into stock, and what is left of its money to the customer.",
        ),
        moving(
            "Cancel the order",
            OrderStatus.CANCELLED,
            sure="Its copies are free again, and its money goes back to the customer.",
        ),
        refund,
    )
