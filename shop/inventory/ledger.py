"""How stock changes: locked in one order, in one statement, with a line in the ledger for each."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from shop.inventory.models import Movement, Stock, Why


def lock(product_ids: Iterable[int]) -> list[Stock]:
    """Lock stock in the order of its key, so that no two of us wait for each other."""
    return list(
        Stock.objects.select_for_update().filter(pk__in=list(product_ids)).order_by("product_id")
    )


def change_stock(quantities: Mapping[int, int], *, on_hand: int = 0, reserved: int = 0) -> None:
    """Add so many times each quantity to locked stock, all products in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stock"
            " SET on_hand = on_hand + %s * quantity, reserved = reserved + %s * quantity"
            " FROM unnest(%s::bigint[], %s::integer[]) AS change (id, quantity)"
            " WHERE product_id = id",
            [on_hand, reserved, list(quantities), list(quantities.values())],
        )


def lines(
    why: Why,
    quantities: Mapping[int, int],
    *,
    on_hand: int = 0,
    reserved: int = 0,
    order_id: int | None = None,
    job_id: UUID | None = None,
    account_id: int | None = None,
) -> list[Movement]:
    """Return a line for each product: so many times its quantity came, or went where negative."""
    return [
        Movement(
            product_id=product_id,
            why=why,
            on_hand_change=on_hand * quantity,
            reserved_change=reserved * quantity,
            order_id=order_id,
            job_id=job_id,
            account_id=account_id,
        )
        for product_id, quantity in sorted(quantities.items())
    ]


def write(why: Why, quantities: Mapping[int, int], **more: Any) -> None:
    """Write a line for each product, as `lines` makes them."""
    write_all(lines(why, quantities, **more))


def write_all(movements: Iterable[Movement]) -> None:
    """Write lines, all in one statement."""
    Movement.objects.bulk_create(movements)
