"""Orders and payments (1.5, 6)."""

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers.base import Form, Shape
from api.serializers.fields import ChoiceField, CustomerIdField, MoneyField, UtcDateTimeField
from shop.core import money

ORDER_STATUSES = [
    *("pending", "paid", "processing", "shipped", "delivered", "returned", "cancelled", "failed"),
]


class OrderQuery(PageQuery):
    """Which orders to list."""

    user_id = CustomerIdField(required=False)
    status = ChoiceField(choices=ORDER_STATUSES, required=False)


class OrderUpdateForm(Form):
    """The status that an order is to have."""

    status = ChoiceField(choices=ORDER_STATUSES)


class RefundForm(Form):
    """How much to give back; left out, all that is left."""

    amount = MoneyField(positive=True, maximum=money.MAX_TOTAL, required=False)


class PaymentShape(Shape):
    """A payment."""

    id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    provider = serializers.CharField()
    method = serializers.CharField()
    status = serializers.CharField()
    amount = MoneyField()
    refunded = MoneyField()
    currency = serializers.CharField()
    created_at = UtcDateTimeField()


class OrderLineShape(Shape):
    """One product of an order, with title and price as they were."""

    product_id = serializers.IntegerField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    line_total = MoneyField()


class ShipToShape(Shape):
    """Name and address as they were."""

    first_name = serializers.CharField()
    last_name = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField()


class OrderEventShape(Shape):
    """One line of an order's history; `by` is an account, or null for the shop itself."""

    status = serializers.ChoiceField(choices=ORDER_STATUSES)
    at = UtcDateTimeField()
    by = serializers.IntegerField(allow_null=True)


# What `order_views` of `shop.payments.selectors` writes.
class OrderShape(Shape):
    """An order with its latest payment."""

    id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ORDER_STATUSES)
    lines = OrderLineShape(many=True)
    total = MoneyField()
    currency = serializers.CharField()
    ship_to = ShipToShape()
    payment = PaymentShape(allow_null=True)
    job_id = serializers.UUIDField()
    history = OrderEventShape(many=True)
