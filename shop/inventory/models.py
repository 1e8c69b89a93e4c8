"""Tables of the warehouse, with the rules that hold whatever the code does."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class WarehouseStatus(models.TextChoices):
    """Whether the warehouse takes and reserves goods."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class Why(models.TextChoices):
    """Why stock changed."""

    RECEIPT = "receipt"
    WITHDRAWAL = "withdrawal"
    RESERVATION = "reservation"
    RELEASE = "release"
    SHIPMENT = "shipment"
    RETURN = "return"


class Warehouse(models.Model):
    """The one warehouse."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    address = models.CharField(max_length=300, blank=True, default="")
    status = models.CharField(
        max_length=16, choices=WarehouseStatus, default=WarehouseStatus.ACTIVE
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="warehouse_only_one"),
            models.CheckConstraint(
                condition=Q(status__in=WarehouseStatus.values), name="warehouse_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Warehouse, {self.status}"


class Room(models.Model):
    """How many copies of one kind of product the warehouse can hold, and how many it does."""

    kind = models.CharField(primary_key=True, max_length=16)
    capacity = models.PositiveIntegerField(default=0)
    on_hand = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(on_hand__lte=F("capacity")), name="room_within_capacity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.on_hand} of {self.capacity}"


class Stock(models.Model):
    """How many copies of a product there are, and how many of these are promised."""

    product = models.OneToOneField("catalog.Product", models.PROTECT, primary_key=True)
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")), name="stock_reserved_within_on_hand"
            ),
        ]

    def __str__(self) -> str:
        return f"product {self.product_id}: {self.on_hand}, {self.reserved} reserved"


class Reservation(models.Model):
    """Copies promised to an order. The order's id is a plain value: orders stand above stock."""

    order_id = models.BigIntegerField()
    product = models.ForeignKey("catalog.Product", models.PROTECT, db_index=False)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order_id", "product"], name="reservation_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_not_empty"),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id}: {self.quantity} of product {self.product_id}"


class Movement(models.Model):
    """One line of the ledger: what changed, why, by whom, and for which job. Never changed."""

    product = models.ForeignKey("catalog.Product", models.PROTECT, db_index=False)
    why = models.CharField(max_length=16, choices=Why)
    on_hand_change = models.IntegerField(default=0)
    reserved_change = models.IntegerField(default=0)
    order_id = models.BigIntegerField(null=True)
    # Null where nobody asked but the shop itself, such as for the sample data.
    account_id = models.BigIntegerField(null=True)
    job_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["job_id", "why", "product"], name="movement_once_for_a_job"
            ),
            models.CheckConstraint(
                condition=~Q(on_hand_change=0, reserved_change=0), name="movement_not_empty"
            ),
            models.CheckConstraint(condition=Q(why__in=Why.values), name="movement_why_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "-id"], name="movement_of_product"),
            models.Index(
                fields=["order_id", "-id"],
                name="movement_of_order",
                condition=Q(order_id__isnull=False),
            ),
            # Reservations are found everywhere in the ledger, and written while a customer waits.
            models.Index(
                fields=["why", "-id"],
                name="movement_of_rarer_why",
                condition=~Q(why=Why.RESERVATION),
            ),
            # Lines are written in the order of their times, so this costs next to nothing.
            BrinIndex(fields=["created_at"], name="movement_at", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.why} of product {self.product_id}"
