"""Rules of payments (6): the shop's books, and the sandbox's."""

# ruff: noqa: S608 (only this package's words)

from tasks.verification.scope import ACTIVE, LATE, ORDERS, UNSETTLED, number_of

PAYMENTS = f"SELECT * FROM payments_payment WHERE order_id IN (SELECT id FROM ({ORDERS}) o)"
# The keys of charges, and of refunds, in either book. Other providers' books are elsewhere.
CHARGES = f"""
    SELECT key FROM ({PAYMENTS}) payment WHERE provider = 'sandbox'
    UNION SELECT key FROM sandbox_entry
    WHERE created_at > %(since)s AND created_at <= %(until)s"""
REFUNDS = f"""
    SELECT refund.key FROM payments_refund refund JOIN ({PAYMENTS}) payment
        ON payment.id = refund.payment_id AND payment.provider = 'sandbox'
    UNION SELECT key FROM sandbox_refund
    WHERE created_at > %(since)s AND created_at <= %(until)s"""

RULES = {
    "A paid order has one payment of its total that holds.": (
        number_of(f"SELECT id FROM ({ORDERS}) o WHERE status NOT IN ('pending', 'failed')"),
        f"""
        SELECT o.id, o.status, o.total, o.currency,
            array_agg(payment.status || ' ' || payment.amount) AS payments
        FROM ({ORDERS}) o LEFT JOIN payments_payment payment ON payment.order_id = o.id
            AND payment.status IN ('captured', 'refunded')
            AND payment.amount = o.total AND payment.currency = o.currency
            AND NOT EXISTS (
                SELECT FROM payments_refund late WHERE late.key = payment.key || ':late')
        WHERE o.id NOT IN ({UNSETTLED})
        AND o.status IN ('paid', 'processing', 'shipped', 'delivered')
        GROUP BY o.id, o.status, o.total, o.currency
        HAVING count(*) FILTER (WHERE payment.status = 'captured') <> 1
        AND count(*) FILTER (WHERE payment.status = 'refunded') = 0""",
    ),
    "An order that came to nothing keeps no money.": (
        number_of(
            f"SELECT id FROM ({ORDERS}) o"
            " WHERE status IN ('pending', 'failed', 'cancelled', 'returned')"
        ),
        f"""
        SELECT o.id, o.status, payment.id AS payment_id, payment.amount, payment.refunded
        FROM ({ORDERS}) o JOIN payments_payment payment ON payment.order_id = o.id
        WHERE o.status IN ('pending', 'failed', 'cancelled', 'returned')
        AND payment.status = 'captured'
        AND split_part(payment.key, ':', 1) NOT IN ({ACTIVE})
        AND o.id NOT IN ({UNSETTLED})
        AND payment.amount - payment.refunded > (
            SELECT coalesce(sum(refund.amount), 0) FROM payments_refund refund
            WHERE refund.payment_id = payment.id AND refund.done_at IS NULL
            AND split_part(refund.key, ':', 1) IN ({ACTIVE}))""",
    ),
    "The shop and the provider agree on each charge.": (
        number_of(CHARGES),
        f"""
        SELECT key, payment.status AS shop, entry.status AS provider,
            payment.amount, entry.amount AS charged
        FROM ({CHARGES}) charge LEFT JOIN payments_payment payment USING (key)
        LEFT JOIN sandbox_entry entry USING (key)
        WHERE (
            CASE payment.status WHEN 'refunded' THEN 'captured' ELSE payment.status END
                IS DISTINCT FROM entry.status
            OR entry.status = 'captured'
                AND (payment.amount, payment.currency) <> (entry.amount, entry.currency))
        AND split_part(key, ':', 1) NOT IN ({ACTIVE}) AND key NOT IN ({LATE})""",
    ),
    "What was refunded of a payment, and is promised to be, is the sum of its refunds.": (
        number_of(PAYMENTS),
        f"""
        SELECT payment.id, payment.status, payment.amount, payment.refunded, payment.refunding
        FROM ({PAYMENTS}) payment
        LEFT JOIN payments_refund refund ON refund.payment_id = payment.id
        GROUP BY payment.id, payment.status, payment.amount, payment.refunded, payment.refunding
        HAVING payment.refunding <> coalesce(sum(refund.amount), 0)
        OR payment.refunded
            <> coalesce(sum(refund.amount) FILTER (WHERE refund.done_at IS NOT NULL), 0)
        OR payment.status IN ('captured', 'refunded')
            AND (payment.status = 'refunded') <> (payment.refunded = payment.amount)""",
    ),
    "A promised refund is given back, or a job is at it.": (
        number_of(
            f"SELECT id FROM payments_refund WHERE payment_id IN (SELECT id FROM ({PAYMENTS}) p)"
        ),
        f"""
        SELECT refund.key, refund.amount, refund.created_at
        FROM payments_refund refund JOIN ({PAYMENTS}) payment ON payment.id = refund.payment_id
        WHERE refund.done_at IS NULL AND split_part(refund.key, ':', 1) NOT IN ({ACTIVE})""",
    ),
    "The shop and the provider agree on each refund.": (
        number_of(REFUNDS),
        f"""
        SELECT key, refund.amount AS shop, refund.done_at, given.amount AS provider
        FROM ({REFUNDS}) wanted LEFT JOIN payments_refund refund USING (key)
        LEFT JOIN sandbox_refund given USING (key)
        WHERE (CASE WHEN refund.done_at IS NOT NULL THEN refund.amount END)
            IS DISTINCT FROM given.amount
        AND split_part(key, ':', 1) NOT IN ({ACTIVE})
        AND regexp_replace(key, ':late$', '') NOT IN ({LATE})""",
    ),
    "What the provider gave back of a charge is the sum of its refunds.": (
        "SELECT count(*) FROM sandbox_entry"
        " WHERE created_at > %(since)s AND created_at <= %(until)s",
        """
        SELECT entry.key, entry.refunded, sum(given.amount) AS given
        FROM sandbox_entry entry LEFT JOIN sandbox_refund given ON given.entry_id = entry.id
        WHERE entry.created_at > %(since)s AND entry.created_at <= %(until)s
        GROUP BY entry.key, entry.refunded
        HAVING entry.refunded <> coalesce(sum(given.amount), 0)""",
    ),
}
