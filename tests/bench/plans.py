"""What PostgreSQL says of the statements that run all the time, whether anybody buys or not."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from tasks.engine import expiry, figures, recovery

BATCH = 2_000
# By name. What they write is taken back.
STATEMENTS: dict[str, Callable[[], object]] = {
    "recovery": lambda: recovery.recover({}),
    "figures": figures.read,
    "clean-up": lambda: expiry.delete_finished(older_than=timedelta(0), limit=BATCH),
}


def measured() -> dict[str, dict[str, Any]]:
    """Return, for each, how long its statements took, what they read, and by which indexes."""
    return {name: explained(call) for name, call in STATEMENTS.items()}


def explained(call: Callable[[], object]) -> dict[str, Any]:
    """Run it and take it back; return milliseconds, pages and rows read, and what was scanned."""
    found: list[dict[str, Any]] = []
    with transaction.atomic(), _each_explained(found):
        call()
        transaction.set_rollback(True)
    nodes = [node for one in found for node in _nodes(one["Plan"])]
    return {
        "ms": sum(one["Execution Time"] for one in found),
        "pages": sum(
            one["Plan"]["Shared Hit Blocks"] + one["Plan"]["Shared Read Blocks"] for one in found
        ),
        "rows": sum((_rows(node) for node in nodes), Counter()),
        "indexes": sorted({node["Index Name"] for node in nodes if "Index Name" in node}),
        "whole": sorted({n["Relation Name"] for n in nodes if n["Node Type"] == "Seq Scan"}),
    }


@contextmanager
def _each_explained(found: list[dict[str, Any]]) -> Iterator[None]:
    """Have each statement on tables explained before it is run; it is done twice then."""

    def explain(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(("SELECT", "DELETE", "UPDATE", "WITH")):
            execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values, many, context)
            (plan,) = context["cursor"].fetchone()
            found.extend(json.loads(plan) if isinstance(plan, str) else plan)
        return execute(sql, values, many, context)

    with connection.execute_wrapper(explain):
        yield


def _rows(node: dict[str, Any]) -> Counter[str]:
    """Return how many rows of which table were looked at, whether or not they were wanted."""
    found = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    named = node.get("Relation Name")
    return Counter({named: round(found * node["Actual Loops"])} if named else {})


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
