"""Steps of orders (3)."""

from uuid import UUID

from shop.carts.services import Line
from shop.orders import services as orders
from shop.orders.services import Placed


def place(
    *, user_id: int, lines: list[Line], currency: str, job_id: UUID, owner_id: int | None
) -> Placed:
    """Make a pending order (3.1)."""
    return orders.place(user_id=user_id, lines=lines, currency=currency, job_id=job_id, by=owner_id)


def close(*, order_id: int, outcome: str, cancelled_by: int | None) -> None:
    """Close an order that came to nothing: `failed` or `cancelled`, like its job."""
    orders.close(order_id=order_id, outcome=outcome, by=cancelled_by)


def confirm(*, order_id: int) -> None:
    """Note that the order is paid."""
    orders.confirm(order_id=order_id)
