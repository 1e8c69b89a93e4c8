"""How what a rule looks at is taken in slices: its table by a key, so many rows at a time."""

from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Cut:
    """A way to take slices: the parameters that bound one, and where one of `size` rows ends.

    Bounds are texts, as PostgreSQL writes the key. `begin` and `end` hold all there is.
    """

    after: str
    last: str
    begin: str
    end: str
    ends: str

    def bounds(self, *, after: str, last: str) -> dict[str, str]:
        """Return the parameters of what lies behind the one bound, up to the other."""
        return {self.after: after, self.last: last}

    def last_of(self, *, after: str, size: int) -> str:
        """Return where the slice of so many rows ends that begins behind `after`."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), max(key)::text FROM ({self.ends} LIMIT %(size)s) slice",  # noqa: S608
                {"after": after, "size": size},
            )
            number, last = cursor.fetchone()
        return self.end if number < size else str(last)


# What changes changes by a job, and about when that ends.
BY_TIME = Cut(
    after="since",
    last="until",
    begin="-infinity",
    end="infinity",
    ends="SELECT finished_at AS key FROM jobs_job WHERE finished_at > %(after)s ORDER BY 1",
)
BY_ORDER = Cut(
    after="after_order",
    last="last_order",
    begin="0",
    end=str(2**63 - 1),
    ends="SELECT id AS key FROM orders_order WHERE id > %(after)s ORDER BY 1",
)
BY_PRODUCT = Cut(
    after="after_product",
    last="last_product",
    begin="0",
    end=str(2**63 - 1),
    ends="SELECT product_id AS key FROM inventory_stock WHERE product_id > %(after)s ORDER BY 1",
)
CUTS = (BY_TIME, BY_ORDER, BY_PRODUCT)


def all_there_is() -> dict[str, Any]:
    """Return the parameters of one slice that holds everything."""
    found: dict[str, Any] = {}
    for cut in CUTS:
        found |= cut.bounds(after=cut.begin, last=cut.end)
    return found
