"""The Django app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, their lines and history (specification 3)."""

    name = "shop.orders"
    label = "orders"
    verbose_name = "Orders"
