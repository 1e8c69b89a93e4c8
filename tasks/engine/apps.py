"""The Django app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The engine: jobs that end, exactly once. It knows no service of the shop."""

    name = "tasks.engine"
    label = "jobs"
    verbose_name = "Jobs"
