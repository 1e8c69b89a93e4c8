"""Payments, and the sandbox's own books."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin, ReadOnlyInline, amount
from shop.payments.models import Event, Payment, Refund
from shop.payments.sandbox.models import Entry
from shop.payments.sandbox.models import Refund as SandboxRefund

AMOUNT, REFUNDED, REFUNDING = amount("amount"), amount("refunded"), amount("refunding")
OF_PAYMENT, OF_ENTRY = amount("amount", of="payment"), amount("amount", of="entry")


class RefundInline(ReadOnlyInline):
    """What is given back of a payment."""

    model = Refund
    fields = readonly_fields = ("key", OF_PAYMENT, "by", "created_at", "done_at")
    select_related = ("payment",)
    ordering = ("id",)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments."""

    list_display = ("id", "order_id", "provider", "status", AMOUNT, REFUNDED, "created_at")
    list_filter = ("status", "provider", "created_at")
    search_fields = ("=order__id", "=key")
    ordering = ("-id",)
    fields = (
        *("id", "order", "key", "provider", "method", "status"),
        *(AMOUNT, REFUNDED, REFUNDING, "created_at"),
    )
    readonly_fields = ("id", AMOUNT, REFUNDED, REFUNDING, "created_at")
    inlines = (RefundInline,)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Money that is given back."""

    list_display = ("id", "payment_id", OF_PAYMENT, "by", "created_at", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    list_select_related = ("payment",)
    search_fields = ("=payment__id", "=payment__order__id", "=key")
    ordering = ("-id",)
    fields = ("id", "payment", "key", OF_PAYMENT, "by", "created_at", "done_at")
    readonly_fields = ("id", OF_PAYMENT, "created_at")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Messages of providers."""

    list_display = ("id", "provider", "kind", "key", "received_at")
    list_filter = ("received_at",)
    search_fields = ("=event_id", "=key")
    ordering = ("-id",)
    readonly_fields = ("received_at",)


class SandboxRefundInline(ReadOnlyInline):
    """What was given back of a charge."""

    model = SandboxRefund
    fields = readonly_fields = ("key", OF_ENTRY, "created_at")
    select_related = ("entry",)
    ordering = ("id",)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """The sandbox's charges."""

    list_display = ("id", "key", "status", AMOUNT, REFUNDED, "created_at")
    list_filter = ("status",)
    search_fields = ("=key",)
    ordering = ("-id",)
    fields = readonly_fields = (*("id", "key", "status", AMOUNT, REFUNDED, "faults", "created_at"),)
    inlines = (SandboxRefundInline,)
