"""Carts and checkouts (1.4)."""

from rest_framework import serializers

from api.serializers.base import Form, Shape
from api.serializers.fields import (
    ChoiceField,
    CustomerIdField,
    IdField,
    IntegerField,
    MoneyField,
    SecretField,
)
from shop.core import money

# The most copies of one product in a cart.
MAX_QUANTITY = 1_000
METHODS = ["card"]


class CartItemForm(Form):
    """So many copies of a product."""

    product_id = IdField()
    quantity = IntegerField(min_value=1, max_value=MAX_QUANTITY)


class CartQuantityForm(Form):
    """How many copies the cart is to hold; 0 removes the line."""

    quantity = IntegerField(min_value=0, max_value=MAX_QUANTITY)


class CartLineShape(Shape):
    """One product in a cart, at today's price."""

    product_id = serializers.IntegerField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    line_total = MoneyField()
    available = serializers.IntegerField()


class CartShape(Shape):
    """A cart."""

    user_id = serializers.IntegerField()
    items = CartLineShape(many=True)
    total = MoneyField()
    currency = serializers.CharField()


class PaymentForm(Form):
    """How to pay. The token stands for a card; the card itself never comes here."""

    method = ChoiceField(choices=METHODS)
    token = SecretField(max_length=255)


class CheckoutForm(Form):
    """Buy what is in the cart; without `payment` to be paid later."""

    user_id = CustomerIdField()
    payment = PaymentForm(required=False)
    expected_total = MoneyField(required=False, maximum=money.MAX_TOTAL)
