"""The Django app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The warehouse: capacity, stock, reservations and the ledger (specification 8)."""

    name = "shop.inventory"
    label = "inventory"
    verbose_name = "Inventory"
