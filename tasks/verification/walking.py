"""The rules, applied slice by slice, so that a job can do it in as many turns as it takes."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import structlog
from django.db import OperationalError, connection, transaction

from tasks.engine.workflow import NotYet
from tasks.verification import checking
from tasks.verification.rules import RULES, Rule
from tasks.verification.slices import BY_TIME, Cut

log = structlog.get_logger(__name__)
# Seconds of a turn after which no further slice is begun, and no rule that cannot be cut; and how
# long it may take to find a slice, to look at it, and to look at all for such a rule. What may
# come together is less than a worker's transaction has.
TURN, EARLY = 2.0, 0.5
KEYS_MS, SLICE_MS, WHOLE_MS = 1_000, 4_000, 7_500
# Seconds that a slice should take; rows of the largest. After one that took too long the next is
# so many times smaller.
QUICK, SLOW = 0.1, 0.4
MOST = 50_000
SMALLER = 8
# After so long a walk is given up, so that it ends before the next run begins one.
LIMIT = timedelta(minutes=16)
# What is told then: as a rule that so many others break.
LOOKED_AT = "Each rule was looked at to its end within the hour."
# PostgreSQL's code for a statement that took too long.
CANCELLED = "57014"


class Breach(TypedDict):
    """A rule, and how many rows break it."""

    rule: str
    rows: int


class Walk(TypedDict):
    """How far some rules were applied to what changed in a time.

    Which rules are left; behind what the first of them goes on, how many rows at a time, how many
    break it up to there and the first of these; and what breaks the rules before it.
    """

    since: str
    until: str
    left: list[str]
    after: str | None
    size: int | None
    rows: int
    first: list[dict[str, Any]]
    broken: list[Breach]


def walk(*about: str, lately: timedelta, so_far: Walk | None) -> list[Breach]:
    """Apply the rules about these subjects to what changed lately, and return what breaks them.

    Reads only, in a transaction. Each slice sees a moment of its own; an order that changed in
    two of them counts twice. What is not looked at in time is told as one more that is broken.
    Raises NotYet, with how far it came, when its turn is over.
    """
    begun_at = time.monotonic()
    rules = {rule.sentence: rule for rule in RULES if rule.about in about}
    # Other code, which began this walk, may have known other rules.
    at = so_far if so_far and rules.keys() >= set(so_far["left"]) else _begin(rules, lately)
    values = checking.parameters()
    with connection.cursor() as cursor:
        # A plan that suits any slice is one for the widest.
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    while at["left"]:
        rule = rules[at["left"][0]]
        at = _slice(rule, rule.cut, at, values) if rule.cut else _whole(rule, at, values)
        if at["left"]:
            enough = TURN if rules[at["left"][0]].cut else EARLY
            if time.monotonic() >= begun_at + enough:
                if datetime.now(UTC) > datetime.fromisoformat(at["until"]) + LIMIT:
                    return _given_up(at)
                raise NotYet(seconds=0, so_far=at)
    return at["broken"]


def _begin(rules: Iterable[str], lately: timedelta) -> Walk:
    now = datetime.now(UTC)
    return Walk(
        since=(now - lately).isoformat(),
        until=now.isoformat(),
        left=list(rules),
        after=None,
        size=None,
        rows=0,
        first=[],
        broken=[],
    )


def _slice(rule: Rule, cut: Cut, at: Walk, values: dict[str, Any]) -> Walk:
    """Apply the rule to its next slice, which is a smaller one where that takes too long."""
    size = min(MOST, at["size"] or cut.first)
    begin, end = (at["since"], at["until"]) if cut is BY_TIME else (cut.begin, cut.end)
    after, begun_at = at["after"] or begin, time.monotonic()
    try:
        with transaction.atomic():
            _allow(KEYS_MS)
            last = cut.last_of(after=after, end=end, size=size)
            _allow(SLICE_MS)
            bounds = cut.bounds(after=after, last=last)
            rows, first = checking.broken_by(rule, {**values, **bounds})
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != CANCELLED or size == 1:
            raise
        return {**at, "size": max(1, size // SMALLER)}
    at = _found(at, rows, first)
    if last == end:
        return _done(at)
    seconds = time.monotonic() - begun_at
    return {**at, "after": last, "size": _size(size, cut.first, seconds=seconds)}


def _whole(rule: Rule, at: Walk, values: dict[str, Any]) -> Walk:
    """Apply the rule to all there is."""
    _allow(WHOLE_MS)
    return _done(_found(at, *checking.broken_by(rule, values)))


def _allow(milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])


def _found(at: Walk, rows: int, first: list[dict[str, Any]]) -> Walk:
    return {**at, "rows": at["rows"] + rows, "first": [*at["first"], *first][: checking.SHOWN]}


def _done(at: Walk) -> Walk:
    """Note what breaks the rule, and go on to the next."""
    (_, *left), broken = at["left"], _broken(at)
    following = _begin(left, timedelta())
    return {**following, "since": at["since"], "until": at["until"], "broken": broken}


def _given_up(at: Walk) -> list[Breach]:
    log.error("verification_given_up", left=at["left"])
    return [*_broken(at), Breach(rule=LOOKED_AT, rows=len(at["left"]))]


def _broken(at: Walk) -> list[Breach]:
    """Return what is broken, with the rule that is under way."""
    if not at["rows"]:
        return at["broken"]
    rule = at["left"][0]
    log.error("rule_broken", rule=rule, rows=at["rows"], first=at["first"])
    return [*at["broken"], Breach(rule=rule, rows=at["rows"])]


def _size(size: int, first: int, *, seconds: float) -> int:
    """Return how many rows the next slice has, after one of this size that took so long.

    Not less than the first one had: each slice has its price, however few rows are in it.
    """
    if seconds < QUICK:
        return 2 * size
    return max(min(size, first), size // 2) if seconds > SLOW else size
