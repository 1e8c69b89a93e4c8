"""One run of schemathesis, as one role."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.local.options import ROOT
from config.local.processes import spawn
from tests.openapi import declared

REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "429"]
PHASES = "examples,coverage,fuzzing,stateful"


@dataclass(frozen=True)
class Wanted:
    """How much to try."""

    seed: int
    examples: int
    seconds: int
    phases: str = PHASES


@dataclass
class Outcome:
    """What a role did, and what schemathesis thinks of the answers."""

    role: str
    code: int
    seconds: float
    output: str
    statuses: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(counted.total() for counted in self.statuses.values())

    def of_class(self, digit: int) -> int:
        """Return how many answers had such a status."""
        return sum(
            count
            for counted in self.statuses.values()
            for status, count in counted.items()
            if status.startswith(str(digit))
        )


def run(
    role: str,
    *,
    address: str,
    tokens: list[str],
    known: Mapping[str, list[Any]],
    wanted: Wanted,
    home: Path,
    say: Callable[[str], None],
) -> Outcome:
    """Have a role try everything; `known` has ids that there are, by where they are asked for."""
    home.mkdir()
    settings, counts = home / "schemathesis.toml", home / "counts.json"
    (home / "tokens.json").write_text(json.dumps(tokens))
    settings.write_text("\n".join(_settings(known)))
    output = home / "output.txt"
    begun_at = time.monotonic()
    with output.open("wb") as written:
        process = spawn(
            (sys.executable, "-m", "schemathesis.cli", *_arguments(address, settings, wanted)),
            environment={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "tests.conformance.hooks",
                "PYTHONPATH": str(ROOT),
                "ASK_TOKENS": str(home / "tokens.json"),
                "ASK_COUNTS": str(counts),
                "ASK_REFUSALS": ",".join(sorted(declared.of_fields())),
                "NO_COLOR": "1",
                "COLUMNS": "120",
            },
            # It keeps what it knows where it runs.
            directory=home,
            output=written.fileno(),
        )
        while process.poll() is None:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                say(f"{role}: {_requests(counts):,} requests")
    return Outcome(
        role,
        process.returncode,
        time.monotonic() - begun_at,
        output.read_text(errors="replace"),
        _counted(counts),
    )


def _arguments(address: str, settings: Path, wanted: Wanted) -> Iterator[str]:
    yield from ("--config-file", str(settings), "run", f"{address}/api/schema")
    yield from ("--checks", "all", "--exclude-checks", "positive_data_acceptance")
    yield from ("--phases", wanted.phases, "--max-examples", str(wanted.examples))
    yield from ("--seed", str(wanted.seed), "--max-time", str(wanted.seconds))
    yield from ("--continue-on-failure", "--request-timeout", "40", "--warnings", "off")


def _settings(known: Mapping[str, list[Any]]) -> Iterator[str]:
    """Yield schemathesis' settings: mostly ask for things that there are."""
    for number, values in enumerate(known.values()):
        yield f"[dictionaries.d{number}]"
        yield f"values = {json.dumps(values)}"
    yield "[parameters]"
    for number, place in enumerate(known):
        yield f'"{place}" = {{ dictionary = "d{number}", probability = 0.7 }}'
    # As by default, and what has changed meanwhile is refused as well.
    yield "[checks.negative_data_rejection]"
    yield f"expected-statuses = {json.dumps(REFUSALS)}"
    yield "[generation]"
    yield 'database = "none"'


def _counted(counts: Path) -> dict[str, Counter[str]]:
    if not counts.exists():
        return {}
    return {name: Counter(found) for name, found in json.loads(counts.read_text()).items()}


def _requests(counts: Path) -> int:
    return sum(counted.total() for counted in _counted(counts).values())
