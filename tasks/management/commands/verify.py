"""`manage.py verify`: look whether the books of the shop add up."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection, transaction

from tasks.verification import checking
from tasks.verification.rules import RULES

WIDTH = max(len(rule.sentence) for rule in RULES)
# What exit code 1 is not: the books were not looked at.
NOT_DONE = 2


class Command(BaseCommand):
    """Look whether the books of the shop add up."""

    help = (
        "Look whether stock, orders, payments and jobs add up; exit code 1 where they do not,"
        " 2 where that cannot be seen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--since DAYS`."""
        parser.add_argument(
            "--since",
            type=float,
            metavar="DAYS",
            help="leave out orders, payments and jobs that did not change in so many days;"
            " stock is looked at as a whole",
        )

    def handle(self, *args: Any, since: float | None, **options: Any) -> None:  # noqa: ARG002
        """Apply every rule to one moment of the shop. Changes nothing; may run beside traffic.

        Raises CommandError where a rule is broken, and with another exit code where that cannot
        be seen.
        """
        if since is not None and not 0 < since < 36_500:
            raise CommandError("--since takes a number of days above 0.", returncode=NOT_DONE)
        begin = datetime.now(UTC) - timedelta(days=since) if since else None
        try:
            broken = self._broken(begin)
        except (InterfaceError, OperationalError) as error:
            raise CommandError(
                f"the database of {settings.SHOP_DATA_DIR} does not answer: is the shop running?",
                returncode=NOT_DONE,
            ) from error
        if broken:
            raise CommandError(f"{broken} of {len(RULES)} rules are broken.")
        self._say("The books add up.\n")

    def _broken(self, begin: datetime | None) -> int:
        """Print the table, and return how many rules are broken."""
        broken = 0
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            self._say(f"{'rule':<{WIDTH}} {'rows':>10} {'broken by':>10}\n")
            findings = checking.check(since=begin)
            for rule in RULES:
                # Before the work: whoever waits sees for what.
                self._say(f"{rule.sentence:<{WIDTH}}")
                finding = next(findings)
                self._say(f" {finding.rows:>10} {finding.breaches:>10}\n")
                for row in finding.first:
                    self._say(f"    {json.dumps(row, ensure_ascii=False)}\n")
                broken += bool(finding.breaches)
        return broken

    def _say(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()
