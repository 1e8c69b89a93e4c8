"""The Django app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments and the interface to their providers (specification 6)."""

    name = "shop.payments"
    label = "payments"
    verbose_name = "Payments"
