"""How stock changes: locked in one order, and never without a line in the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict
from uuid import UUID

from django.db import connection

from shop.core import rows
from shop.inventory.models import Why


class Change(TypedDict):
    """Copies of a product that move, for an order and by a job where there are any."""

    product_id: int
    quantity: int
    order_id: int | None
    job_id: UUID | None
    account_id: int | None


def lock(product_ids: Iterable[int]) -> dict[int, int]:
    """Lock stock in the order of its key, so that no two of us wait for each other.

    Returns how many copies of each product are free; what was never in stock is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id, on_hand - reserved FROM inventory_stock"
            " WHERE product_id = ANY(%s) ORDER BY product_id FOR UPDATE",
            [list(product_ids)],
        )
        return dict(cursor.fetchall())


def changes(
    quantities: Mapping[int, int],
    *,
    order_id: int | None = None,
    job_id: UUID | None = None,
    account_id: int | None = None,
) -> list[Change]:
    """Return a change for each product, by its quantity."""
    return [
        Change(
            product_id=product_id,
            quantity=quantity,
            order_id=order_id,
            job_id=job_id,
            account_id=account_id,
        )
        for product_id, quantity in sorted(quantities.items())
    ]


_MOVE = """
    WITH change AS (
        SELECT * FROM json_to_recordset(%s::json) AS change (
            product_id bigint, quantity integer, order_id bigint, job_id uuid, account_id bigint
        )
    ), written AS (
        INSERT INTO inventory_movement (
            product_id, why, on_hand_change, reserved_change, order_id, job_id, account_id
        )
        SELECT product_id, %s, %s::int * quantity, %s::int * quantity, order_id, job_id, account_id
        FROM change
    )
    UPDATE inventory_stock AS stock
    SET on_hand = on_hand + %s::int * copies, reserved = reserved + %s::int * copies
    FROM (SELECT product_id, sum(quantity) AS copies FROM change GROUP BY product_id) AS moved
    WHERE stock.product_id = moved.product_id AND stock.product_id = ANY(%s)
"""


def move(why: Why, moved: Sequence[Change], *, on_hand: int = 0, reserved: int = 0) -> None:
    """Change locked stock by so many times each quantity, with a line in the ledger for each.

    All in one statement.
    """
    # By their ids, too: PostgreSQL takes any `json_to_recordset` for a hundred rows, and would read
    # a table of some thousand products as a whole.
    ids = sorted({change["product_id"] for change in moved})
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [rows.packed(moved), why, on_hand, reserved, on_hand, reserved, ids])
