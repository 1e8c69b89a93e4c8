"""How products are found: by which words, and how well a term matches them."""

from collections.abc import Sequence

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Round

from shop.catalog import vectors
from shop.catalog.terms import Term


def document(*, title: str, others: Sequence[str]) -> Combinable:
    """Return the words by which a product is found: its title's weigh most, the others' less.

    There are three others at most, the weightier first.
    """
    return vectors.vector(title, *others)


def rank(*, term: Term, product: str) -> Combinable:
    """Return how well `term` matches what it finds, a whole number: the higher, the better.

    First the product of that id; then a title of just these words, a title with them, a title
    with words that they begin, these words anywhere, and any other; among equals the text in
    which they stand closer and make up more. `product` names the field that leads to the product.
    """
    number = [] if term.number is None else [When(**{product: term.number}, then=Value(6))]
    if not term.words:
        return Case(*number, default=Value(1)) * Value(1_000_000)
    text = F(f"{product}__search")
    exact, exact_title, title, begun = (vectors.cast(term.query(m)) for m in ("", "A", "*A", "*"))
    no_other = vectors.HasWords(vectors.TitleOnly(text), Value(len(term.words)))
    in_title = vectors.Matches(text, exact_title)
    cases = [
        *number,
        When(in_title & no_other, then=Value(5)),
        When(in_title, then=Value(4)),
        When(vectors.Matches(text, title), then=Value(3)),
        When(vectors.Matches(text, exact), then=Value(2)),
    ]
    nearness = Round(vectors.Rank(text, begun) * Value(100_000.0))
    return Case(*cases, default=Value(1)) * Value(1_000_000) + Cast(nearness, IntegerField())
