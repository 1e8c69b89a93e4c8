"""Statements and commits, as PostgreSQL's log tells them: of a round that is not timed."""

from collections.abc import Callable

from tests.bench.rounds import Figures, Round
from tests.bench.running import RunningShop
from tests.journeys import costs
from tests.journeys.books import Books

SESSIONS = ("gateway", "worker")


def counted(stack: RunningShop, run: Callable[[], Round]) -> Figures:
    """Return what each request of a round costs in statements and commits, its jobs' among them.

    Statements are those of tests/journeys/costs.py: without what only frames a transaction, and
    without the sandbox's own ledger. Logging slows all down, so nothing else is taken from it.
    """
    books = Books(stack.database_url)
    log = stack.postgres_log
    with costs.listening(log=log, redis_url=stack.redis_url, books=books) as heard:
        number = len(run().answers)
    each = {name: heard.of_sessions(f"shop-{name}") for name in SESSIONS}
    return {
        **{f"statements.{name}": len(cost.statements) / number for name, cost in each.items()},
        **{f"commits.{name}": cost.commits / number for name, cost in each.items()},
    }
