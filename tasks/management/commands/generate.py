"""`manage.py generate`: grow a trial shop until it is large."""

from argparse import ArgumentParser, ArgumentTypeError
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from shop.core.errors import Refused
from tasks.generator import growing, guard
from tasks.generator.growing import Busy, NotPossible, Size

DEFAULTS = {"books": 1_000, "customers": 1_000, "orders": 2_000, "jobs": 4_000}
MOST = 100_000_000


def number(text: str) -> int:
    """Return a number of rows, which may be written as 1_000_000."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= MOST:
        raise ArgumentTypeError(f"{text} is no number from 0 to {MOST}")
    return value


class Command(BaseCommand):
    """Grow a trial shop until it is large."""

    help = (
        "Fill a trial shop with made-up books, customers, orders and finished jobs, until it has so"
        " many. It may be interrupted and started again, and goes on with what is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many of each there are to be, the seed, and a word about customers."""
        for name, default in DEFAULTS.items():
            parser.add_argument(
                f"--{name}", type=number, default=default, help=f"in all; {default} if left out"
            )
        parser.add_argument("--seed", type=number, default=1, help="the same again for the same")
        parser.add_argument(
            "--among-real-customers",
            action="store_true",
            help="also in a shop in which somebody has registered with a real address",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 (Django's signature)
        """Make what is missing. May be repeated.

        Raises CommandError where the shop is none to try things in, or does not go along.
        """
        size = Size(**{name: options[name] for name in DEFAULTS})
        try:
            self._check(among=options["among_real_customers"])
            with self._progress() as bars:
                growing.grow(size=size, seed=options["seed"], tell=self._teller(bars))
        except (Busy, NotPossible) as error:
            raise CommandError(str(error)) from error
        except Refused as error:
            raise CommandError(f"The shop does not take it: {error.detail}") from error
        except (InterfaceError, OperationalError) as error:
            raise CommandError(
                "The shop's database does not answer: is the shop running?"
            ) from error
        there = ", ".join(f"{count} {name}" for name, count in growing.counts().items())
        self.stdout.write(f"There are {there}.")

    def _check(self, *, among: bool) -> None:
        if why := guard.why_no_trial() or guard.why_not_here():
            raise CommandError(f"This shop is none to be filled with made-up rows: {why}.")
        if not among and (real := guard.real_customers()):
            raise CommandError(
                f"{real} customers of this shop have addresses that may be real. Nothing that is"
                " made up can be taken out again; --among-real-customers does it all the same."
            )

    def _progress(self) -> AbstractContextManager[Progress | None]:
        """Return bars for a terminal; a file gets lines."""
        if not self.stdout.isatty():
            return nullcontext()
        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        return Progress(*columns)

    def _teller(self, bars: Progress | None) -> growing.Tell:
        tasks: dict[str, Any] = {}

        def tell(what: str, there: int, wanted: int) -> None:
            if bars is None:
                self.stdout.write(f"{what}: {there} of {wanted}")
                self.stdout.flush()
                return
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=wanted)
            bars.update(tasks[what], completed=there, total=wanted)

        return tell
