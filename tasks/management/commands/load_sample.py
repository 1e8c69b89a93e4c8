"""`manage.py load_sample`: fill an empty shop with the sample."""

from typing import Any

from django.core.management.base import BaseCommand

from tasks.sample import loading


class Command(BaseCommand):
    """Fill an empty shop with the sample."""

    help = "Fill an empty shop with the sample; the last line is `loaded` or `kept`."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 (Django's signature)
        """Load the sample. May be repeated, also at the same time."""
        loaded = loading.load(tell=self.tell)
        self.tell("loaded" if loaded else "kept")

    def tell(self, line: str) -> None:
        """Print a line at once, also into a file."""
        self.stdout.write(line)
        self.stdout.flush()
