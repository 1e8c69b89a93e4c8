"""The Django app."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """Carts (specification 5)."""

    name = "shop.carts"
    label = "carts"
    verbose_name = "Carts"
