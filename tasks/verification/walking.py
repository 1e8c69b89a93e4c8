"""The rules, applied slice by slice, so that a job can do it in as many turns as it takes."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import structlog
from django.db import connection

from tasks.engine.workflow import NotYet
from tasks.verification import checking
from tasks.verification.rules import RULES, Rule
from tasks.verification.slices import BY_TIME

log = structlog.get_logger(__name__)
# Seconds after which no further slice is begun in a turn, and those that one should take.
TURN = 2.0
QUICK, SLOW = 0.1, 0.4
# Rows of the first slice, and of the largest.
FIRST, MOST = 500, 50_000


class Breach(TypedDict):
    """A rule, and how many rows break it."""

    rule: str
    rows: int


class Walk(TypedDict):
    """How far some rules were applied: which is next, from where on, and what is broken."""

    since: str
    rule: int
    after: str | None
    size: int
    broken: list[Breach]


def walk(*about: str, lately: timedelta, so_far: Walk | None) -> list[Breach]:
    """Apply the rules about these subjects to what changed lately, and return what breaks them.

    Reads only, in a transaction. Each slice sees a moment of its own; an order that changed in
    two of them counts twice. Raises NotYet, with how far it came, when its turn is over.
    """
    ends_at = time.monotonic() + TURN
    rules = [rule for rule in RULES if rule.about in about]
    at = so_far or _begin(lately)
    values = checking.parameters(since=datetime.fromisoformat(at["since"]))
    with connection.cursor() as cursor:
        # A plan that suits any slice is one for the widest.
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    while at["rule"] < len(rules):
        at = _next(rules[at["rule"]], at, values)
        if time.monotonic() >= ends_at:
            raise NotYet(seconds=0, so_far=at)
    return at["broken"]


def _begin(lately: timedelta) -> Walk:
    since = (datetime.now(UTC) - lately).isoformat()
    return Walk(since=since, rule=0, after=None, size=FIRST, broken=[])


def _next(rule: Rule, at: Walk, values: dict[str, Any]) -> Walk:
    """Apply the rule to the slice that begins here, and return where the next one does."""
    begun_at, last = time.monotonic(), None
    if rule.cut:
        after = at["after"] or (at["since"] if rule.cut is BY_TIME else rule.cut.begin)
        last = rule.cut.last_of(after=after, size=at["size"])
        values = {**values, **rule.cut.bounds(after=after, last=last)}
    rows, first = checking.broken_by(rule, values)
    if rows:
        log.error("rule_broken", rule=rule.sentence, rows=rows, first=first)
    broken = _added(at["broken"], rule, rows)
    if rule.cut is None or last == rule.cut.end:
        return {**at, "rule": at["rule"] + 1, "after": None, "size": FIRST, "broken": broken}
    size = _size(at["size"], seconds=time.monotonic() - begun_at)
    return {**at, "after": last, "size": size, "broken": broken}


def _added(broken: list[Breach], rule: Rule, rows: int) -> list[Breach]:
    if not rows:
        return broken
    before = sum(one["rows"] for one in broken if one["rule"] == rule.sentence)
    others = [one for one in broken if one["rule"] != rule.sentence]
    return [*others, Breach(rule=rule.sentence, rows=before + rows)]


def _size(size: int, *, seconds: float) -> int:
    if seconds < QUICK:
        return min(MOST, 2 * size)
    return max(1, size // 2) if seconds > SLOW else size
