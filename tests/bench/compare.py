"""`make bench-compare A=FILE B=FILE`: how the figures of two runs differ."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.report import number
from tests.tables import table

Found = dict[str, tuple[float, Sequence[float]]]
# Of the machine, and not of the shop.
SURROUNDINGS = ("others_cpus", "load_average")
# What came of single seconds or kinds of answers, which nobody compares.
DETAILS = ("median", "machine", "scale", "by_second", "statuses", "jobs")
SAME = 0.01


def compared(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return a table of what both have and what differs, with ratios."""
    old, new = dict(_figures(before)), dict(_figures(after))
    rows: dict[str, Sequence[Any]] = {}
    for name in [name for name in old if name in new]:
        (was, rounds_before), (is_, rounds_after) = old[name], new[name]
        if was == is_ or (was and abs(is_ / was - 1) < SAME):
            continue
        apart = min(rounds_before) > max(rounds_after) or max(rounds_before) < min(rounds_after)
        ratio = f"{is_ / was:.2f}" if was else ""
        rows[name] = [number(was), number(is_), ratio, "*" if apart else ""]
    heads = [f"{run['machine']['code']} {run['machine']['date']}" for run in (before, after)]
    return "\n".join(
        [
            f"A: {heads[0]}\nB: {heads[1]}\n",
            table("", ["A", "B", "B by A", "apart"], rows),
            "\n*: no round of the one is among those of the other. What is the same is left out.",
        ]
    )


def _figures(found: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each median with its rounds, and each single figure, by where it stands."""
    if "median" in found:
        for name, value in found["median"].items():
            if name not in SURROUNDINGS:
                yield f"{path}{name}", (value, [one[name] for one in found["rounds"]])
    for name, value in found.items():
        if isinstance(value, dict) and name not in DETAILS:
            yield from _figures(value, f"{path}{name}, ")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{path}{name}", (value, [value])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.compare", description=__doc__)
    parser.add_argument("before", type=Path, metavar="A")
    parser.add_argument("after", type=Path, metavar="B")
    wanted = parser.parse_args()
    try:
        runs = [json.loads(file.read_text()) for file in (wanted.before, wanted.after)]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    sys.stdout.write(f"{compared(*runs)}\n")


if __name__ == "__main__":
    main()
