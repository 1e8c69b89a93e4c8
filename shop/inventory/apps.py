"""The Django app."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class InventoryConfig(AppConfig):
    """The warehouse: capacity, stock, reservations and the ledger (specification 8)."""

    name = "shop.inventory"
    label = "inventory"
    verbose_name = "Inventory"

    def ready(self) -> None:
        """Have the one warehouse there as soon as its tables are."""
        post_migrate.connect(build_the_warehouse, sender=self)


def build_the_warehouse(*, using: str, apps: Any = apps, **_: Any) -> None:
    """See to it that there is the warehouse: at first active, with room for nothing."""
    if not any(model._meta.db_table == "inventory_room" for model in apps.get_models()):
        return  # Migrated back to before there was a warehouse.
    apps.get_model("inventory", "Warehouse").objects.using(using).get_or_create(id=1)
    from shop.inventory.selectors import SHELVES  # Tables cannot be imported with the app itself.

    for kind in SHELVES:
        apps.get_model("inventory", "Room").objects.using(using).get_or_create(kind=kind)
