"""Tables of text, for the reports that people read."""

from collections.abc import Sequence
from typing import Any


def table(name: str, columns: Sequence[str], rows: dict[str, Sequence[Any]]) -> str:
    """Return rows under their columns, the first one to the left and numbers to the right."""
    lines = [[name, *columns], *([key, *map(str, values)] for key, values in rows.items())]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns) + 1)]
    return "\n".join(
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)),
            ]
        )
        for line in lines
    )
