"""The Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The gateway (specification 1)."""

    name = "api"
