"""How a name is found by any part of it, without looking at all names."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import TextField
from django.db.models.expressions import Func


class Triples(Func):
    """All that stands in a text as three characters in a row, which an index can be asked for."""

    # Made by a migration.
    function = "catalog_triples"
    arity = 1
    output_field = ArrayField(TextField())


def triples(part: str) -> list[str]:
    """Return some triples of those that a text must have to hold `part`; none where it is short.

    Every third: those between say little more, and PostgreSQL, which takes all for independent,
    would think that a name is rare which many have.
    """
    return [part[at : at + 3] for at in range(0, len(part) - 2, 3)]
