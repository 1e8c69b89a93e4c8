"""Parts of the rules' statements: what they look at, and which jobs are under way.

What changed after `%(since)s`, or `-infinity`, and until `%(until)s`, or `infinity`, is looked at.
Orders and products have such bounds too, so that a statement can be applied slice by slice.
"""

PRODUCTS = "product_id > %(after_product)s AND product_id <= %(last_product)s"

# In the words of two small indexes: ended jobs are not looked at, however many there are.
ACTIVE = "SELECT id::text FROM jobs_job WHERE due_at IS NOT NULL OR state = 'stuck'"

# Orders whose history or refunds changed then; all of them, where that is whenever it was. Not by
# an OR, for which PostgreSQL would read them all.
ORDERS = """
    SELECT * FROM orders_order WHERE id IN (
        SELECT order_id FROM orders_orderevent WHERE at > %(since)s AND at <= %(until)s
            AND %(since)s::timestamptz > '-infinity'
        UNION SELECT payment.order_id FROM payments_refund refund
            JOIN payments_payment payment ON payment.id = refund.payment_id
            WHERE coalesce(refund.done_at, refund.created_at) > %(since)s
            AND coalesce(refund.done_at, refund.created_at) <= %(until)s
            AND %(since)s::timestamptz > '-infinity'
        UNION SELECT id FROM orders_order WHERE %(since)s::timestamptz = '-infinity')"""

# Orders for which copies are promised, whenever they changed.
OPEN_ORDERS = """
    SELECT * FROM orders_order WHERE status IN ('pending', 'paid', 'processing')
    AND id > %(after_order)s AND id <= %(last_order)s"""

# Orders whose checkout has not reserved yet, or no longer does: it is under way, or going back.
UNRESERVED = """
    SELECT o.id FROM orders_order o JOIN jobs_job job ON job.id = o.job_id
    WHERE o.status = 'pending' AND (job.due_at IS NOT NULL OR job.state = 'stuck')
    AND NOT jsonb_path_exists(
        job.steps, '$[*] ? (@.name == "reserve_stock" && @.state == "done")')"""

# Orders that a job has moved on without having settled their money yet.
UNSETTLED = """
    SELECT coalesce((input ->> 'order_id')::bigint, 0) FROM jobs_job
    WHERE kind = 'order_update' AND (due_at IS NOT NULL OR state = 'stuck')
    AND jsonb_path_exists(steps, '$[*] ? (@.name == "change_status" && @.state == "done")')
    AND NOT jsonb_path_exists(steps, '$[*] ? (@.name == "settle_money" && @.state == "done")')"""

# Charges of which the provider is telling the shop that the customer has paid too late, or whose
# money a job is giving back.
LATE = """
    SELECT coalesce(input ->> 'charge_key', '') FROM jobs_job
    WHERE kind = 'late_payment' AND (due_at IS NOT NULL OR state = 'stuck')
    UNION ALL SELECT entry.key FROM jobs_job job
    JOIN sandbox_entry entry ON entry.id = (job.input ->> 'entry_id')::bigint
    WHERE job.kind = 'sandbox_webhook' AND (job.due_at IS NOT NULL OR job.state = 'stuck')"""


def number_of(rows: str) -> str:
    """Return the statement that counts rows."""
    return f"SELECT count(*) FROM ({rows}) counted"  # noqa: S608 (only this package's words)
