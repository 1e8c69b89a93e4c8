"""What orders do to stock: reserve, release, ship, take back. All of an order or none of it."""

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import F

from shop.catalog import selectors as catalog
from shop.inventory import ledger
from shop.inventory.models import Reservation, Room, Stock, Why
from shop.inventory.services import CapacityExceeded, InsufficientStock, check_active


@transaction.atomic(savepoint=False)
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
    check_active()
    free = {stock.pk: stock.on_hand - stock.reserved for stock in ledger.lock(quantities)}
    if any(free.get(product_id, 0) < n for product_id, n in quantities.items()):
        raise InsufficientStock
    ledger.change_stock(quantities, reserved=1)
    Reservation.objects.bulk_create(
        Reservation(order_id=order_id, product_id=product_id, quantity=quantity)
        for product_id, quantity in sorted(quantities.items())
    )
    ledger.write(
        Why.RESERVATION,
        quantities,
        reserved=1,
        order_id=order_id,
        job_id=job_id,
        account_id=account_id,
    )


@transaction.atomic(savepoint=False)
def release(*, order_id: int, job_id: UUID | None = None, account_id: int | None = None) -> None:
    """Free what is promised to an order. May be repeated."""
    quantities = _promised(order_id)
    if not quantities:
        return
    ledger.lock(quantities)
    ledger.change_stock(quantities, reserved=-1)
    Reservation.objects.filter(order_id=order_id).delete()
    ledger.write(
        Why.RELEASE,
        quantities,
        reserved=-1,
        order_id=order_id,
        job_id=job_id,
        account_id=account_id,
    )


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
    ledger.change_stock(quantities, on_hand=-1, reserved=-1)
    Reservation.objects.filter(order_id=order_id).delete()
    ledger.write(
        Why.SHIPMENT,
        quantities,
        on_hand=-1,
        reserved=-1,
        order_id=order_id,
        job_id=job_id,
        account_id=account_id,
    )


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
    ledger.change_stock(quantities, on_hand=1)
    ledger.write(
        Why.RETURN,
        quantities,
        on_hand=1,
        order_id=order_id,
        job_id=job_id,
        account_id=account_id,
    )


def _promised(order_id: int) -> dict[int, int]:
    """Lock what is promised to an order and return it, by product."""
    rows = Reservation.objects.select_for_update().filter(order_id=order_id)
    return {row.product_id: row.quantity for row in rows.order_by("product_id")}


def _by_kind(quantities: Mapping[int, int]) -> Collection[tuple[str, int]]:
    """Return how many copies of each kind these are, in the order in which rooms are locked."""
    products = catalog.products(product_ids=quantities)
    copies: Counter[str] = Counter()
    for product_id, quantity in quantities.items():
        copies[products[product_id].kind] += quantity
    return sorted(copies.items())
