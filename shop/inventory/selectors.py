"""Reads of the warehouse."""

from collections.abc import Iterable
from typing import TypedDict

from django.db.models import F, IntegerField, QuerySet
from django.db.models.expressions import ExpressionWrapper

from shop.core import versions
from shop.core.errors import NotFound
from shop.inventory.models import Movement, Room, Stock, Warehouse

# What the warehouse calls the kinds of products (8.2: Electronic Quantity).
SHELVES = {"book": "book", "clothes": "clothes", "electronics": "electronic"}


class WarehouseView(TypedDict):
    """The warehouse as `GET /inventory` shows it; the dicts are by kind, in its own words."""

    address: str
    status: str
    capacity: dict[str, int]
    on_hand: dict[str, int]
    remaining: dict[str, int]


class Item(TypedDict):
    """What there is of one product."""

    product_id: int
    title: str
    on_hand: int
    reserved: int
    available: int


def warehouse() -> WarehouseView:
    """Return the warehouse's settings and how full it is."""
    house = Warehouse.objects.get()
    rooms = Room.objects.order_by("kind")
    return WarehouseView(
        address=house.address,
        status=house.status,
        capacity={SHELVES[room.kind]: room.capacity for room in rooms},
        on_hand={SHELVES[room.kind]: room.on_hand for room in rooms},
        remaining={SHELVES[room.kind]: room.capacity - room.on_hand for room in rooms},
    )


def version(*, house: WarehouseView | None = None) -> str:
    """Return the version of the warehouse's settings, as they are or as they were seen.

    What is on hand does not change it.
    """
    seen = house or warehouse()
    return versions.version_of(seen["address"], seen["status"], seen["capacity"])


def items(*, product_id: int | None = None) -> QuerySet[Stock]:
    """Return stock with its products and `available`, unordered."""
    rows = Stock.objects.select_related("product").annotate(
        available=ExpressionWrapper(F("on_hand") - F("reserved"), output_field=IntegerField())
    )
    return rows if product_id is None else rows.filter(pk=product_id)


def item(*, product_id: int) -> Item:
    """Return what there is of one product. Raises NotFound when it was never in stock."""
    stock = items(product_id=product_id).first()
    if stock is None:
        raise NotFound
    return _item(stock)


def _item(stock: Stock) -> Item:
    return Item(
        product_id=stock.product_id,
        title=stock.product.title,
        on_hand=stock.on_hand,
        reserved=stock.reserved,
        available=stock.on_hand - stock.reserved,
    )


def movements(
    *, product_id: int | None = None, order_id: int | None = None, why: str | None = None
) -> QuerySet[Movement]:
    """Return the ledger's lines, unordered: of a product, of an order, for a reason, or all."""
    wanted = {"product_id": product_id, "order_id": order_id, "why": why}
    return Movement.objects.filter(**{k: value for k, value in wanted.items() if value is not None})


def scarce(*, at_most: int, limit: int) -> tuple[int, list[Item]]:
    """Return of how many products on sale so many copies or fewer are free, and the scarcest.

    A product that never was in stock is not among them.
    """
    rows = Stock.objects.filter(product__deleted_at=None, on_hand__lte=F("reserved") + at_most)
    first = rows.select_related("product").order_by(F("on_hand") - F("reserved"), "pk")[:limit]
    return rows.count(), [_item(stock) for stock in first]


def available(*, product_ids: Iterable[int]) -> dict[int, int]:
    """Return by product how many copies can be sold; products never in stock are left out."""
    rows = Stock.objects.filter(pk__in=list(product_ids)).values_list("pk", "on_hand", "reserved")
    return {product_id: on_hand - reserved for product_id, on_hand, reserved in rows}
