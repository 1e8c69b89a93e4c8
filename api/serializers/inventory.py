"""The warehouse (1.3)."""

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers.base import Form, Shape
from api.serializers.fields import (
    ChoiceField,
    IdField,
    IntegerField,
    TextField,
    UtcDateTimeField,
)

MAX_GOODS = 1_000_000
MAX_CAPACITY = 1_000_000_000
# Why stock changes.
REASONS = ["receipt", "withdrawal", "reservation", "release", "shipment", "return"]


class WarehouseForm(Form):
    """What to change of the warehouse; what is left out stays."""

    address = TextField(max_length=300, required=False)
    book_quantity = IntegerField(min_value=0, max_value=MAX_CAPACITY, required=False)
    clothes_quantity = IntegerField(min_value=0, max_value=MAX_CAPACITY, required=False)
    electronic_quantity = IntegerField(min_value=0, max_value=MAX_CAPACITY, required=False)
    status = ChoiceField(choices=["active", "inactive"], required=False)


class GoodsForm(Form):
    """So many copies of a product."""

    product_id = IdField()
    quantity = IntegerField(min_value=1, max_value=MAX_GOODS)


class KindsShape(Shape):
    """A number of copies for each kind of product."""

    book = serializers.IntegerField()
    clothes = serializers.IntegerField()
    electronic = serializers.IntegerField()


class WarehouseShape(Shape):
    """The warehouse."""

    address = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=["active", "inactive"])
    capacity = KindsShape()
    on_hand = KindsShape()
    remaining = KindsShape()


class ItemQuery(PageQuery):
    """Which items to list."""

    product_id = IntegerField(required=False)


class ItemShape(Shape):
    """What there is of one product."""

    product_id = serializers.IntegerField()
    title = serializers.CharField(source="product.title")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()


class MovementQuery(PageQuery):
    """Which lines of the ledger to list."""

    product_id = IntegerField(required=False)
    order_id = IntegerField(required=False)
    why = ChoiceField(choices=REASONS, required=False)


class MovementShape(Shape):
    """One line of the ledger; `account_id` is null where nobody asked but the shop itself."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    why = serializers.ChoiceField(choices=REASONS)
    on_hand_change = serializers.IntegerField()
    reserved_change = serializers.IntegerField()
    order_id = serializers.IntegerField(allow_null=True)
    account_id = serializers.IntegerField(allow_null=True)
    job_id = serializers.UUIDField(allow_null=True)
    created_at = UtcDateTimeField()
