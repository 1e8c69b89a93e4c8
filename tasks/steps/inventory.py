"""Steps of the warehouse (8)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from shop.carts.services import Line
from shop.core.errors import Refused
from shop.inventory import fulfillment
from shop.inventory import services as inventory
from shop.inventory.fulfillment import Promise
from shop.inventory.selectors import Item, WarehouseView
from shop.inventory.services import Fit


class SetUp(TypedDict):
    """The warehouse after the change."""

    warehouse: WarehouseView


class Moved(TypedDict):
    """The item after goods came or went."""

    item: Item


def set_up(
    *,
    address: str | None,
    status: str | None,
    capacity: dict[str, int],
    if_match: list[str] | None = None,
) -> SetUp:
    """Change the warehouse's settings, if they are as they are wanted to be."""
    warehouse = inventory.set_up(
        address=address, status=status, capacity=capacity, if_match=if_match
    )
    return SetUp(warehouse=warehouse)


def check_capacity(*, product_id: int, quantity: int) -> Fit:
    """Look whether goods fit."""
    return inventory.check_capacity(product_id=product_id, quantity=quantity)


def require_capacity(*, product_id: int, quantity: int) -> Fit:
    """Go on only if goods fit."""
    return inventory.require_capacity(product_id=product_id, quantity=quantity)


def receive(*, product_id: int, quantity: int, job_id: UUID, owner_id: int | None) -> Moved:
    """Take goods into stock."""
    item = inventory.receive(
        product_id=product_id, quantity=quantity, job_id=job_id, account_id=owner_id
    )
    return Moved(item=item)


def withdraw(*, product_id: int, quantity: int, job_id: UUID, owner_id: int | None) -> Moved:
    """Take goods out of stock."""
    item = inventory.withdraw(
        product_id=product_id, quantity=quantity, job_id=job_id, account_id=owner_id
    )
    return Moved(item=item)


def reserve(*, order_id: int, lines: list[Line], job_id: UUID, owner_id: int | None) -> None:
    """Promise copies to an order; lines of the same product count together."""
    fulfillment.reserve(
        order_id=order_id, quantities=_copies(lines), job_id=job_id, account_id=owner_id
    )


def reserve_all(asked: Sequence[Mapping[str, Any]]) -> list[Refused | None]:
    """Promise copies to orders."""
    return fulfillment.reserve_all(
        [
            Promise(
                order_id=one["order_id"],
                quantities=_copies(one["lines"]),
                job_id=one["job_id"],
                account_id=one["owner_id"],
            )
            for one in asked
        ]
    )


def _copies(lines: Sequence[Line]) -> Mapping[int, int]:
    copies: Counter[int] = Counter()
    for line in lines:
        copies[line["product_id"]] += line["quantity"]
    return copies


def release(*, order_id: int, job_id: UUID, owner_id: int | None) -> None:
    """Free what is promised to an order."""
    fulfillment.release(order_id=order_id, job_id=job_id, account_id=owner_id)
