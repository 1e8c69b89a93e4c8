"""Payments, and the sandbox's own books."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin, ReadOnlyInline
from shop.payments.models import Payment
from shop.payments.sandbox.models import Entry, Refund


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments."""

    list_display = ("id", "order_id", "provider", "status", "amount", "refunded", "created_at")
    list_filter = ("status", "provider")
    search_fields = ("=order__id", "=key")
    ordering = ("-id",)


class RefundInline(ReadOnlyInline):
    """What was given back of a charge."""

    model = Refund


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """The sandbox's charges."""

    list_display = ("id", "key", "status", "amount", "refunded", "currency", "created_at")
    list_filter = ("status",)
    search_fields = ("=key",)
    ordering = ("-id",)
    inlines = (RefundInline,)
