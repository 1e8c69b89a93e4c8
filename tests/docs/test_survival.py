"""What is told of survival names each fault and each break that there is."""

import re
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.mutations import MUTANTS

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "survival.md").read_text()


def named(part: str) -> set[str]:
    """Return what the rows of a table begin with, given the head of its first column."""
    (table,) = re.findall(rf"^\| {part} \|.*\n\|[- :|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    return set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE))


def test_every_fault_was_tried() -> None:
    assert named("fault") == FAULTS.keys()


def test_every_break_was_tried() -> None:
    assert named("break") == {mutant.name for mutant in MUTANTS}
