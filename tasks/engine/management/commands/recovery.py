"""The recovery process."""

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from tasks.engine import recovery


class Command(BaseCommand):
    """Publish due jobs until told to stop; any number of these may run side by side."""

    help = "Publish due jobs until SIGTERM or SIGINT; any number of these may run side by side."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        recovery.run(stop)
