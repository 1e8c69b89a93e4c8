"""How products are found: by which words, and how well a term matches them."""

from collections.abc import Sequence

from django.db.models import IntegerField
from django.db.models.expressions import Combinable, RawSQL

from shop.catalog import vectors
from shop.catalog.terms import Term

# Written out, for Django takes longer to write it than PostgreSQL to read it.
_RANK = """
    1000000 * CASE
        WHEN catalog_product.id = %s THEN 6
        WHEN catalog_product.search @@ %s::tsquery THEN CASE
            WHEN length(ts_filter(catalog_product.search, '{a}')) = %s THEN 5 ELSE 4 END
        WHEN catalog_product.search @@ %s::tsquery THEN 3
        WHEN catalog_product.search @@ %s::tsquery THEN 2
        ELSE 1 END
    + round(100000 * ts_rank(catalog_product.search, %s::tsquery, 1))::integer"""


def document(*, title: str, others: Sequence[str]) -> Combinable:
    """Return the words by which a product is found: its title's weigh most, the others' less.

    There are three others at most, the weightier first.
    """
    return vectors.vector(title, *others)


def rank(*, term: Term) -> Combinable:
    """Return how well a product matches a term that finds it, a whole number: the more, the better.

    First the product of that id; then a title of just these words, a title with them, a title
    with words that they begin, these words anywhere, and any other; among equals the text in
    which they stand closer and make up more.
    """
    exact_title, title, exact, begun = (term.query(marks) for marks in ("A", "*A", "", "*"))
    values = [term.number, exact_title, len(term.words), title, exact, begun]
    return RawSQL(_RANK, values, output_field=IntegerField())  # noqa: S611 (values are passed apart)
