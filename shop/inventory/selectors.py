"""Reads of the warehouse."""

from collections.abc import Iterable
from typing import TypedDict

from django.db.models import F, IntegerField, QuerySet
from django.db.models.expressions import ExpressionWrapper

from shop.core.errors import NotFound
from shop.inventory.models import Room, Stock, Warehouse

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
    return Item(
        product_id=stock.product_id,
        title=stock.product.title,
        on_hand=stock.on_hand,
        reserved=stock.reserved,
        available=stock.on_hand - stock.reserved,
    )


def available(*, product_ids: Iterable[int]) -> dict[int, int]:
    """Return by product how many copies can be sold; products never in stock are left out."""
    rows = Stock.objects.filter(pk__in=list(product_ids)).values_list("pk", "on_hand", "reserved")
    return {product_id: on_hand - reserved for product_id, on_hand, reserved in rows}
