"""What `make run` prints: flushed line by line, without color unless a person watches."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.box import ASCII
from rich.console import Console
from rich.table import Table


def set_up() -> None:
    """Have each line appear when it is printed, also in a file and in any encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="replace")


def say(text: str = "") -> None:
    """Print a line. A reader who has gone away is no reason to stop the shop."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def steps(job: Mapping[str, Any]) -> None:
    """Print a job's steps as a table: their states and times."""
    day = job["created_at"][:10]
    say(f"the demo order's job, from {day}: {job['kind']} {job['id']}: {job['state']}")
    terminal = sys.stdout.isatty()
    table = Table(
        box=None if terminal else ASCII,
    )
    for heading in ("step", "state", "attempts", "started", "took"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "took" else "left")
    for row in rows(job["steps"]):
        table.add_row(*row)
    console = Console(
        file=sys.stdout,
        width=None if terminal else 100,
        force_terminal=terminal,
        color_system="auto" if terminal else None,
        highlight=False,
        markup=False,
    )
    try:
        console.print(table)
    except OSError:
        say()


def rows(steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return a job's steps as the table shows them; times are UTC."""
    found: list[tuple[str, ...]] = []
    for step in steps:
        started, finished = _time(step["started_at"]), _time(step["finished_at"])
        took = (
            f"{(finished - started).total_seconds() * 1000:.0f} ms" if started and finished else ""
        )
        begun = started.strftime("%H:%M:%S.%f")[:-3] if started else ""
        found.append((step["name"], step["state"], str(step["attempts"]), begun, took))
    return found


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
