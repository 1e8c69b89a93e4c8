"""The Django app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Workflows, steps and the commands that span services."""

    name = "tasks"

    def ready(self) -> None:
        """Register the workflows: importing them does it."""
        from tasks import workflows  # noqa: F401
