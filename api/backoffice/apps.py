"""The Django apps."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin, on the back office's own site."""

    default_site = "api.backoffice.site.Site"


class BackofficeConfig(AppConfig):
    """The back office: Django's admin over every service."""

    name = "api.backoffice"
