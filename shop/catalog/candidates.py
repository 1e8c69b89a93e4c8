"""Which products are ranked for a term: few, however many it finds, without reading all of those.

Of each kind of match the newest are taken. What matches is found by an index or, where much does,
among the newest products: PostgreSQL knows how often words stand in products, and takes the shorter
way. It does not know how often beginnings do that begin many words. For those the newest products
are looked through first; the index is asked only where that finds too few, so that there is little
to read.
"""

# ruff: noqa: S608, S611 (only this module's words; what somebody looks for is passed beside them)

from typing import Any, NamedTuple

from django.db.models.expressions import RawSQL

from shop.catalog.models import Kind
from shop.catalog.terms import Term

# So many of each kind of match, and so many products that are looked through.
MOST = 200
RECENT = 30_000
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
    """
    tables = _tables(kind, term) if term.words else {}
    better = {"whole_title": "", "title": "whole_title", "anywhere": "title"} if tables else {}
    chosen = [
        _Part(f"SELECT id FROM {name}{f' WHERE {_fewer(other)}' if other else ''}")
        for name, other in better.items()
    ]
    if term.number is not None:
        chosen.append(_newest(kind, _Part("id = %s", (term.number,))))
    listed = ", ".join(f"{name} AS MATERIALIZED ({part.sql})" for name, part in tables.items())
    union = " UNION ".join(f"({part.sql})" for part in chosen)
    values = [value for part in (*tables.values(), *chosen) for value in part.values]
    return RawSQL(f"(WITH {listed} {union})" if listed else f"({union})", values)


def _tables(kind: Kind, term: Term) -> dict[str, _Part]:
    """Return what is found by words, by names of which a table may use those before it.

    Titles are looked at only where more is found than can be listed.
    """
    many = _Part(f"NOT {_fewer('anywhere')}")
    by_index = _newest(kind, *_by_index(_TITLE, term), many)
    return {
        **_anywhere(kind, term),
        "whole_title": _newest(kind, _titled(term), many),
        "title": _recent(kind, term.query("*A"), many) if term.vague else by_index,
    }


def _anywhere(kind: Kind, term: Term) -> dict[str, _Part]:
    """Return the table of what has the words anywhere, and before it the one that it may take."""
    by_index = _by_index(_ANYWHERE, term)
    if not term.vague:
        return {"anywhere": _newest(kind, *by_index)}
    older = _newest(kind, *by_index, _Part(_fewer("recent")))
    return {
        "recent": _recent(kind, term.query("*")),
        "anywhere": older._replace(sql=f"SELECT id FROM recent UNION ({older.sql})"),
    }


def _recent(kind: Kind, query: str, *gates: _Part) -> _Part:
    """Return the newest that match among the newest of all, which are looked through."""
    newest = (
        "SELECT id, search FROM catalog_product WHERE kind = %s AND deleted_at IS NULL"
        f" ORDER BY id DESC LIMIT {RECENT}"
    )
    matching = _every(_Part("search @@ %s::tsquery", (query,)), *gates)
    return _Part(
        f"SELECT id FROM ({newest}) newest WHERE {matching.sql} ORDER BY id DESC LIMIT {MOST}",
        (kind.value, *matching.values),
    )


def _by_index(vector: str, term: Term) -> list[_Part]:
    """Return the conditions of a match that is found by an index."""
    asked = _Part(f"{vector} @@ %s::tsquery", (term.asked,))
    # In a form for which no index is read.
    others = _Part(f"({vector} @@ %s::tsquery) IS TRUE", (term.others,))
    return [asked, others] if term.others else [asked]


def _titled(term: Term) -> _Part:
    """Return the condition that a title is of just these words, in whatever order."""
    title = " ".join(f"'{alternatives[0]}':1A" for alternatives in term.words)
    sought = _WHOLE_TITLE.format("%s::tsvector")
    return _Part(f"{_WHOLE_TITLE.format('search')} = {sought}", (title,))


def _newest(kind: Kind, *conditions: _Part) -> _Part:
    """Return the newest products on sale that meet the conditions."""
    on_sale = _Part("kind = %s AND deleted_at IS NULL", (kind.value,))
    every = _every(on_sale, *conditions)
    return every._replace(
        sql=f"SELECT id FROM catalog_product WHERE {every.sql} ORDER BY id DESC LIMIT {MOST}"
    )


def _fewer(table: str) -> str:
    return f"(SELECT count(*) FROM {table}) < {MOST}"


def _every(*conditions: _Part) -> _Part:
    return _Part(
        " AND ".join(part.sql for part in conditions),
        tuple(value for part in conditions for value in part.values),
    )
