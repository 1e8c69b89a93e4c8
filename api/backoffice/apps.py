"""The Django app."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The back office: Django's admin over every service."""

    name = "api.backoffice"
