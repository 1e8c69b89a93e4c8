"""Tables of carts, with the rules that hold whatever the code does."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

# The most copies of one product that a cart may ask for.
MAX_QUANTITY = 1_000


class Cart(models.Model):
    """A customer's one cart (5.1)."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE)
    # The registration that made it.
    job_id = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # When its customer was last told of what lies in it.
    reminded_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"cart of customer {self.customer_id}"


class CartItem(models.Model):
    """A product in a cart, once; prices are the catalog's until it is bought."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items", db_index=False)
    # No index: a product is never removed, and nobody asks for the carts that hold one.
    product = models.ForeignKey("catalog.Product", models.PROTECT, db_index=False)
    quantity = models.PositiveIntegerField()
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cart", "product"], name="cart_item_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="cart_item_quantity_in_range",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["changed_at"], name="cart_item_changed")]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
