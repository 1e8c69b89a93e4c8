"""Writes of carts (5.1 to 5.3, 5.5), and the hand-over of a cart's lines to a checkout.

`if_match` names the versions of the cart in which it may be changed; None: in any.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from shop.carts import selectors
from shop.carts.models import MAX_QUANTITY, Cart, CartItem
from shop.catalog import selectors as catalog
from shop.core import money, versions
from shop.core.errors import NotFound, Refused
from shop.core.statements import Prepared
from shop.inventory.services import UnknownProduct


class CartEmpty(Refused):
    """There is nothing to buy."""

    code = "cart_empty"
    detail = "The cart is empty; put something into it first."


class NotInCart(Refused):
    """The cart does not hold so many."""

    code = "not_in_cart"
    detail = "The cart does not hold so many copies of this product."


class CartLineFull(Refused):
    """A line of a cart takes no more."""

    code = "cart_line_full"
    detail = f"A cart takes at most {MAX_QUANTITY} copies of one product."


class PriceChanged(Refused):
    """The cart costs something else than the customer expects."""

    code = "price_changed"
    detail = "The cart's total is not the expected one; look at the cart again."


class ProductUnavailable(Refused):
    """The cart holds a product that is no longer sold."""

    code = "product_unavailable"
    detail = "The cart holds a product that is no longer sold; remove it first."


class Line(TypedDict):
    """A line as a checkout takes it over: with the title and price of this moment, in digits."""

    product_id: int
    title: str
    quantity: int
    unit_price: str


def create_cart(*, user_id: int, job_id: UUID | None = None) -> int:
    """Give the customer a cart (5.1) and return its id.

    Raises IntegrityError when there is one already.
    """
    return Cart.objects.create(customer_id=user_id, job_id=job_id).pk


def delete_cart(*, cart_id: int) -> None:
    """Remove a cart with all that it holds. May be repeated."""
    Cart.objects.filter(pk=cart_id).delete()


@transaction.atomic(savepoint=False)
def delete_cart_of(*, user_id: int) -> None:
    """Remove the customer's cart with all that it holds. May be repeated."""
    # Under its lock, so that nothing is put into it meanwhile.
    for cart in Cart.objects.select_for_update().filter(customer_id=user_id):
        cart.delete()


@transaction.atomic
def add_item(
    *, user_id: int, product_id: int, quantity: int, if_match: Collection[str] | None = None
) -> None:
    """Put copies of a product into the cart (5.2), beside those that are there.

    Raises NotFound for an unknown customer; PreconditionFailed; UnknownProduct; CartLineFull.
    """
    cart = _locked_cart(user_id, if_match)
    _check_on_sale(product_id)
    room = CartItem.objects.filter(
        cart=cart, product_id=product_id, quantity__lte=MAX_QUANTITY - quantity
    )
    if room.update(quantity=F("quantity") + quantity, changed_at=Now()):
        return
    if CartItem.objects.filter(cart=cart, product_id=product_id).exists():
        raise CartLineFull
    CartItem.objects.create(cart=cart, product_id=product_id, quantity=quantity)


@transaction.atomic
def remove_item(
    *, user_id: int, product_id: int, quantity: int, if_match: Collection[str] | None = None
) -> None:
    """Take copies of a product out of the cart (5.3); at none the line goes.

    Raises NotFound for an unknown customer; PreconditionFailed; NotInCart when there are fewer;
    UnknownProduct when there are none and the product is not on sale.
    """
    items = CartItem.objects.filter(cart=_locked_cart(user_id, if_match), product_id=product_id)
    if items.filter(quantity=quantity).delete()[0]:
        return
    if items.filter(quantity__gt=quantity).update(
        quantity=F("quantity") - quantity, changed_at=Now()
    ):
        return
    if not items.exists():
        _check_on_sale(product_id)
    raise NotInCart


@transaction.atomic
def set_item(
    *, user_id: int, product_id: int, quantity: int, if_match: Collection[str] | None = None
) -> None:
    """Have exactly so many copies of a product in the cart; 0 removes it. May be repeated.

    Raises PreconditionFailed; NotFound for an unknown customer or product, and for a deleted
    product unless its line is removed.
    """
    cart = _locked_cart(user_id, if_match)
    if quantity == 0:
        removed, _ = CartItem.objects.filter(cart=cart, product_id=product_id).delete()
        if not removed and not catalog.products(product_ids=[product_id]):
            raise NotFound("There is no such product.")
        return
    catalog.product(product_id=product_id)
    CartItem.objects.update_or_create(
        cart=cart, product_id=product_id, defaults={"quantity": quantity, "changed_at": Now()}
    )


@transaction.atomic
def empty(*, user_id: int, if_match: Collection[str] | None = None) -> None:
    """Take everything out of the cart (5.5). May be repeated.

    Raises NotFound; PreconditionFailed.
    """
    CartItem.objects.filter(cart=_locked_cart(user_id, if_match)).delete()


@transaction.atomic(savepoint=False)
def take_lines(
    *,
    user_id: int,
    expected_total: Decimal | None = None,
    if_match: Collection[str] | None = None,
) -> list[Line]:
    """Empty the cart into a checkout: return its lines at the prices of this moment.

    Raises NotFound; PreconditionFailed; CartEmpty; ProductUnavailable; PriceChanged when the total
    is another one.
    """
    if if_match is not None:
        _locked_cart(user_id, if_match)
    items = _taken(user_id)
    if not items:
        _locked_cart(user_id, None)
        raise CartEmpty
    # A price in another currency, from before the shop changed its own, is no price here.
    if any(deleted_at or code != money.currency() for *_, code, deleted_at in items):
        raise ProductUnavailable
    total = sum(quantity * price for _, quantity, _, price, *_ in items)
    if expected_total is not None and total != expected_total:
        raise PriceChanged
    return [
        Line(
            product_id=product_id,
            title=title,
            quantity=quantity,
            unit_price=money.text(price, money.currency()),
        )
        for product_id, quantity, title, price, *_ in items
    ]


_TAKE = Prepared("""
    WITH cart AS (
        SELECT id FROM carts_cart WHERE customer_id = %s FOR UPDATE
    ), taken AS (
        DELETE FROM carts_cartitem AS item USING cart WHERE item.cart_id = cart.id
        RETURNING item.id, item.product_id, item.quantity
    )
    SELECT product_id, quantity, title, price, currency, deleted_at
    FROM taken JOIN catalog_product AS product ON product.id = product_id
    ORDER BY taken.id
""")


def _taken(user_id: int) -> list[tuple[int, int, str, Decimal, str, datetime | None]]:
    """Take all lines out of a cart, locked, and return them with what is known of the products.

    A line that is put in while this waits for the cart stays for the next order.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [user_id])
        return list(cursor.fetchall())


@transaction.atomic(savepoint=False)
def put_back(*, user_id: int, lines: Iterable[Line]) -> None:
    """Return a checkout's lines to the cart, beside what it holds by now.

    A product deleted since stays out; a line that would hold too many is filled to its limit.
    """
    quantities: Counter[int] = Counter()
    for line in lines:
        quantities[line["product_id"]] += line["quantity"]
    cart = Cart.objects.select_for_update().filter(customer_id=user_id).first()
    if cart is None:
        return
    products = catalog.products(product_ids=quantities)
    kept = {k: n for k, n in quantities.items() if k in products and not products[k].deleted_at}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO carts_cartitem AS item (cart_id, product_id, quantity)"
            " SELECT %s, * FROM unnest(%s::bigint[], %s::integer[])"
            " ON CONFLICT (cart_id, product_id)"
            " DO UPDATE SET changed_at = now(),"
            " quantity = LEAST(item.quantity + excluded.quantity, %s)",
            [cart.pk, list(kept), list(kept.values()), MAX_QUANTITY],
        )


def _locked_cart(user_id: int, if_match: Collection[str] | None) -> Cart:
    """Lock the cart: its owner, a checkout and the shop may all be changing it at once."""
    cart = Cart.objects.select_for_update().filter(customer_id=user_id).first()
    if cart is None:
        raise NotFound("There is no such customer.")
    if if_match is not None:
        versions.check(selectors.version(cart_id=cart.pk), wanted=if_match)
    return cart


def _check_on_sale(product_id: int) -> None:
    try:
        catalog.product(product_id=product_id)
    except NotFound as error:
        raise UnknownProduct from error
