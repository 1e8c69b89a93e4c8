"""The statements that make rows: for a batch each, in the form in which the shop writes them.

Chance is a hash of the seed and of a row's number: the same again for the same seed, in any order.
"""

# ruff: noqa: S608 (only this package's words)

from shop.notifications import texts
from tasks.workflows import CAPACITY_CHECK, CHECKOUT, NOTIFICATION

# Nobody's: `.invalid` can never be anybody's domain. Source: RFC 2606.
DOMAIN = "generated.invalid"
# No hash of a password begins like this, so none opens these accounts.
NO_PASSWORD = "!"  # noqa: S105
# Stands for a number in a text that the shop itself makes.
_NUMBER = 9_876_543_210
STEP_TIME = """'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'"""


def chance(what: str, salt: int) -> str:
    """Return SQL for a number from 0 up to 1, by chance but always the same for `what`."""
    return (
        f"((hashint8extended({what}, %(seed)s::bigint * 1000 + {salt}) & 9007199254740991)"
        " / 9007199254740992.0::float8)"
    )


def one_of(array: str, what: str, salt: int) -> str:
    """Return SQL for one element of an array, by chance."""
    return f"({array})[1 + floor(cardinality({array}) * {chance(what, salt)})::int]"


def uuid7(at: str, what: str, salt: str) -> str:
    """Return SQL for an id of that time, as a job has it. Source: RFC 9562, 5.7."""
    mixed = f"md5(%(seed)s || '{salt}' || {what})"
    return (
        f"(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0') || '7'"
        f" || substr({mixed}, 1, 3) || '8' || substr({mixed}, 4, 15))::uuid"
    )


def fresh(table: str) -> str:
    """Return SQL for the next id of a table."""
    return f"nextval(pg_get_serial_sequence('{table}', 'id'))"


def told(status: str) -> tuple[str, str]:
    """Return SQL for what a customer is told of an order: subject and body."""
    text = texts.of_order(
        order_id=_NUMBER, status=status, total="{total}", given_back=None, reason=None
    )
    subject, body = (part.replace("'", "''") for part in text)
    number = f"'{_NUMBER}', id::text"
    return (
        f"replace('{subject}', {number})",
        f"replace(replace('{body}', {number}), '{{total}}', trunc(total)::text || ' VND')",
    )


CUSTOMERS = f"""
WITH person AS MATERIALIZED (
    SELECT {fresh("customers_account")} AS account_id, {fresh("customers_fullname")} AS fullname_id,
        {fresh("customers_address")} AS address_id, {fresh("customers_customer")} AS customer_id,
        now() - interval '2 years' * {chance("n", 1)} AS at, n
    FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(number)s - 1) AS n
), numbered AS MATERIALIZED (
    SELECT *, {uuid7("at", "account_id", "registration")} AS job_id FROM person
), account AS (
    INSERT INTO customers_account (id, username, email, password, is_active, is_staff,
        is_superuser, created_at, job_id)
    OVERRIDING SYSTEM VALUE
    SELECT account_id, 'reader-' || account_id, 'reader-' || account_id || '@{DOMAIN}',
        '{NO_PASSWORD}', true, false, false, at, job_id FROM numbered
), fullname AS (
    INSERT INTO customers_fullname (id, first_name, last_name, job_id) OVERRIDING SYSTEM VALUE
    SELECT fullname_id, {one_of("%(words)s::text[]", "n", 2)},
        {one_of("%(words)s::text[]", "n", 3)}, job_id FROM numbered
), address AS (
    INSERT INTO customers_address (id, address, city, country, job_id) OVERRIDING SYSTEM VALUE
    SELECT address_id, 1 + floor(200 * {chance("n", 4)}) || ' '
            || {one_of("%(words)s::text[]", "n", 5)},
        {one_of("%(words)s::text[]", "n %% 97", 6)}, 'Việt Nam', job_id FROM numbered
), customer AS (
    INSERT INTO customers_customer (id, account_id, fullname_id, address_id, created_at, job_id)
    OVERRIDING SYSTEM VALUE
    SELECT customer_id, account_id, fullname_id, address_id, at, job_id FROM numbered
)
INSERT INTO carts_cart (customer_id, created_at, job_id) SELECT customer_id, at, job_id
FROM numbered"""

# Who buys and what is sold, by number: for as long as the connection lasts.
PEOPLE = f"""
CREATE TEMPORARY TABLE people AS
SELECT row_number() OVER (ORDER BY c.id) AS n, c.id AS customer_id, a.id AS account_id,
    first_name, last_name, address, city, country
FROM customers_customer c JOIN customers_account a ON a.id = c.account_id
JOIN customers_fullname f ON f.id = c.fullname_id JOIN customers_address p ON p.id = c.address_id
WHERE a.email LIKE '%@{DOMAIN}' AND a.is_active"""
GOODS = """
CREATE TEMPORARY TABLE goods AS
SELECT row_number() OVER (ORDER BY product.id) AS n, product.id AS product_id, title, price
FROM catalog_product product JOIN inventory_stock stock ON stock.product_id = product.id
WHERE kind = 'book' AND deleted_at IS NULL AND currency = 'VND'"""
NUMBERED = ("CREATE UNIQUE INDEX ON {0} (n)", "ANALYZE {0}")

# A status lasts at most so long, so that each order has the one that fits its age.
_STATUS = f"""CASE
    WHEN {chance("i", 11)} < 0.02 THEN 'cancelled' WHEN {chance("i", 11)} < 0.03 THEN 'failed'
    WHEN age < interval '2 hours' THEN 'paid' WHEN age < interval '4 hours' THEN 'processing'
    WHEN age < interval '12 hours' THEN 'shipped'
    WHEN {chance("i", 11)} < 0.05 THEN 'returned' ELSE 'delivered' END"""
# From `pending` on: each status, and how long after the checkout it came.
_PATH = """(VALUES
    ('pending', 0.0, '{paid,processing,shipped,delivered,returned,cancelled,failed}'),
    ('paid', 0.001, '{paid,processing,shipped,delivered,returned}'),
    ('processing', 1.0, '{processing,shipped,delivered,returned}'),
    ('shipped', 3.0, '{shipped,delivered,returned}'), ('delivered', 10.0, '{delivered,returned}'),
    ('returned', 11.0, '{returned}'), ('cancelled', 0.5, '{cancelled}'),
    ('failed', 0.001, '{failed}')) AS path (stage, hours, reached_by)"""
# The job that gave an order a status: its checkout, or an update of its own, deleted since.
_MOVED_BY = f"""CASE WHEN stage IN ('pending', 'paid', 'failed') THEN job_id
    ELSE {uuid7("at + hours * interval '1 hour'", "id || stage", "order_update")} END"""

ORDERS = [
    f"""
    CREATE TEMPORARY TABLE draft ON COMMIT DROP AS
    SELECT drawn.*, {_STATUS} AS status, {uuid7("at", "id", "checkout")} AS job_id,
        {uuid7("at", "id", "notification")} AS notification_job_id,
        1 + floor(4 * {chance("i", 12)} * {chance("i", 13)})::int AS lines,
        1 + floor(%(people)s * {chance("i", 14)})::bigint AS person,
        {fresh("payments_payment")} AS payment_id, {fresh("sandbox_entry")} AS entry_id,
        {fresh("payments_refund")} AS refund_id,
        {fresh("notifications_notification")} AS notification_id
    FROM (SELECT id, i, at, %(now)s::timestamptz - at AS age FROM (
        SELECT {fresh("orders_order")} AS id, %(first)s + n AS i, %(begin)s::timestamptz
            + (%(end)s::timestamptz - %(begin)s::timestamptz)
            * ((%(before)s + n)::float8 / %(all)s) AS at
        FROM generate_series(1, %(number)s) AS n) numbered) drawn""",
    f"""
    CREATE TEMPORARY TABLE draft_line ON COMMIT DROP AS
    SELECT DISTINCT ON (id, product_id) id, product_id, title, price,
        1 + floor(3 * {chance("i * 8 + k", 15)} * {chance("i * 8 + k", 16)})::int AS quantity
    FROM (SELECT id, i, k, 1 + floor(%(goods)s * power({chance("i * 8 + k", 17)}, 2))::bigint AS n
          FROM draft CROSS JOIN LATERAL generate_series(1, lines) AS k) wanted
    JOIN goods USING (n) ORDER BY id, product_id, k""",
    "ALTER TABLE draft ADD COLUMN total numeric",
    """UPDATE draft SET total = sums.total FROM (
        SELECT id, sum(quantity * price) AS total FROM draft_line GROUP BY id) sums
    WHERE sums.id = draft.id""",
    "ANALYZE draft",
    "ANALYZE draft_line",
    """
    INSERT INTO orders_order (id, customer_id, status, total, currency, first_name, last_name,
        address, city, country, job_id, created_at) OVERRIDING SYSTEM VALUE
    SELECT id, customer_id, status, total, 'VND', first_name, last_name, address, city, country,
        job_id, at FROM draft JOIN people ON n = person ORDER BY id""",
    """
    INSERT INTO orders_orderline (order_id, product_id, title, quantity, unit_price, currency)
    SELECT id, product_id, title, quantity, price, 'VND' FROM draft_line
    ORDER BY id, product_id""",
    f"""
    INSERT INTO orders_orderevent (order_id, status, at, job_id)
    SELECT id, stage, at + hours * interval '1 hour', {_MOVED_BY} FROM draft
    JOIN {_PATH} ON status = ANY(reached_by::text[]) ORDER BY id, hours""",
    # The room first, then stock in the order of its key, as everywhere in the shop.
    "SELECT FROM inventory_room WHERE kind = 'book' FOR UPDATE",
    """SELECT FROM inventory_stock WHERE product_id IN (SELECT product_id FROM draft_line)
    ORDER BY product_id FOR UPDATE""",
    # What is short comes in beforehand, so that there is never less than nothing.
    """
    CREATE TEMPORARY TABLE receipt ON COMMIT DROP AS
    SELECT product_id, wanted + 100 AS quantity FROM inventory_stock
    JOIN (SELECT product_id, sum(quantity)::int AS wanted FROM draft_line GROUP BY product_id) line
        USING (product_id)
    WHERE on_hand - reserved < wanted + 5""",
    """
    INSERT INTO inventory_movement (product_id, why, on_hand_change, reserved_change, created_at)
    SELECT product_id, 'receipt', quantity, 0, %(begin)s FROM receipt ORDER BY product_id""",
    f"""
    INSERT INTO inventory_movement (product_id, why, on_hand_change, reserved_change, order_id,
        job_id, created_at)
    SELECT product_id, why, on_hand * quantity, reserved * quantity, id, {_MOVED_BY},
        at + hours * interval '1 hour'
    FROM draft JOIN draft_line USING (id) JOIN {_PATH} ON status = ANY(reached_by::text[])
    JOIN (VALUES ('pending', 'reservation', 0, 1), ('shipped', 'shipment', -1, -1),
            ('returned', 'return', 1, 0), ('cancelled', 'release', 0, -1),
            ('failed', 'release', 0, -1)) AS moves (stage, why, on_hand, reserved) USING (stage)
    ORDER BY at + hours * interval '1 hour', id, product_id""",
    """
    INSERT INTO inventory_reservation (order_id, product_id, quantity)
    SELECT id, product_id, quantity FROM draft JOIN draft_line USING (id)
    WHERE status IN ('paid', 'processing') ORDER BY id, product_id""",
    """
    UPDATE inventory_stock stock SET on_hand = stock.on_hand + change.on_hand,
        reserved = stock.reserved + change.reserved
    FROM (SELECT product_id, sum(on_hand)::int AS on_hand, sum(reserved)::int AS reserved FROM (
        SELECT product_id, quantity AS on_hand, 0 AS reserved FROM receipt
        UNION ALL SELECT product_id,
            CASE WHEN status IN ('shipped', 'delivered') THEN -quantity ELSE 0 END,
            CASE WHEN status IN ('paid', 'processing') THEN quantity ELSE 0 END
        FROM draft JOIN draft_line USING (id)) each GROUP BY product_id) change
    WHERE change.product_id = stock.product_id""",
    """
    UPDATE inventory_room SET on_hand = on_hand
        + (SELECT coalesce(sum(quantity), 0) FROM receipt)
        - (SELECT coalesce(sum(quantity), 0) FROM draft JOIN draft_line USING (id)
           WHERE status IN ('shipped', 'delivered'))
    WHERE kind = 'book'""",
    """
    INSERT INTO sandbox_entry (id, key, status, amount, refunded, currency, faults, outcome,
        is_late, created_at) OVERRIDING SYSTEM VALUE
    SELECT entry_id, job_id || ':take_payment',
        CASE status WHEN 'failed' THEN 'declined' ELSE 'captured' END, total,
        CASE status WHEN 'returned' THEN total ELSE 0 END, 'VND', 0, '', false, at
    FROM draft WHERE status <> 'cancelled' ORDER BY id""",
    """
    INSERT INTO payments_payment (id, order_id, key, provider, method, status, amount, refunded,
        refunding, currency, created_at) OVERRIDING SYSTEM VALUE
    SELECT payment_id, id, job_id || ':take_payment', 'sandbox', 'card',
        CASE status WHEN 'failed' THEN 'declined' WHEN 'returned' THEN 'refunded'
            ELSE 'captured' END, total, back, back, 'VND', at
    FROM (SELECT *, CASE status WHEN 'returned' THEN total ELSE 0 END AS back FROM draft) d
    WHERE status <> 'cancelled' ORDER BY id""",
    f"""
    WITH back AS MATERIALIZED (
        SELECT refund_id, payment_id, entry_id, total, at + interval '11 hours' AS refunded_at,
            {_MOVED_BY} || ':refund_payment' AS key
        FROM draft JOIN {_PATH} ON stage = 'returned' WHERE status = 'returned'
    ), given AS (
        INSERT INTO sandbox_refund (key, entry_id, amount, created_at)
        SELECT key, entry_id, total, refunded_at FROM back)
    INSERT INTO payments_refund (id, payment_id, key, amount, created_at, done_at)
    OVERRIDING SYSTEM VALUE
    SELECT refund_id, payment_id, key, total, refunded_at, refunded_at FROM back""",
    f"""
    INSERT INTO notifications_notification (id, customer_id, order_id, subject, body, job_id,
        created_at) OVERRIDING SYSTEM VALUE
    SELECT notification_id, customer_id, id,
        CASE status WHEN 'cancelled' THEN {told("pending")[0]} ELSE {told("paid")[0]} END,
        CASE status WHEN 'cancelled' THEN {told("pending")[1]} ELSE {told("paid")[1]} END,
        notification_job_id, at
    FROM draft JOIN people ON n = person WHERE status <> 'failed' ORDER BY id""",
]

_JOB = """
    INSERT INTO jobs_job (id, kind, version, state, cursor, seq, attempt, publications, claims,
        claimed_by, signals, cancel_requested, input, data, steps, result, error, owner_id,
        beneficiary_id, personal, request_id, scope, created_at, started_at, finished_at)
    SELECT {id}, '{kind}', {version}, {state}, {cursor}, {seq}, 0, 0, 0, '', 0, false, '{{}}',
        '{{}}', replace({steps}, '@', to_char(at AT TIME ZONE 'UTC', {time}))::jsonb, {result},
        {error}, {account}, {account}, false, '', '', at, at, at + interval '0.1 s' FROM {rows}"""


def _steps(names: list[str], states: list[str]) -> str:
    """Return SQL for the steps of a job that ended, with `@` where a time stands."""
    found = []
    for name, state in zip(names, states, strict=True):
        tried = state != "skipped"
        at, error = ('"@"' if tried else "null"), "null"
        if state == "failed":
            error = '{"code": "payment_declined", "detail": "The payment was declined."}'
        found.append(
            f'{{"name": "{name}", "state": "{state}", "attempts": {int(tried)},'
            f' "started_at": {at}, "finished_at": {at}, "error": {error}}}'
        )
    return "'[" + ", ".join(found) + "]'"


_BOUGHT = [step.name for step in CHECKOUT.steps]
CHECKOUTS = _JOB.format(
    id="job_id",
    kind=CHECKOUT.kind,
    version=CHECKOUT.version,
    state="CASE status WHEN 'failed' THEN 'failed' ELSE 'succeeded' END",
    cursor=f"CASE status WHEN 'failed' THEN -1 ELSE {len(_BOUGHT)} END",
    seq=2,
    steps=f"""CASE status
        WHEN 'failed' THEN {_steps(_BOUGHT, ["undone", "undone", "failed", "skipped", "skipped"])}
        WHEN 'cancelled' THEN {_steps(_BOUGHT, ["done", "done", "skipped", "skipped", "done"])}
        ELSE {_steps(_BOUGHT, ["done"] * len(_BOUGHT))} END""",
    result="""CASE WHEN status <> 'failed' THEN jsonb_build_object('order_id', id,
        'payment_id', CASE WHEN status <> 'cancelled' THEN payment_id END) END""",
    error="""CASE status WHEN 'failed' THEN '{"code": "payment_declined",
        "detail": "The payment was declined."}'::jsonb END""",
    account="account_id",
    time=STEP_TIME,
    rows="draft JOIN people ON n = person ORDER BY id",
)
NOTIFICATIONS = _JOB.format(
    id="notification_job_id",
    kind=NOTIFICATION.kind,
    version=NOTIFICATION.version,
    state="'succeeded'",
    cursor=len(NOTIFICATION.steps),
    seq=1,
    steps=_steps([step.name for step in NOTIFICATION.steps], ["skipped", "done"]),
    result="jsonb_build_object('notification_id', notification_id, 'mail', 'sent')",
    error="null",
    account="account_id",
    time=STEP_TIME,
    rows="draft JOIN people ON n = person WHERE status <> 'failed' ORDER BY id",
)
# Such as leave nothing behind, where there are to be more jobs than orders need.
CHECKS = _JOB.format(
    id=uuid7("at", "n", "capacity_check"),
    kind=CAPACITY_CHECK.kind,
    version=CAPACITY_CHECK.version,
    state="'succeeded'",
    cursor=len(CAPACITY_CHECK.steps),
    seq=1,
    steps=_steps([step.name for step in CAPACITY_CHECK.steps], ["done"]),
    result="""'{"fits": true, "remaining": 1000}'::jsonb""",
    error="null",
    account="null::bigint",
    time=STEP_TIME,
    rows="""(SELECT n, %(begin)s::timestamptz + (%(end)s::timestamptz - %(begin)s::timestamptz)
            * ((n - %(first)s)::float8 / %(left)s) AS at
        FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(number)s - 1) AS n) drawn""",
)
