"""Which products are ranked for a term: few, however many it finds, without reading all of those.

Of each kind of match the newest are taken, the best kind first, and no others are looked for once
there are enough. What matches is found by an index or, where much does, among the newest products:
PostgreSQL knows how often words stand in products, and takes the shorter way. It does not know how
often beginnings do that begin many words. For those the newest products are looked through first;
the index is asked only where that finds too few, so that there is little to read.
"""

# ruff: noqa: S608, S611 (only this module's words; what somebody looks for is passed beside them)

from typing import Any, NamedTuple

from django.db.models.expressions import RawSQL

from shop.catalog.models import Kind
from shop.catalog.terms import Reading, Term

# So many of each kind of match, and so many products that are looked through.
MOST = 200
RECENT = 30_000
_ON_SALE = "SELECT id, search FROM catalog_product WHERE kind = %s AND deleted_at IS NULL"
_ANYWHERE, _TITLE = "search", "ts_filter(search, '{a}')"
_WHOLE_TITLE = "hashtextextended(strip(ts_filter({}, '{{a}}'))::text, 0)"


class _Part(NamedTuple):
    """A part of a statement, and the values in it, in order."""

    sql: str
    values: tuple[Any, ...] = ()


def found(*, term: Term, kind: Kind) -> RawSQL:
    """Return the ids of the products on sale of a kind that may be listed, in no order.

    The one of that id; then the newest `MOST` with a title of just these words; where there are
    fewer, the newest with the words in the title; where there are fewer still, with them anywhere.
    Where there are none at all, the same is done for the term's next reading.
    """
    tables = _tables(kind, term) if term.words else []
    listed = [_Part(f"SELECT id FROM table_{len(tables)}")] if tables else []
    if term.number is not None:
        listed.append(_newest(kind, _Part("id = %s", (term.number,))))
    named = ", ".join(f"table_{at} AS MATERIALIZED ({one.sql})" for at, one in enumerate(tables, 1))
    union = " UNION ".join(f"({part.sql})" for part in listed)
    values = [value for part in (*tables, *listed) for value in part.values]
    return RawSQL(f"(WITH {named} {union})" if named else f"({union})", values)


def _tables(kind: Kind, term: Term) -> list[_Part]:
    """Return the tables of what is found by words, each with all that is in the one before it."""
    tables = [_newest(kind, _titled(term))]
    gates: list[_Part] = []
    for reading in term.readings:
        for conditions, recent in _searches(term, reading):
            better = f"table_{len(tables)}"
            too_few = _Part(f"(SELECT count(*) FROM {better}) < {MOST}")
            more = _newest(kind, *conditions, *gates, too_few, recent=recent)
            tables.append(more._replace(sql=f"SELECT id FROM {better} UNION ({more.sql})"))
        gates = [_Part(f"NOT EXISTS (SELECT FROM table_{len(tables)})")]
    return tables


def _searches(term: Term, reading: Reading) -> list[tuple[list[_Part], bool]]:
    """Return the conditions of each kind of match, best first; and whether the newest will do."""
    anywhere = (_by_index(_ANYWHERE, reading), False)
    if not reading.vague:
        return [(_by_index(_TITLE, reading), False), anywhere]
    matches = [_Part("search @@ %s::tsquery", (term.query(marks),)) for marks in ("*A", "*")]
    return [*(([match], True) for match in matches), anywhere]


def _by_index(vector: str, reading: Reading) -> list[_Part]:
    """Return the conditions of a match that is found by an index."""
    asked = _Part(f"{vector} @@ %s::tsquery", (reading.asked,))
    # In a form for which no index is read.
    others = _Part(f"({vector} @@ %s::tsquery) IS TRUE", (reading.others,))
    return [asked, others] if reading.others else [asked]


def _titled(term: Term) -> _Part:
    """Return the condition that a title is of just these words, in whatever order."""
    title = " ".join(f"'{alternatives[0]}':1A" for alternatives in term.words)
    sought = _WHOLE_TITLE.format("%s::tsvector")
    return _Part(f"{_WHOLE_TITLE.format('search')} = {sought}", (title,))


def _newest(kind: Kind, *conditions: _Part, recent: bool = False) -> _Part:
    """Return the newest products on sale that meet the conditions; or those among the newest."""
    among = f"{_ON_SALE} ORDER BY id DESC LIMIT {RECENT}" if recent else _ON_SALE
    met = " AND ".join(part.sql for part in conditions)
    return _Part(
        f"SELECT id FROM ({among}) product WHERE {met} ORDER BY id DESC LIMIT {MOST}",
        (kind.value, *(value for part in conditions for value in part.values)),
    )
