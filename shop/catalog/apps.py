"""The Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, authors and categories (specification 2)."""

    name = "shop.catalog"
    label = "catalog"
    verbose_name = "Catalog"
