"""Rows as one value of a statement, which stays the same however many there are."""

import json
from collections.abc import Iterable, Mapping


def packed(rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows for PostgreSQL's `json_to_recordset`; it takes what JSON lacks from its text.

    A value for each column of each row costs Python and PostgreSQL more.
    """
    return json.dumps(list(rows), default=str)
