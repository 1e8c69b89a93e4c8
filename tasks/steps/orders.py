"""Steps of orders (3)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from shop.carts.services import Line
from shop.core.errors import Refused
from shop.orders import selectors
from shop.orders import services as orders
from shop.orders.services import InvalidTransition, NewOrder, Placed
from tasks.engine import jobs
from tasks.engine.workflow import NotYet


class Changed(TypedDict):
    """The status that the order had; null where it had the wanted one already."""

    changed_from: str | None


def place(
    *, user_id: int, lines: list[Line], currency: str, job_id: UUID, owner_id: int | None
) -> Placed:
    """Make a pending order (3.1)."""
    return orders.place(user_id=user_id, lines=lines, currency=currency, job_id=job_id, by=owner_id)


def place_all(asked: Sequence[Mapping[str, Any]]) -> list[Placed | Refused]:
    """Make pending orders (3.1)."""
    return orders.place_all(
        [
            NewOrder(
                user_id=one["user_id"],
                lines=one["lines"],
                currency=one["currency"],
                job_id=one["job_id"],
                by=one["owner_id"],
            )
            for one in asked
        ]
    )


def close(*, order_id: int, outcome: str, cancelled_by: int | None, job_id: UUID) -> None:
    """Close an order that came to nothing: `failed` or `cancelled`, like its job."""
    orders.close(order_id=order_id, outcome=outcome, by=cancelled_by, job_id=job_id)


def confirm(*, order_id: int, job_id: UUID) -> None:
    """Note that the order is paid."""
    orders.confirm(order_id=order_id, job_id=job_id)


def confirm_all(asked: Sequence[Mapping[str, Any]]) -> list[InvalidTransition | None]:
    """Note that orders are paid."""
    return orders.confirm_all({one["order_id"]: one["job_id"] for one in asked})


def await_payment(*, order_id: int, status: str) -> None:
    """Wait until the checkout or payment that alone may move a pending order has ended.

    The order stays locked: nobody begins to pay it before it is moved.
    """
    order = orders.lock(order_id=order_id)
    moves = order.is_pending and order.status != status
    if moves and jobs.is_active(job_id=order.holder):
        raise NotYet(seconds=1)


def change_status(
    *, order_id: int, status: str, by: int | None, cancels: str | None, job_id: UUID
) -> Changed:
    """Move the order on, and its copies with it (3.2).

    One that the checkout closed which this job had cancelled counts as changed by this job.
    """
    before = orders.change_status(order_id=order_id, status=status, by=by, job_id=job_id)
    if before is None and cancels is not None:
        moved_by = selectors.moved_by(order_id=order_id, status=status)
        before = "pending" if moved_by == UUID(cancels) else None
    return Changed(changed_from=before)
