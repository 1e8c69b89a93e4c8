"""The Django app."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The built-in payment provider, with a ledger of its own."""

    name = "shop.payments.sandbox"
    label = "sandbox"
    verbose_name = "Sandbox provider"
