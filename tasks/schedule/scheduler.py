"""Beat's clock: it starts jobs in PostgreSQL instead of sending messages.

So neither a Redis that is away nor a second beat matters; see `timetable`.
"""

from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from tasks.engine.attempts import DATABASE_ERRORS
from tasks.schedule import slots, timetable

log = structlog.get_logger(__name__)
# Seconds between two looks at the timetable.
TICK = 1.0


class JobScheduler(DatabaseScheduler):
    """Runs django-celery-beat's timetable, which the back office edits, as jobs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nothing complained of."""
        super().__init__(*args, **kwargs)
        self._complaints: set[tuple[int, str]] = set()

    def setup_schedule(self) -> None:
        """Do nothing: migrations make rows, and every tick reads them afresh."""

    def tick(self, *_args: Any, **_kwargs: Any) -> float:
        """Start what is due; return the seconds until the next look. Survives its database."""
        try:
            rows, now = timetable.read()
            for row in rows:
                self._start(row, now)
        except (DatabaseError, InterfaceError) as error:
            # What is due now is still due when the database is back.
            log.warning("database_failed", error=str(error))
            connection.close()
        return TICK

    def _start(self, row: PeriodicTask, now: datetime) -> None:
        try:
            if slots.latest(row, now=now):
                timetable.start(row_id=row.pk)
        except DATABASE_ERRORS:
            raise
        except Exception as error:
            # One bad row must not stop the others; it is complained of once.
            complaint = (row.pk, str(error))
            if complaint not in self._complaints:
                self._complaints.add(complaint)
                log.error("row_not_started", name=row.name, error=str(error))
