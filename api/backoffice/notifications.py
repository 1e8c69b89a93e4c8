"""Notifications."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin
from shop.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """What customers were told."""

    list_display = ("id", "customer_id", "subject", "created_at", "read_at")
    search_fields = ("subject", "=customer__id", "=job_id")
    ordering = ("-id",)
