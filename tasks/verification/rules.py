"""What must add up: one sentence and one statement each, which finds the rows that do not.

A statement sees one moment of the database. So a job under way is excepted only where it commits
in the middle of what a rule looks at, and by exactly what it has not done yet.
"""

from dataclasses import dataclass

from tasks.verification import jobs, money, orders, stock
from tasks.verification.slices import CUTS, Cut


@dataclass(frozen=True)
class Rule:
    """A sentence, what it is about, how many rows it looks at, and which of them break it."""

    sentence: str
    about: str
    rows: str
    breaches: str

    @property
    def cut(self) -> Cut | None:
        """Return how it can be taken in slices; not at all where it has no bounds."""
        return next((cut for cut in CUTS if f"%({cut.last})s" in self.breaches), None)


RULES = tuple(
    Rule(sentence, about, rows, breaches)
    for about, found in (
        ("stock", stock.RULES),
        ("orders", orders.RULES),
        ("money", money.RULES),
        ("jobs", jobs.RULES),
    )
    for sentence, (rows, breaches) in found.items()
)
