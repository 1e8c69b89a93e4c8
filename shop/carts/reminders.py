"""Whom to remind of a cart (5) that was left standing."""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.db.models.functions import Now

from shop.carts.models import Cart, CartItem

# A cart that was left for so long is forgotten: whoever comes back finds it, unasked.
FORGOTTEN = timedelta(days=7)


class Left(NamedTuple):
    """A customer, the account, and how many copies lie in the cart."""

    user_id: int
    account_id: int
    copies: int


@transaction.atomic(savepoint=False)
def remind(*, idle: timedelta, limit: int) -> list[Left]:
    """Note of so many carts that nobody touched for so long that they are reminded of, now.

    Each once until it is changed again, also by two at the same time; a cart that somebody is
    changing waits for the next time.
    """
    items = CartItem.objects.filter(cart=OuterRef("pk"))
    left = items.filter(changed_at__lte=Now() - idle, changed_at__gt=Now() - FORGOTTEN)
    carts = (
        Cart.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(Exists(left), ~Exists(items.filter(changed_at__gt=Now() - idle)))
        .filter(Q(reminded_at=None) | Exists(items.filter(changed_at__gt=OuterRef("reminded_at"))))
        .filter(customer__account__is_active=True)
    )
    ids = [cart.pk for cart in carts.order_by("pk")[:limit]]
    Cart.objects.filter(pk__in=ids).update(reminded_at=Now())
    found = Cart.objects.filter(pk__in=ids).annotate(copies=Sum("items__quantity"))
    return [
        Left(*row)
        for row in found.order_by("pk").values_list("customer_id", "customer__account_id", "copies")
    ]
