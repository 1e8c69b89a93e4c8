"""Words as PostgreSQL keeps and compares them: vectors, queries, and what can be asked of both.

Words are made by `shop.core.text.words` when a product is written and when it is looked for, and
handed to PostgreSQL ready made: no extension and no setting of the database has a say in them.
"""

from collections.abc import Iterable, Sequence

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BigIntegerField, Value
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Cast

from shop.core import text

# PostgreSQL takes words up to 2,046 bytes; a letter has 4 at most.
_LONGEST_WORD = 500
# Those of PostgreSQL, from the title down.
_WEIGHTS = "ABCD"


def words(value: str) -> list[str]:
    """Return the words of `value` as they stand in vectors, in order."""
    return [word[:_LONGEST_WORD] for word in text.words(value)]


def vector(*texts: str) -> Combinable:
    """Return the words of four texts at most, of which the first, a title, weighs most."""
    weighed = zip(texts, _WEIGHTS, strict=False)
    entries = [(word, weight) for value, weight in weighed for word in words(value)]
    # Words are letters and digits only, so that nothing in the quotes needs escaping.
    listed = " ".join(f"'{word}':{at}{weight}" for at, (word, weight) in enumerate(entries, 1))
    return Cast(Value(listed), SearchVectorField())


def query(alternatives: Iterable[Sequence[str]], *, marks: str = "") -> str:
    """Return, as text, the query for one word of each: `*` takes beginnings, `A` titles only."""
    return " & ".join(
        "(" + " | ".join(f"'{word}':{marks}" for word in group) + ")" for group in alternatives
    )


class TitleOnly(Func):
    """The words of a title among a product's words."""

    template = "ts_filter(%(expressions)s, '{a}')"
    arity = 1
    output_field = SearchVectorField()


class WholeTitle(Func):
    """A number that titles of the same words share, in whatever order."""

    template = "hashtextextended(strip(ts_filter(%(expressions)s, '{a}'))::text, 0)"
    arity = 1
    output_field = BigIntegerField()
