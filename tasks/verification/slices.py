"""How what a rule looks at is taken in slices: its table by a key, so many rows at a time."""

from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Cut:
    """A way to take slices: the parameters that bound one, and the keys of a table in their order.

    Bounds are texts, as PostgreSQL writes the key. `begin` and `end` hold all there is. A slice
    has `first` rows to begin with.
    """

    after: str
    last: str
    begin: str
    end: str
    keys: str
    first: int

    def bounds(self, *, after: str, last: str) -> dict[str, str]:
        """Return the parameters of what lies behind the one bound, up to the other."""
        return {self.after: after, self.last: last}

    def last_of(self, *, after: str, end: str, size: int) -> str:
        """Return where the slice of so many rows ends that begins behind `after`: by `end`."""
        keys = f"SELECT key FROM ({self.keys}) all_keys WHERE key > %(after)s AND key <= %(end)s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), max(key)::text FROM ({keys} ORDER BY key LIMIT %(size)s) slice",  # noqa: S608
                {"after": after, "end": end, "size": size},
            )
            number, last = cursor.fetchone()
        return end if number < size else str(last)


# What changes changes by a job, and about when that ends.
BY_TIME = Cut(
    after="since",
    last="until",
    begin="-infinity",
    end="infinity",
    keys="SELECT finished_at AS key FROM jobs_job",
    first=500,
)
_LEAST, _MOST = str(-(2**63)), str(2**63 - 1)
BY_ORDER = Cut(
    after="after_order",
    last="last_order",
    begin=_LEAST,
    end=_MOST,
    keys="SELECT id AS key FROM orders_order",
    first=500,
)
# Few to begin with, for a product may have millions of lines in the ledger.
BY_PRODUCT = Cut(
    after="after_product",
    last="last_product",
    begin=_LEAST,
    end=_MOST,
    keys="SELECT product_id AS key FROM inventory_stock",
    first=20,
)
CUTS = (BY_TIME, BY_ORDER, BY_PRODUCT)


def all_there_is() -> dict[str, Any]:
    """Return the parameters of one slice that holds everything."""
    found: dict[str, Any] = {}
    for cut in CUTS:
        found |= cut.bounds(after=cut.begin, last=cut.end)
    return found
