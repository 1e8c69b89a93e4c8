"""The Django app."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created


class JobsConfig(AppConfig):
    """The engine: jobs that end, exactly once. It knows no service of the shop."""

    name = "tasks.engine"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Bound the transactions of the processes that carry out jobs."""
        if settings.SHOP_ROLE in {"worker", "recovery"}:
            connection_created.connect(bound_transactions)


def bound_transactions(*, connection: Any, **_: Any) -> None:
    """End a transaction before the lease of its job does, where the server can: since 17."""
    if connection.pg_version >= 170_000:
        with connection.cursor() as cursor:
            limit = str(settings.DATABASE_TRANSACTION_MS)
            cursor.execute("SELECT set_config('transaction_timeout', %s, false)", [limit])
