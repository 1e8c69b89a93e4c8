"""The rules, applied."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from shop.orders import selectors as orders
from tasks.engine import registry
from tasks.verification import slices
from tasks.verification.rules import RULES, Rule

# How many of the rows that break a rule are shown.
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """How many rows a rule looked at, how many break it, and the first of these."""

    rule: Rule
    rows: int
    breaches: int
    first: list[dict[str, Any]]


def check(*, since: datetime | None = None) -> Iterator[Finding]:
    """Yield what each rule finds in things that changed since then.

    Reads only. Each rule sees one moment; in a transaction with snapshots all see the same.
    """
    values = parameters(since=since)
    for rule in RULES:
        with connection.cursor() as cursor:
            cursor.execute(rule.rows, values)
            (rows,) = cursor.fetchone()
        breaches, first = broken_by(rule, values)
        yield Finding(rule, rows, breaches, first)


def parameters(*, since: datetime | None = None) -> dict[str, Any]:
    """Return what the statements of rules take, all that changed since then within bounds."""
    workflows = registry.workflows()
    return {
        **slices.all_there_is(),
        **({"since": since} if since else {}),
        "changes": [
            f"{old} {new}" for old, following in orders.transitions().items() for new in following
        ],
        "kinds": [workflow.kind for workflow in workflows],
        "versions": [workflow.version for workflow in workflows],
        "lengths": [len(workflow.steps) for workflow in workflows],
        "names": [" ".join(step.name for step in workflow.steps) for workflow in workflows],
    }


def broken_by(rule: Rule, values: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """Return how many rows break the rule, and the first of them, given its parameters."""
    shown = (
        "SELECT count(*) OVER (), to_jsonb(found)::text FROM"  # noqa: S608 (the rules' own words)
        f" ({rule.breaches}) found LIMIT {SHOWN}"
    )
    with connection.cursor() as cursor:
        cursor.execute(shown, values)
        found = cursor.fetchall()
    return (found[0][0] if found else 0), [json.loads(row) for _, row in found]
