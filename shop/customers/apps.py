"""The Django app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Accounts, customers and their logins (specification 4)."""

    name = "shop.customers"
    label = "customers"
    verbose_name = "Customers"
