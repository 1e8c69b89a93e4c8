"""What orders do to stock: reserve, release, ship, take back. All of an order or none of it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from shop.catalog import selectors as catalog
from shop.core import rows
from shop.core.errors import Refused
from shop.core.outcomes import only
from shop.inventory import ledger
from shop.inventory.models import Reservation, Room, Stock, Why
from shop.inventory.services import (
    CapacityExceeded,
    InsufficientStock,
    WarehouseInactive,
    check_active,
    is_active,
)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Copies of several products, by product id, to be promised to an order."""

    order_id: int
    quantities: Mapping[int, int]
    job_id: UUID | None = None
    account_id: int | None = None


def reserve(
    *,
    order_id: int,
    quantities: Mapping[int, int],
    job_id: UUID | None = None,
    account_id: int | None = None,
) -> None:
    """Promise copies of several products, by product id, to an order: all of them or none.

    Raises WarehouseInactive; InsufficientStock when one of the products has too few free copies.
    """
    only(
        reserve_all(
            [
                Promise(
                    order_id=order_id, quantities=quantities, job_id=job_id, account_id=account_id
                )
            ]
        )
    )


@transaction.atomic(savepoint=False)
def reserve_all(wanted: Sequence[Promise]) -> list[Refused | None]:
    """Promise copies to orders, to each all of its copies or none, in their order.

    Answers for each: WarehouseInactive; InsufficientStock when one of its products has too few
    copies that are free, or left by those before it.
    """
    if not is_active():
        return [WarehouseInactive() for _ in wanted]
    products = {product_id for promise in wanted for product_id in promise.quantities}
    free = Counter(ledger.lock(products))
    kept = []
    for promise in wanted:
        if all(free[product_id] >= n for product_id, n in promise.quantities.items()):
            free.subtract(promise.quantities)
            kept.append(promise)
    if kept:
        _keep(kept)
    return [None if promise in kept else InsufficientStock() for promise in wanted]


def _keep(promises: Sequence[Promise]) -> None:
    """Write promises down for which there are copies enough, all locked."""
    promised = [
        change
        for promise in promises
        for change in ledger.changes(
            promise.quantities,
            order_id=promise.order_id,
            job_id=promise.job_id,
            account_id=promise.account_id,
        )
    ]
    ledger.move(Why.RESERVATION, promised, reserved=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_reservation (order_id, product_id, quantity)"
            " SELECT * FROM json_to_recordset(%s::json)"
            " AS promised (order_id bigint, product_id bigint, quantity integer)",
            [rows.packed(promised)],
        )


@transaction.atomic(savepoint=False)
def release(*, order_id: int, job_id: UUID | None = None, account_id: int | None = None) -> None:
    """Free what is promised to an order. May be repeated."""
    quantities = _promised(order_id)
    if not quantities:
        return
    ledger.lock(quantities)
    released = ledger.changes(quantities, order_id=order_id, job_id=job_id, account_id=account_id)
    ledger.move(Why.RELEASE, released, reserved=-1)
    Reservation.objects.filter(order_id=order_id).delete()


@transaction.atomic(savepoint=False)
def ship(
    *,
    order_id: int,
    quantities: Mapping[int, int],
    job_id: UUID | None = None,
    account_id: int | None = None,
) -> None:
    """Take an order's copies, by product id, out of the warehouse, active or not.

    Raises InsufficientStock when other copies than these are promised to it.
    """
    if _promised(order_id) != quantities:
        raise InsufficientStock("Other copies than the order's are promised to it.")
    for kind, copies in _by_kind(quantities):
        Room.objects.filter(kind=kind).update(on_hand=F("on_hand") - copies)
    ledger.lock(quantities)
    shipped = ledger.changes(quantities, order_id=order_id, job_id=job_id, account_id=account_id)
    ledger.move(Why.SHIPMENT, shipped, on_hand=-1, reserved=-1)
    Reservation.objects.filter(order_id=order_id).delete()


@transaction.atomic(savepoint=False)
def take_back(
    *,
    order_id: int,
    quantities: Mapping[int, int],
    job_id: UUID | None = None,
    account_id: int | None = None,
) -> None:
    """Put an order's copies, by product id, back into the warehouse: all of them or none.

    Raises WarehouseInactive; CapacityExceeded.
    """
    check_active()
    for kind, copies in _by_kind(quantities):
        room = Room.objects.filter(kind=kind, on_hand__lte=F("capacity") - copies)
        if not room.update(on_hand=F("on_hand") + copies):
            raise CapacityExceeded
    Stock.objects.bulk_create(
        [Stock(product_id=product_id) for product_id in sorted(quantities)], ignore_conflicts=True
    )
    ledger.lock(quantities)
    returned = ledger.changes(quantities, order_id=order_id, job_id=job_id, account_id=account_id)
    ledger.move(Why.RETURN, returned, on_hand=1)


def _promised(order_id: int) -> dict[int, int]:
    """Lock what is promised to an order and return it, by product."""
    kept = Reservation.objects.select_for_update().filter(order_id=order_id)
    return {one.product_id: one.quantity for one in kept.order_by("product_id")}


def _by_kind(quantities: Mapping[int, int]) -> Collection[tuple[str, int]]:
    """Return how many copies of each kind these are, in the order in which rooms are locked."""
    products = catalog.products(product_ids=quantities)
    copies: Counter[str] = Counter()
    for product_id, quantity in quantities.items():
        copies[products[product_id].kind] += quantity
    return sorted(copies.items())
