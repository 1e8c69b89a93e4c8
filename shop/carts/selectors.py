"""Reads of carts (5.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from shop.carts.models import Cart, CartItem
from shop.core import money, versions
from shop.core.errors import NotFound
from shop.inventory import selectors as inventory


@dataclass(frozen=True)
class CartLine:
    """A product in the cart, at today's price. `available` is 0 for what is no longer sold."""

    product_id: int
    title: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    available: int


@dataclass(frozen=True)
class CartView:
    """The cart as its owner sees it; products are in the order in which they were put in.

    `version` is that of the lines alone: prices and stock do not change it.
    """

    user_id: int
    items: list[CartLine]
    total: Decimal
    currency: str
    version: str


def cart(*, user_id: int) -> CartView:
    """Return the customer's cart. Raises NotFound when there is no such customer."""
    rows = list(
        CartItem.objects.filter(cart__customer_id=user_id)
        .select_related("product")
        .defer("product__search", "product__description")
        .order_by("pk")
    )
    if not rows and not Cart.objects.filter(customer_id=user_id).exists():
        raise NotFound("There is no such customer.")
    available = inventory.available(product_ids=[row.product_id for row in rows])
    lines = [
        CartLine(
            product_id=row.product_id,
            title=row.product.title,
            quantity=row.quantity,
            unit_price=row.product.price,
            line_total=row.product.price * row.quantity,
            available=available.get(row.product_id, 0) if _is_sold(row) else 0,
        )
        for row in rows
    ]
    return CartView(
        user_id=user_id,
        items=lines,
        total=sum((line.line_total for line in lines), Decimal(0)),
        currency=money.currency(),
        version=_version((line.product_id, line.quantity) for line in lines),
    )


def version(*, cart_id: int) -> str:
    """Return the version of the cart's lines, the same as `cart` shows."""
    rows = CartItem.objects.filter(cart_id=cart_id).order_by("pk")
    return _version(rows.values_list("product_id", "quantity"))


def _version(lines: Iterable[tuple[int, int]]) -> str:
    return versions.version_of(*lines)


def _is_sold(row: CartItem) -> bool:
    """Return whether the product can be bought here: not deleted, and priced in our currency."""
    return row.product.deleted_at is None and row.product.currency == money.currency()
