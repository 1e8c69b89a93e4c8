"""Steps of carts (5)."""

from typing import TypedDict
from uuid import UUID

from shop.carts import services as carts
from shop.carts.services import Line


class CartCreated(TypedDict):
    """The new cart."""

    cart_id: int


def create_cart(*, user_id: int, job_id: UUID) -> CartCreated:
    """Give a customer a cart (5.1)."""
    return CartCreated(cart_id=carts.create_cart(user_id=user_id, job_id=job_id))


def delete_cart(*, cart_id: int) -> None:
    """Take the cart away again."""
    carts.delete_cart(cart_id=cart_id)


def put_back(*, user_id: int, lines: list[Line]) -> None:
    """Return a checkout's lines to the cart that they were taken from."""
    carts.put_back(user_id=user_id, lines=lines)
