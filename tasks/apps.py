"""The Django app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Workflows, steps and the commands that span services."""

    name = "tasks"

    def ready(self) -> None:
        """Register the workflows: importing them does it. The clock starts some of them."""
        from tasks import workflows  # noqa: F401
        from tasks.schedule import by_hand

        by_hand.register()
