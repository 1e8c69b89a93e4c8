"""What went wrong while something was measured, by PostgreSQL's log, the jobs and the books."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.bench.running import RunningShop
from tests.journeys.books import Books

# What PostgreSQL says of whoever waited in vain. Source: its proc.c, postgres.c and deadlock.c.
COMPLAINTS = {
    "deadlocks": re.compile(r"ERROR:  deadlock detected"),
    "timeouts": re.compile(
        r"(?:ERROR|FATAL):  (?:canceling statement due to (?:lock|statement) timeout"
        r"|terminating connection due to (?:idle-in-)?transaction timeout)"
    ),
}
TALLY = "SELECT coalesce(sum(number), 0) FROM jobs_recoverytally"


@dataclass(frozen=True)
class Mark:
    """Where things stood."""

    log_size: int
    recovered: int


class Trouble:
    """Looks for it from a mark on."""

    def __init__(self, stack: RunningShop) -> None:
        self._log: Path = stack.postgres_log
        self._books = Books(stack.database_url)

    def mark(self) -> Mark:
        """Return where things stand."""
        return Mark(self._log.stat().st_size, int(self._books.value(TALLY)))

    def since(self, mark: Mark) -> dict[str, int]:
        """Return how much trouble there was since: the rules that are broken are of all time."""
        with self._log.open("rb") as file:
            file.seek(mark.log_size)
            said = file.read().decode(errors="replace")
        return {
            **{name: len(found.findall(said)) for name, found in COMPLAINTS.items()},
            "recovered jobs": int(self._books.value(TALLY)) - mark.recovered,
            "broken rules": len(self._books.differences()),
        }
