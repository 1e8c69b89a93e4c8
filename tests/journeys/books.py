"""The shop's books, read past all of its code: what must add up, by its own rules."""

import time
from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tasks.verification import checking
from tasks.verification.rules import RULES as SHOP_RULES

# Beside the shop's own rules: what it also keeps where only what the journeys do has happened.
RULES = {
    "Each order is announced when placed, and not more often than it or its money moves.": """
        SELECT o.id, o.status, announced, changes FROM orders_order o
        CROSS JOIN LATERAL (SELECT count(*) AS announced
            FROM notifications_notification n WHERE n.order_id = o.id) told
        CROSS JOIN LATERAL (SELECT
            (SELECT count(*) FROM orders_orderevent event WHERE event.order_id = o.id)
            + (SELECT count(*) FROM payments_refund refund
               JOIN payments_payment payment ON payment.id = refund.payment_id
               WHERE payment.order_id = o.id) AS changes) history
        WHERE o.status IN ('pending', 'paid') AND announced NOT BETWEEN 1 AND changes
        OR o.status = 'failed' AND announced > (
            SELECT count(*) FROM payments_payment payment
            WHERE payment.order_id = o.id AND payment.status = 'refunded')""",
}
FINAL = ["succeeded", "failed", "cancelled"]


class Books:
    """A database of the shop, read directly. Each reading is a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, query: str, *values: Any, **named: Any) -> list[dict[str, Any]]:
        with psycopg.connect(
            self._url, autocommit=True, row_factory=dict_row, application_name="journeys"
        ) as session:
            return session.execute(query.encode(), named or values).fetchall()

    def write(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="journeys") as session:
            session.execute(statement.encode(), values)

    def value(self, query: str, *values: Any) -> Any:
        """Return the one value that a query finds."""
        ((value,),) = (row.values() for row in self.rows(query, *values))
        return value

    def number_final(self, job_ids: Collection[str]) -> int:
        query = "SELECT count(*) FROM jobs_job WHERE id = ANY(%s::uuid[]) AND state = ANY(%s)"
        return int(self.value(query, list(job_ids), FINAL))

    def states(self, job_ids: Collection[str]) -> dict[str, int]:
        """Return how many of these jobs are in which state."""
        query = (
            "SELECT state, count(*) FROM jobs_job WHERE id = ANY(%s::uuid[])"
            " GROUP BY state ORDER BY state"
        )
        return {row["state"]: row["count"] for row in self.rows(query, list(job_ids))}

    def await_all_final(self, *, seconds: float) -> float:
        """Wait until no job of the shop is under way; return the seconds that it took."""
        begun_at = time.monotonic()
        query = """
            SELECT id, kind, state, cursor, seq, attempt, due_at - now() AS due_in, publications,
                claims, steps, error, now() - created_at AS age
            FROM jobs_job WHERE state <> ALL(%s) ORDER BY id"""
        while left := self.rows(query, FINAL):
            if time.monotonic() - begun_at > seconds:
                shown = "\n".join(str(row) for row in left[:20])
                raise AssertionError(
                    f"{len(left)} jobs are not final after {seconds:.0f} s:\n{shown}"
                )
            time.sleep(0.1)
        return time.monotonic() - begun_at

    def differences(self, *, after: str = "SELECT") -> list[str]:
        """Return the rules that are broken, with the first rows that break them.

        `after` is a statement that is taken back at the end.
        """
        with psycopg.connect(
            self._url, row_factory=dict_row, application_name="journeys"
        ) as session:
            # One view of everything: a job may be under way.
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            session.execute(after.encode())
            values, rules = checking.parameters(), {x.sentence: x.breaches for x in SHOP_RULES}
            found = {
                rule: session.execute(query.encode(), values).fetchall()
                for rule, query in (rules | RULES).items()
            }
            session.rollback()
        return [f"{rule} {rows[:5]}" for rule, rows in found.items() if rows]

    def fill_carts(self, user_ids: Collection[int], quantities: Mapping[int, int]) -> None:
        """Put the same quantities, by product, into many carts at once."""
        self.write(
            "INSERT INTO carts_cartitem (cart_id, product_id, quantity)"
            " SELECT id, product, quantity FROM carts_cart,"
            " unnest(%s::bigint[], %s::integer[]) AS line (product, quantity)"
            " WHERE customer_id = ANY(%s)",
            list(quantities),
            list(quantities.values()),
            list(user_ids),
        )

    def carts(self, user_ids: Collection[int]) -> dict[int, dict[int, int]]:
        """Return the quantities in these customers' carts, by product."""
        found: dict[int, dict[int, int]] = {user_id: {} for user_id in user_ids}
        query = (
            "SELECT customer_id, product_id, quantity FROM carts_cartitem"
            " JOIN carts_cart ON carts_cart.id = cart_id WHERE customer_id = ANY(%s)"
        )
        for row in self.rows(query, list(user_ids)):
            found[row["customer_id"]][row["product_id"]] = row["quantity"]
        return found

    def entries(self, job_ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return what the provider's own books say of these checkouts' charges, by job."""
        keys = [f"{job_id}:take_payment" for job_id in job_ids]
        query = "SELECT key, status, amount, faults FROM sandbox_entry WHERE key = ANY(%s)"
        return {row.pop("key").partition(":")[0]: row for row in self.rows(query, keys)}

    def entry(self, job_id: str) -> dict[str, Any]:
        """Return what the provider's own books say of a checkout's charge."""
        return self.entries([job_id])[job_id]
