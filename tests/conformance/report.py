"""What came of it, in tables."""

import json
from collections.abc import Sequence

from tests.conformance.run import Outcome
from tests.tables import table

COLUMNS = ("requests", "operations", "2xx", "4xx", "5xx", "seconds", "verdict")


def text(outcomes: Sequence[Outcome], errors: Sequence[str]) -> str:
    """Return the whole report: what schemathesis said where it found something, then figures."""
    rows: dict[str, Sequence[str]] = {one.role: _row(one) for one in outcomes}
    total = sum(one.requests for one in outcomes)
    parts = [
        *(one.output for one in outcomes if one.code),
        table("role", COLUMNS, rows),
        *(f"The gateway's log: {line}" for line in errors[:5]),
        f"{total:,} requests, {len(errors)} server errors.",
    ]
    return "\n\n".join(parts)


def is_clean(outcomes: Sequence[Outcome], errors: Sequence[str]) -> bool:
    """Return whether nothing was found, and somebody has looked."""
    return not errors and all(one.code == 0 and one.requests for one in outcomes)


def server_errors(log: str) -> list[str]:
    """Return the lines of the gateway's log that tell of a 5xx, or of a bug."""
    # Not `splitlines`: a path in a line may hold what some take for the end of one.
    lines = [json.loads(line) for line in log.split("\n") if line.startswith("{")]
    return [
        json.dumps(line)
        for line in lines
        if line.get("status", 0) >= 500 or line.get("level") in {"error", "critical"}
    ]


def _row(one: Outcome) -> tuple[str, ...]:
    reached = sum(1 for counted in one.statuses.values() if counted)
    return (
        f"{one.requests:,}",
        str(reached),
        *(f"{one.of_class(digit):,}" for digit in (2, 4, 5)),
        f"{one.seconds:.0f}",
        "clean" if one.code == 0 else "broken",
    )
