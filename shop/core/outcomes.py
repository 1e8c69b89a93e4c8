"""What came of several things asked for at once: for each a result, or why there is none."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def only(outcomes: Iterable[T | Exception]) -> T:
    """Return the one result that there is. Raises what is there in its place."""
    (outcome,) = outcomes
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
