"""How products are found: the words of a product, the query of a term, and how well they match.

Words are made by `shop.core.text.words` when a product is written and when it is looked for, and
handed to PostgreSQL ready made: no extension and no setting of the database has a say in them.
"""

from collections.abc import Sequence

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, Case, F, FloatField, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Cast, Round

from shop.core.text import fold, words

# PostgreSQL takes words up to 2,046 bytes; a letter has 4 at most.
_LONGEST_WORD = 500
_LARGEST_ID = 2**63 - 1
# Those of PostgreSQL, from the title down.
_WEIGHTS = "ABCD"


def document(*, title: str, others: Sequence[str]) -> Combinable:
    """Return the words by which a product is found: its title's weigh most, the others' less.

    There are three others at most, the weightier first.
    """
    texts = zip((title, *others), _WEIGHTS, strict=False)
    entries = [(word, weight) for text, weight in texts for word in _words(text)]
    # Words are letters and digits only, so that nothing in the quotes needs escaping.
    vector = " ".join(f"'{word}':{at}{weight}" for at, (word, weight) in enumerate(entries, 1))
    return Cast(Value(vector), SearchVectorField())


def condition(*, term: str) -> Q:
    """Return the condition on products that `term` finds them.

    Every word of the term must begin a word of the product; a term that is a number also finds
    the product of that id. A term without a letter or digit finds nothing.
    """
    found = _words(term)
    if not found:
        return Q(pk__in=[])
    matches = Q(_Matches(F("search"), _query(found, "*")))
    number = _id(term)
    return matches if number is None else matches | Q(pk=number)


def rank(*, term: str, product: str) -> Combinable:
    """Return how well `term` matches what it finds, a whole number: the higher, the better.

    First the product of that id; then a title of just these words, a title with them, a title
    with words that they begin, these words anywhere, and any other; among equals the text in
    which they stand closer and make up more. `product` names the field that leads to the product.
    """
    found = _words(term)
    text = F(f"{product}__search")
    exact_title = _Matches(text, _query(found, "A"))
    no_other = _HasWords(_TitleOnly(text), Value(len(set(found))))
    number = _id(term)
    cases = [
        *([] if number is None else [When(**{product: number}, then=Value(6))]),
        When(Q(exact_title) & Q(no_other), then=Value(5)),
        When(exact_title, then=Value(4)),
        When(_Matches(text, _query(found, "*A")), then=Value(3)),
        When(_Matches(text, _query(found, "")), then=Value(2)),
    ]
    nearness = Round(_Rank(text, _query(found, "*")) * Value(100_000.0))
    return Case(*cases, default=Value(1)) * Value(1_000_000) + Cast(nearness, IntegerField())


def _words(value: str) -> list[str]:
    return [word[:_LONGEST_WORD] for word in words(value)]


def _id(term: str) -> int | None:
    """Return the id that `term` is, if it is a number that can be one."""
    digits = fold(term).strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    return int(digits) if int(digits) <= _LARGEST_ID else None


def _query(found: list[str], marks: str) -> Combinable:
    """Return the query for all these words; `*` in `marks` takes beginnings, `A` titles only."""
    each = " & ".join(f"'{word}':{marks}" for word in dict.fromkeys(found))
    return Cast(Value(each), SearchQueryField())


class _Matches(Func):
    """Whether a product's words answer a query."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    arity = 2
    output_field = BooleanField()


class _TitleOnly(Func):
    """The words of a title among a product's words."""

    template = "ts_filter(%(expressions)s, '{a}')"
    output_field = SearchVectorField()


class _HasWords(Func):
    """Whether so many different words are there."""

    template = "(length(%(expressions)s))"
    arg_joiner = ") = ("
    arity = 2
    output_field = BooleanField()


class _Rank(Func):
    """How well a product's words answer, from 0 to 1: in a short text better than in a long."""

    template = "ts_rank(%(expressions)s, 1)"
    arity = 2
    output_field = FloatField()
