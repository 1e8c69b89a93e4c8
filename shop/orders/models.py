"""Tables of orders, their statuses, and which may follow which."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shop.core.money import DECIMAL_PLACES, MAX_DIGITS


class OrderStatus(models.TextChoices):
    """Where an order stands."""

    PENDING = "pending"
    PAID = "paid"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    FAILED = "failed"


# Which statuses may follow which. Nothing else may.
TRANSITIONS: dict[OrderStatus, tuple[OrderStatus, ...]] = {
    OrderStatus.PENDING: (OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.FAILED),
    OrderStatus.PAID: (OrderStatus.PROCESSING, OrderStatus.CANCELLED),
    OrderStatus.PROCESSING: (OrderStatus.SHIPPED, OrderStatus.CANCELLED),
    OrderStatus.SHIPPED: (OrderStatus.DELIVERED,),
    OrderStatus.DELIVERED: (OrderStatus.RETURNED,),
    OrderStatus.RETURNED: (),
    OrderStatus.CANCELLED: (),
    OrderStatus.FAILED: (),
}


class Order(models.Model):
    """What a customer bought, as it was then: titles, prices, currency, name and address."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, db_index=False)
    status = models.CharField(max_length=16, choices=OrderStatus, default=OrderStatus.PENDING)
    total = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    currency = models.CharField(max_length=3)
    first_name = models.CharField(max_length=150)
    last_name = models.CharField(max_length=150)
    address = models.CharField(max_length=300)
    city = models.CharField(max_length=150)
    country = models.CharField(max_length=150)
    # The checkout that made it.
    job_id = models.UUIDField(unique=True, editable=False)
    # The payment that alone may move the order while it is pending, for as long as it is under
    # way. Null: its checkout still.
    held_by = models.UUIDField(null=True, editable=False)
    # The job that wants to move the pending order next: nobody begins to pay it meanwhile.
    wanted_by = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="order_status_known"
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="order_of_customer"),
            models.Index(fields=["status", "-id"], name="order_of_status"),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}, {self.status}"

    @property
    def holder(self) -> UUID:
        """Return the job that alone may move the order while it is pending and the job runs."""
        return self.held_by or self.job_id

    @property
    def in_hands_of(self) -> list[UUID]:
        """Return the jobs that keep others from taking the pending order up while they run."""
        return [self.holder, *([self.wanted_by] if self.wanted_by else [])]

    @property
    def is_pending(self) -> bool:
        """Return whether it is still to be paid."""
        return self.status == OrderStatus.PENDING

    def may_become(self, status: str) -> bool:
        """Return whether the order may be given this status, or has it."""
        return status == self.status or OrderStatus(status) in TRANSITIONS[OrderStatus(self.status)]


class OrderLine(models.Model):
    """One product of an order, with its title and price as they were."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    # No index: a product is never removed, and nobody asks for the orders that hold one.
    product = models.ForeignKey("catalog.Product", models.PROTECT, db_index=False)
    title = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    currency = models.CharField(max_length=3)
    line_total = models.GeneratedField(
        expression=F("quantity") * F("unit_price"),
        output_field=models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES),
        db_persist=True,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "product"], name="order_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_not_empty"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="order_line_price"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


class OrderEvent(models.Model):
    """One line of an order's history. Never changed."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="history", db_index=False)
    status = models.CharField(max_length=16, choices=OrderStatus)
    at = models.DateTimeField(db_default=Now(), editable=False)
    # The account of whoever did it; null for the shop itself.
    by = models.BigIntegerField(null=True)
    job_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            # No status comes twice in an order's life.
            models.UniqueConstraint(fields=["order", "status"], name="order_event_once"),
        ]
        # Events are written in the order of their times, so this costs next to nothing.
        indexes: ClassVar = [BrinIndex(fields=["at"], name="order_event_at", autosummarize=True)]

    def __str__(self) -> str:
        return f"order {self.order_id} {self.status}"
