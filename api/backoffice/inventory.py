"""The warehouse."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin
from shop.inventory.models import Movement, Reservation, Room, Stock, Warehouse


@admin.register(Warehouse)
class WarehouseAdmin(ReadOnlyAdmin):
    """The one warehouse."""

    list_display = ("id", "address", "status")


@admin.register(Room)
class RoomAdmin(ReadOnlyAdmin):
    """How full it is, by kind of product."""

    list_display = ("kind", "capacity", "on_hand")


@admin.register(Stock)
class StockAdmin(ReadOnlyAdmin):
    """What there is of each product."""

    list_display = ("product_id", "product", "on_hand", "reserved")
    list_select_related = ("product",)
    search_fields = ("product__title",)


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """What is promised to orders."""

    list_display = ("order_id", "product", "quantity")
    list_select_related = ("product",)
    search_fields = ("=order_id",)


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = (
        *("id", "created_at", "why", "product_id", "on_hand_change", "reserved_change"),
        *("order_id", "account_id", "job_id"),
    )
    list_filter = ("why",)
    search_fields = ("=order_id", "=product__id", "=job_id")
    ordering = ("-id",)
