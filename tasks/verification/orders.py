"""Rules of orders (3), and of what the warehouse does for them."""

# ruff: noqa: S608 (only this package's words)

from tasks.verification.scope import OPEN_ORDERS, ORDERS, UNRESERVED, number_of

LOOKED_AT = number_of(ORDERS)

RULES = {
    "An order's total is that of its lines.": (
        LOOKED_AT,
        f"""
        SELECT o.id, o.total, sum(line.line_total) AS lines
        FROM ({ORDERS}) o LEFT JOIN orders_orderline line ON line.order_id = o.id
        GROUP BY o.id, o.total HAVING o.total IS DISTINCT FROM sum(line.line_total)""",
    ),
    "Each open order has its lines promised, and no other order has.": (
        number_of(OPEN_ORDERS),
        f"""
        SELECT order_id, product_id, line.quantity AS ordered, promise.quantity AS promised
        FROM (SELECT order_id, product_id, quantity FROM orders_orderline line
              JOIN ({OPEN_ORDERS}) o ON o.id = line.order_id) line
        FULL JOIN (SELECT * FROM inventory_reservation
                   WHERE order_id > %(after_order)s AND order_id <= %(last_order)s) promise
            USING (order_id, product_id)
        WHERE line.quantity IS DISTINCT FROM promise.quantity
        AND NOT (promise.quantity IS NULL AND order_id IN ({UNRESERVED}))""",
    ),
    "The ledger moved for each order what its status says.": (
        LOOKED_AT,
        f"""
        SELECT o.id, product_id, o.status, quantity, on_hand, reserved FROM ({ORDERS}) o
        CROSS JOIN LATERAL (
            SELECT product_id, sum(quantity) AS quantity,
                sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
            FROM (
                SELECT product_id, quantity, 0 AS on_hand_change, 0 AS reserved_change
                FROM orders_orderline WHERE order_id = o.id
                UNION ALL SELECT product_id, 0, on_hand_change, reserved_change
                FROM inventory_movement WHERE order_id = o.id) moved
            GROUP BY product_id) line
        WHERE NOT (on_hand = 0 AND reserved = 0 AND o.id IN ({UNRESERVED}))
        AND (on_hand <> CASE WHEN o.status IN ('shipped', 'delivered') THEN -quantity ELSE 0 END
            OR reserved <> CASE WHEN o.status IN ('pending', 'paid', 'processing')
                THEN quantity ELSE 0 END)""",
    ),
    "Each order's history begins with `pending`, follows the rules, and ends in its status.": (
        LOOKED_AT,
        f"""
        SELECT o.id, o.status, history FROM ({ORDERS}) o
        CROSS JOIN LATERAL (
            SELECT array_agg(event.status ORDER BY event.id) AS history
            FROM orders_orderevent event WHERE event.order_id = o.id) events
        WHERE history[1] IS DISTINCT FROM 'pending'
        OR history[cardinality(history)] IS DISTINCT FROM o.status
        OR EXISTS (SELECT FROM generate_series(2, cardinality(history)) at
                   WHERE history[at - 1] || ' ' || history[at] <> ALL(%(changes)s))""",
    ),
    "A checkout and its order end alike.": (
        LOOKED_AT,
        f"""
        SELECT o.id AS order_id, o.status, job.id AS job_id, job.state
        FROM ({ORDERS}) o JOIN jobs_job job ON job.id = o.job_id
        WHERE job.state = 'succeeded' AND (
            o.status = 'failed' AND job.result ->> 'payment_id' IS NOT NULL
            OR (job.result ->> 'order_id')::bigint IS DISTINCT FROM o.id)
        OR job.state IN ('failed', 'cancelled') AND o.status <> job.state
        UNION ALL
        SELECT NULL, NULL, job.id, job.state FROM jobs_job job
        WHERE job.kind = 'checkout' AND job.state = 'succeeded'
        AND job.finished_at > %(since)s AND job.finished_at <= %(until)s
        AND NOT EXISTS (SELECT FROM orders_order o WHERE o.job_id = job.id)""",
    ),
}
