"""The Django app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What customers are told, in the app and by mail (specification 7)."""

    name = "shop.notifications"
    label = "notifications"
    verbose_name = "Notifications"
