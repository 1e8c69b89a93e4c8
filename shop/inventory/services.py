"""Writes of the warehouse. Rows are always locked in one order: room, then stock by product."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import F

from shop.catalog import selectors as catalog
from shop.catalog.selectors import ProductFacts
from shop.core import versions
from shop.core.errors import NotFound, Refused
from shop.inventory import ledger, selectors
from shop.inventory.models import (
    Room,
    Stock,
    Warehouse,
    WarehouseStatus,
    Why,
)
from shop.inventory.selectors import Item, WarehouseView


class WarehouseInactive(Refused):
    """The warehouse neither takes nor reserves goods."""

    code = "warehouse_inactive"
    detail = "The warehouse is inactive: it takes no goods and reserves none."


class CapacityExceeded(Refused):
    """There is not enough room for so many copies."""

    code = "capacity_exceeded"
    detail = "The warehouse has no room for so many copies of this kind of product."


class CapacityBelowStock(Refused):
    """The warehouse holds more than it is to be able to hold."""

    code = "capacity_below_stock"
    detail = "The capacity cannot be less than what is on hand."


class InsufficientStock(Refused):
    """There are not so many copies that are free."""

    code = "insufficient_stock"
    detail = "There are not enough copies that are not promised to somebody."


class UnknownProduct(Refused):
    """The product that a request names is not on sale."""

    code = "not_found"
    detail = "There is no such product."
    field = "product_id"


class Fit(TypedDict):
    """Whether so many copies fit, and how many would: the room now, without them."""

    fits: bool
    remaining: int


def set_up(
    *,
    address: str | None = None,
    status: str | None = None,
    capacity: Mapping[str, int] | None = None,
    if_match: Collection[str] | None = None,
) -> WarehouseView:
    """Change what is given of the warehouse's settings (8.1, 8.2) and return it.

    `capacity` is in copies, by kind of product; `if_match` names the versions of the settings in
    which they may be changed, None: in any. May be repeated without it.
    Raises PreconditionFailed; CapacityBelowStock when there is more on hand already.
    """
    with transaction.atomic(savepoint=False):
        # Changes of the settings come one after the other, so that each sees what it changes.
        Warehouse.objects.select_for_update().get()
        versions.check(selectors.version(), wanted=if_match)
        for kind, copies in sorted((capacity or {}).items()):
            if not Room.objects.filter(kind=kind, on_hand__lte=copies).update(capacity=copies):
                raise CapacityBelowStock
        given = {"address": address, "status": status}
        changes = {name: value for name, value in given.items() if value is not None}
        if changes:
            Warehouse.objects.update(**changes)
    return selectors.warehouse()


def check_capacity(*, product_id: int, quantity: int) -> Fit:
    """Return whether so many more copies of a product fit (8.6). Changes nothing.

    Raises UnknownProduct.
    """
    room = Room.objects.get(kind=_product(product_id).kind)
    left = room.capacity - room.on_hand
    return Fit(fits=quantity <= left, remaining=left)


def require_product(*, product_id: int) -> None:
    """Look whether there is such a product on sale. Raises UnknownProduct."""
    _product(product_id)


def require_capacity(*, product_id: int, quantity: int) -> Fit:
    """Return how the goods fit (8.6). Changes nothing.

    Raises UnknownProduct; WarehouseInactive; CapacityExceeded when they do not fit.
    """
    check_active()
    fit = check_capacity(product_id=product_id, quantity=quantity)
    if not fit["fits"]:
        raise CapacityExceeded
    return fit


def receive(
    *, product_id: int, quantity: int, job_id: UUID | None = None, account_id: int | None = None
) -> Item:
    """Take copies into stock (8.3) and return what there is then.

    Raises UnknownProduct; WarehouseInactive; CapacityExceeded, also when two receipts that would
    fit alone arrive at once.
    """
    kind = _product(product_id).kind
    check_active()
    with transaction.atomic(savepoint=False):
        room = Room.objects.filter(kind=kind, on_hand__lte=F("capacity") - quantity)
        if not room.update(on_hand=F("on_hand") + quantity):
            raise CapacityExceeded
        Stock.objects.bulk_create([Stock(product_id=product_id)], ignore_conflicts=True)
        received = ledger.changes({product_id: quantity}, job_id=job_id, account_id=account_id)
        ledger.move(Why.RECEIPT, received, on_hand=1)
    return selectors.item(product_id=product_id)


def receive_many(*, quantities: Mapping[int, int]) -> None:
    """Take copies of many products of one kind each into stock at once, by product id.

    Raises as `receive` does.
    """
    products = catalog.products(product_ids=quantities)
    totals: Counter[str] = Counter()
    for product_id, quantity in quantities.items():
        totals[products[product_id].kind] += quantity
    check_active()
    with transaction.atomic(savepoint=False):
        for kind, total in sorted(totals.items()):
            room = Room.objects.filter(kind=kind, on_hand__lte=F("capacity") - total)
            if not room.update(on_hand=F("on_hand") + total):
                raise CapacityExceeded
        Stock.objects.bulk_create(
            [Stock(product_id=product_id) for product_id in sorted(quantities)],
            ignore_conflicts=True,
        )
        ledger.lock(quantities)
        ledger.move(Why.RECEIPT, ledger.changes(quantities), on_hand=1)


def withdraw(
    *, product_id: int, quantity: int, job_id: UUID | None = None, account_id: int | None = None
) -> Item:
    """Take free copies out of stock (8.5) and return what is left.

    Raises UnknownProduct; InsufficientStock when there are not so many that no order waits for.
    """
    kind = _product(product_id).kind
    with transaction.atomic(savepoint=False):
        # Locks the room as well; should there be too few copies, this goes with the rest.
        Room.objects.filter(kind=kind, on_hand__gte=quantity).update(
            on_hand=F("on_hand") - quantity
        )
        if ledger.lock([product_id]).get(product_id, 0) < quantity:
            raise InsufficientStock
        withdrawn = ledger.changes({product_id: quantity}, job_id=job_id, account_id=account_id)
        ledger.move(Why.WITHDRAWAL, withdrawn, on_hand=-1)
    return selectors.item(product_id=product_id)


def _product(product_id: int) -> ProductFacts:
    try:
        return catalog.product(product_id=product_id)
    except NotFound as error:
        raise UnknownProduct from error


def is_active() -> bool:
    """Return whether the warehouse takes and reserves goods."""
    return Warehouse.objects.filter(status=WarehouseStatus.ACTIVE).exists()


def check_active() -> None:
    """Go on only if the warehouse is active. Raises WarehouseInactive."""
    if not is_active():
        raise WarehouseInactive
