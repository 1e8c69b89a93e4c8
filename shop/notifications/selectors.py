"""Reads of notifications (7)."""

from django.db.models import QuerySet

from shop.notifications.models import Notification


def notifications(
    *, user_id: int | None = None, unread: bool | None = None
) -> QuerySet[Notification]:
    """Return notifications, unordered: a customer's, or everybody's; read, unread, or both."""
    rows = Notification.objects.all()
    if user_id is not None:
        rows = rows.filter(customer_id=user_id)
    if unread is not None:
        rows = rows.filter(read_at__isnull=unread)
    return rows
