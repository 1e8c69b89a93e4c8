"""Orders."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin, ReadOnlyInline
from shop.orders.models import Order, OrderEvent, OrderLine


class LineInline(ReadOnlyInline):
    """What was bought."""

    model = OrderLine


class EventInline(ReadOnlyInline):
    """What happened."""

    model = OrderEvent


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders with their lines and history."""

    list_display = ("id", "customer_id", "status", "total", "currency", "created_at")
    list_filter = ("status",)
    search_fields = ("=id", "=job_id")
    ordering = ("-id",)
    inlines = (LineInline, EventInline)
