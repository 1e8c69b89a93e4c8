"""Writes of orders (3.1, 3.2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from shop.carts.services import Line, ProductUnavailable
from shop.catalog import selectors as catalog
from shop.catalog.selectors import ProductFacts
from shop.core import money, rows
from shop.core.errors import NotFound, Refused
from shop.core.outcomes import only
from shop.customers import selectors as customers
from shop.customers.selectors import ShipTo
from shop.inventory import fulfillment
from shop.orders import selectors
from shop.orders.models import TRANSITIONS, Order, OrderEvent, OrderLine, OrderStatus


class InvalidTransition(Refused):
    """The order's present status does not allow the change."""

    code = "invalid_transition"
    detail = "An order of this status cannot be changed like that."


class OrdersOpen(Refused):
    """The customer still waits for an order."""

    code = "orders_open"
    detail = "An order is still to be paid, shipped or delivered; cancel it, or wait for it."


class Placed(TypedDict):
    """The order made, and what it costs, in digits."""

    order_id: int
    total: str


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """An order to be made of a checkout's lines, by an account."""

    user_id: int
    lines: Sequence[Line]
    currency: str
    job_id: UUID
    by: int | None


def place(
    *, user_id: int, lines: Sequence[Line], currency: str, job_id: UUID, by: int | None
) -> Placed:
    """Make a pending order of a checkout's lines (3.1), as `place_all` does."""
    wanted = NewOrder(user_id=user_id, lines=lines, currency=currency, job_id=job_id, by=by)
    return only(place_all([wanted]))


@transaction.atomic(savepoint=False)
def place_all(wanted: Sequence[NewOrder]) -> list[Placed | Refused]:
    """Make pending orders of checkouts' lines (3.1), addressed as the customers are today.

    Lines of one product become one. Answers for each, in their order: NotFound when the customer
    is gone; ProductUnavailable when a product was deleted since. Raises IntegrityError when one of
    the jobs has made an order already.
    """
    products = catalog.products(product_ids=[x["product_id"] for new in wanted for x in new.lines])
    addresses = customers.ship_to(user_ids={new.user_id for new in wanted})
    drafts = [_draft(new, products, addresses) for new in wanted]
    placed = _insert([draft for draft in drafts if isinstance(draft, Draft)])
    return [
        draft.placed(placed[draft.new.job_id]) if isinstance(draft, Draft) else draft
        for draft in drafts
    ]


@dataclass(frozen=True)
class Draft:
    """An order that can be made."""

    new: NewOrder
    merged: Mapping[int, Line]
    address: ShipTo

    @property
    def total(self) -> Decimal:
        """Return what it costs."""
        prices = (Decimal(line["unit_price"]) * line["quantity"] for line in self.merged.values())
        return sum(prices, Decimal(0))

    def placed(self, order_id: int) -> Placed:
        """Return its id, once it is made, and what it costs."""
        return Placed(order_id=order_id, total=money.text(self.total, self.new.currency))


def _draft(
    new: NewOrder, products: Mapping[int, ProductFacts], addresses: Mapping[int, ShipTo]
) -> Draft | Refused:
    merged = _merged(new.lines)
    if any(products[product_id].deleted_at for product_id in merged):
        return ProductUnavailable()
    if new.user_id not in addresses:
        return NotFound("There is no such customer.")
    return Draft(new, merged, addresses[new.user_id])


# An order begins with its lines and the first of its events. A job makes one order at the most, so
# that its id tells them apart before they have ids of their own.
_PLACE = """
    WITH draft AS (
        SELECT * FROM json_to_recordset(%s::json) AS draft (
            job_id uuid, user_id bigint, account_id bigint, total numeric, currency text,
            first_name text, last_name text, address text, city text, country text
        )
    ), placed AS (
        INSERT INTO orders_order (
            job_id, customer_id, status, total, currency,
            first_name, last_name, address, city, country
        )
        SELECT job_id, user_id, %s, total, currency, first_name, last_name, address, city, country
        FROM draft
        RETURNING id, job_id, status, currency
    ), listed AS (
        INSERT INTO orders_orderline (order_id, product_id, title, quantity, unit_price, currency)
        SELECT id, product_id, title, quantity, unit_price, currency
        FROM ROWS FROM (json_to_recordset(%s::json) AS (
            job_id uuid, product_id bigint, title text, quantity integer, unit_price numeric
        )) WITH ORDINALITY AS line (job_id, product_id, title, quantity, unit_price, position)
        JOIN placed USING (job_id)
        ORDER BY position
    ), told AS (
        INSERT INTO orders_orderevent (order_id, status, by, job_id)
        SELECT id, status, account_id, job_id FROM placed JOIN draft USING (job_id)
    )
    SELECT job_id, id FROM placed
"""


def _insert(drafts: Sequence[Draft]) -> dict[UUID, int]:
    """Make orders, all in one statement, and return their ids by the ids of their jobs."""
    orders = [
        {
            "job_id": draft.new.job_id,
            "user_id": draft.new.user_id,
            "account_id": draft.new.by,
            "total": draft.total,
            "currency": draft.new.currency,
            **draft.address,
        }
        for draft in drafts
    ]
    lines = [
        {"job_id": draft.new.job_id, **line} for draft in drafts for line in draft.merged.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [rows.packed(orders), OrderStatus.PENDING, rows.packed(lines)])
        return dict(cursor.fetchall())


def _merged(lines: Iterable[Line]) -> dict[int, Line]:
    """Return one line for each product, with all of its copies, in the order of the first."""
    merged: dict[int, Line] = {}
    for line in lines:
        there = merged.get(line["product_id"])
        quantity = line["quantity"] + (there["quantity"] if there else 0)
        merged[line["product_id"]] = {**line, "quantity": quantity}
    return merged


def lock(*, order_id: int) -> Order:
    """Keep the order as it is until the transaction ends, and return it. Raises NotFound."""
    # Rows that only refer to the order, such as notifications, need not wait.
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def hold(*, order_id: int, job_id: UUID) -> None:
    """Give a locked order into the hands of a payment."""
    Order.objects.filter(pk=order_id).update(held_by=job_id)


def want(*, order_id: int, job_id: UUID) -> None:
    """Note which job wants to move a locked order next."""
    Order.objects.filter(pk=order_id).update(wanted_by=job_id)


def confirm(*, order_id: int, job_id: UUID) -> None:
    """Note that the order is paid. Raises InvalidTransition unless it is pending."""
    only(confirm_all({order_id: job_id}))


_CONFIRM = """
    WITH pending AS (
        SELECT id, wanted.job_id
        FROM orders_order JOIN unnest(%s::bigint[], %s::uuid[]) AS wanted (order_id, job_id)
            ON id = order_id
        WHERE id = ANY(%s) AND status = %s ORDER BY id FOR NO KEY UPDATE OF orders_order
    ), paid AS (
        UPDATE orders_order AS paid SET status = %s FROM pending WHERE paid.id = pending.id
        RETURNING paid.id, paid.status, pending.job_id
    )
    INSERT INTO orders_orderevent (order_id, status, job_id)
    SELECT id, status, job_id FROM paid ORDER BY id
    RETURNING order_id
"""


@transaction.atomic(savepoint=False)
def confirm_all(paid: Mapping[int, UUID]) -> list[InvalidTransition | None]:
    """Note that orders are paid, each by a job, and answer for each, in their order.

    InvalidTransition for one that is not pending.
    """
    # Locked in one order, so that no two of us wait for each other. The condition, not an earlier
    # look, decides: another may move an order at this moment.
    with connection.cursor() as cursor:
        # By their ids, too: PostgreSQL may take the pending ones for fewer, and read all of them.
        ids, jobs = list(paid), list(paid.values())
        cursor.execute(_CONFIRM, [ids, jobs, ids, OrderStatus.PENDING, OrderStatus.PAID])
        moved = {order_id for (order_id,) in cursor.fetchall()}
    return [None if order_id in moved else InvalidTransition() for order_id in paid]


def close(*, order_id: int, outcome: str, by: int | None, job_id: UUID) -> None:
    """Give up a pending order: `outcome` is `failed` or `cancelled`, `by` an account or the shop.

    Raises InvalidTransition unless it is pending.
    """
    _move(order_id, OrderStatus.PENDING, OrderStatus(outcome), by=by, job_id=job_id)


@transaction.atomic(savepoint=False)
def change_status(*, order_id: int, status: str, by: int | None, job_id: UUID) -> str | None:
    """Move an order on (3.2), its copies with it, and return the status that it had.

    None where it has the status already: nothing changes. `by` is an account, or the shop.
    Raises NotFound; InvalidTransition; for a return also WarehouseInactive or CapacityExceeded.
    """
    order = lock(order_id=order_id)
    before, after = OrderStatus(order.status), OrderStatus(status)
    if before == after:
        return None
    if after not in TRANSITIONS[before]:
        raise InvalidTransition
    _move_copies(order, after, by=by, job_id=job_id)
    _move(order_id, before, after, by=by, job_id=job_id)
    return before.value


def _move_copies(order: Order, status: OrderStatus, *, by: int | None, job_id: UUID) -> None:
    """Have the warehouse do what an order's new status means for its copies."""
    if status in (OrderStatus.CANCELLED, OrderStatus.FAILED):
        fulfillment.release(order_id=order.pk, job_id=job_id, account_id=by)
    if status not in (OrderStatus.SHIPPED, OrderStatus.RETURNED):
        return
    lines = OrderLine.objects.filter(order=order).order_by("product_id")
    move = fulfillment.ship if status == OrderStatus.SHIPPED else fulfillment.take_back
    move(
        order_id=order.pk,
        quantities={line.product_id: line.quantity for line in lines},
        job_id=job_id,
        account_id=by,
    )


def require_none_open(*, user_id: int) -> None:
    """Go on only if the shop owes the customer nothing. Raises OrdersOpen."""
    if selectors.has_open_orders(user_id=user_id):
        raise OrdersOpen


def erase_ship_to(*, user_id: int) -> None:
    """Blank name and address of the customer's orders that came to nothing. May be repeated.

    An order that was ever paid keeps them: it is the invoice, which the law has the shop keep.
    """
    paid = OrderEvent.objects.filter(order=OuterRef("pk"), status=OrderStatus.PAID)
    Order.objects.filter(
        ~Exists(paid),
        customer_id=user_id,
        status__in=(OrderStatus.FAILED, OrderStatus.CANCELLED),
    ).update(first_name="", last_name="", address="", city="", country="")


@transaction.atomic(savepoint=False)
def _move(
    order_id: int, before: OrderStatus, status: OrderStatus, *, by: int | None, job_id: UUID
) -> None:
    # The condition, not an earlier look, decides: another may move the order at this moment.
    if not Order.objects.filter(pk=order_id, status=before).update(status=status):
        raise InvalidTransition
    OrderEvent.objects.create(order_id=order_id, status=status, by=by, job_id=job_id)
