"""Rules of the warehouse (8). Sums are looked at whole, whatever the time."""

# ruff: noqa: S608 (only this package's words)

from tasks.verification.scope import PRODUCTS

ITEMS = f"SELECT count(*) FROM inventory_stock WHERE {PRODUCTS}"
STOCK = f"SELECT product_id, on_hand, reserved FROM inventory_stock WHERE {PRODUCTS}"

RULES = {
    "On hand is what came less what went.": (
        ITEMS,
        f"""
        SELECT product_id, on_hand, moved FROM ({STOCK}) stock
        FULL JOIN (SELECT product_id, sum(on_hand_change) AS moved FROM inventory_movement
                   WHERE {PRODUCTS} GROUP BY product_id) ledger USING (product_id)
        WHERE coalesce(on_hand, 0) <> coalesce(moved, 0)""",
    ),
    "Reserved is what was reserved less what was released or shipped.": (
        ITEMS,
        f"""
        SELECT product_id, reserved, moved FROM ({STOCK}) stock
        FULL JOIN (SELECT product_id, sum(reserved_change) AS moved FROM inventory_movement
                   WHERE {PRODUCTS} GROUP BY product_id) ledger USING (product_id)
        WHERE coalesce(reserved, 0) <> coalesce(moved, 0)""",
    ),
    "Reserved is what is promised to orders.": (
        ITEMS,
        """
        SELECT product_id, reserved, promised FROM inventory_stock
        FULL JOIN (SELECT product_id, sum(quantity) AS promised
                   FROM inventory_reservation GROUP BY product_id) promises USING (product_id)
        WHERE coalesce(reserved, 0) <> coalesce(promised, 0)""",
    ),
    "A kind's room holds what its products do.": (
        "SELECT count(*) FROM inventory_room",
        """
        SELECT room.kind, room.on_hand, coalesce(sum(stock.on_hand), 0) AS stored
        FROM inventory_room room LEFT JOIN catalog_product product USING (kind)
        LEFT JOIN inventory_stock stock ON stock.product_id = product.id
        GROUP BY room.kind, room.on_hand HAVING room.on_hand <> coalesce(sum(stock.on_hand), 0)""",
    ),
    "Each line of the ledger moves what its reason says.": (
        "SELECT count(*) FROM inventory_movement"
        " WHERE created_at > %(since)s AND created_at <= %(until)s",
        """
        SELECT id, why, on_hand_change, reserved_change, order_id FROM inventory_movement
        WHERE created_at > %(since)s AND created_at <= %(until)s AND (NOT CASE why
            WHEN 'receipt' THEN on_hand_change > 0 AND reserved_change = 0
            WHEN 'withdrawal' THEN on_hand_change < 0 AND reserved_change = 0
            WHEN 'reservation' THEN on_hand_change = 0 AND reserved_change > 0
            WHEN 'release' THEN on_hand_change = 0 AND reserved_change < 0
            WHEN 'shipment' THEN on_hand_change < 0 AND reserved_change = on_hand_change
            WHEN 'return' THEN on_hand_change > 0 AND reserved_change = 0 END
            OR (order_id IS NULL) <> (why IN ('receipt', 'withdrawal')))""",
    ),
}
