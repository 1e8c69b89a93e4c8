"""The shop's books, read past all of its code: what must add up, in plain SQL."""

import time
from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

# Each finds rows that must not be there.
RULES = {
    "on hand is what came less what went": """
        SELECT product_id, on_hand, coalesce(sum(on_hand_change), 0) AS moved
        FROM inventory_stock LEFT JOIN inventory_movement USING (product_id)
        GROUP BY product_id, on_hand HAVING on_hand <> coalesce(sum(on_hand_change), 0)""",
    "reserved is what was reserved less what was released": """
        SELECT product_id, reserved, coalesce(sum(reserved_change), 0) AS moved
        FROM inventory_stock LEFT JOIN inventory_movement USING (product_id)
        GROUP BY product_id, reserved HAVING reserved <> coalesce(sum(reserved_change), 0)""",
    "reserved is what open orders hold": """
        SELECT product_id, reserved, coalesce(sum(quantity), 0) AS ordered
        FROM inventory_stock LEFT JOIN (
            SELECT line.product_id, line.quantity FROM orders_orderline line
            JOIN orders_order o ON o.id = line.order_id
            WHERE o.status IN ('pending', 'paid', 'processing')) line USING (product_id)
        GROUP BY product_id, reserved HAVING reserved <> coalesce(sum(quantity), 0)""",
    "each open order has its lines reserved, and no other has": """
        SELECT * FROM (
            SELECT order_id, product_id, line.quantity FROM orders_orderline line
            JOIN orders_order o ON o.id = line.order_id
            WHERE o.status IN ('pending', 'paid', 'processing')) line
        FULL JOIN inventory_reservation r USING (order_id, product_id)
        WHERE line.quantity IS DISTINCT FROM r.quantity""",
    "a kind's room holds what its products do": """
        SELECT room.kind, room.on_hand, coalesce(sum(stock.on_hand), 0) AS stored
        FROM inventory_room room LEFT JOIN catalog_product product USING (kind)
        LEFT JOIN inventory_stock stock ON stock.product_id = product.id
        GROUP BY room.kind, room.on_hand HAVING room.on_hand <> coalesce(sum(stock.on_hand), 0)""",
    "a paid order is charged once, its total; no other order is charged": """
        SELECT * FROM (SELECT job_id || ':take_payment' AS key, total, currency
                       FROM orders_order WHERE status = 'paid') paid
        FULL JOIN (SELECT key, amount - refunded AS charged, currency AS charged_in
                   FROM sandbox_entry WHERE status = 'captured' AND refunded < amount) entry
            USING (key)
        WHERE total IS DISTINCT FROM charged OR currency IS DISTINCT FROM charged_in""",
    "the shop and the provider agree on each charge": """
        SELECT key, entry.status AS provider, payment.status AS shop
        FROM sandbox_entry entry FULL JOIN payments_payment payment USING (key)
        WHERE entry.status IS DISTINCT FROM
            CASE payment.status WHEN 'refunded' THEN 'captured' ELSE payment.status END
        OR payment.status = 'captured' AND payment.amount <> entry.amount""",
    "an order's total is that of its lines": """
        SELECT o.id, o.total, sum(line.quantity * line.unit_price) AS lines
        FROM orders_order o LEFT JOIN orders_orderline line ON line.order_id = o.id
        GROUP BY o.id HAVING o.total IS DISTINCT FROM sum(line.quantity * line.unit_price)""",
    "a checkout and its order end alike": """
        SELECT job.id, job.state, job.result, o.id AS order_id, o.status
        FROM jobs_job job FULL JOIN orders_order o ON o.job_id = job.id
        WHERE coalesce(job.kind, 'checkout') = 'checkout' AND NOT coalesce(
            job.state = 'succeeded' AND o.status IN ('paid', 'pending')
                AND (job.result ->> 'order_id')::bigint = o.id
            OR job.state IN ('failed', 'cancelled') AND coalesce(o.status, job.state) = job.state,
            false)""",
    "each paid order is announced once, and of a failed one only money that came too late": """
        SELECT o.id, o.status, count(n.id) AS announced
        FROM orders_order o LEFT JOIN notifications_notification n ON n.order_id = o.id
        GROUP BY o.id HAVING count(n.id) <> (o.status IN ('paid', 'pending'))::int + (
            SELECT count(*) FROM payments_payment payment JOIN payments_refund refund
            ON refund.payment_id = payment.id
            WHERE payment.order_id = o.id AND refund.key = payment.key || ':late')""",
    "each order's history ends in its status": """
        SELECT o.id, o.status, array_agg(event.status ORDER BY event.id) AS history
        FROM orders_order o LEFT JOIN orders_orderevent event ON event.order_id = o.id
        GROUP BY o.id HAVING (array_agg(event.status ORDER BY event.id DESC))[1]
            IS DISTINCT FROM o.status""",
}
FINAL = ["succeeded", "failed", "cancelled"]


class Books:
    """A database of the shop, read directly. Each reading is a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(
            self._url, autocommit=True, row_factory=dict_row, application_name="journeys"
        ) as session:
            return session.execute(query.encode(), values).fetchall()

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
            found = {
                rule: session.execute(query.encode()).fetchall() for rule, query in RULES.items()
            }
            session.rollback()
        return [f"{rule}: {rows[:5]}" for rule, rows in found.items() if rows]

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
