"""What must add up when all is over: orders, money, copies, carts, mail, accounts."""

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal

from tasks.verification.rules import RULES as SHOP_RULES
from tests.chaos.evidence import Evidence, Row
from tests.journeys.books import RULES

OPEN = ("pending", "paid", "processing")
PAID = ("paid", "processing", "shipped", "delivered")
Checked = tuple[int, list[str]]


def succeeded_checkouts(seen: Evidence) -> Checked:
    wrong, found = [], seen.ended("checkout")
    for one, job in found:
        order = seen.orders.get(job["result"]["order_id"])
        if order is None or order["job_id"] != one.job_id:
            wrong.append(f"{one.job_id}: no order of this checkout")
            continue
        lines = {line["product_id"]: line["quantity"] for line in order["lines"]}
        if lines != one.facts["lines"]:
            wrong.append(f"order {order['id']}: {lines}, not {one.facts['lines']}")
        charges = [c for c in seen.charges[one.job_id] if c["status"] == "captured"]
        if one.facts["token"] is None:
            if seen.charges[one.job_id]:
                wrong.append(f"order {order['id']}: charged by a checkout without a payment")
            continue
        if [c["amount"] for c in charges] != [Decimal(order["total"])]:
            wrong.append(f"order {order['id']}: charged {charges}, not once {order['total']}")
        if "paid" not in [event["status"] for event in order["history"]]:
            wrong.append(f"order {order['id']}: charged and never paid, but {order['status']}")
    return len(found), wrong


def failed_checkouts(seen: Evidence) -> Checked:
    promised = {row["order_id"] for row in _reservations(seen)}
    wrong = []
    found = seen.ended("checkout", state="failed") + seen.ended("checkout", state="cancelled")
    for one, job in found:
        held = [
            charge
            for charge in seen.charges[one.job_id]
            if charge["status"] not in ("voided", "declined")
            and not (charge["status"] == "captured" and charge["refunded"] == charge["amount"])
        ]
        if held:
            wrong.append(f"{one.job_id} is {job['state']} and charged {held}")
        order = seen.order_of_job.get(one.job_id)
        if order and order["status"] != job["state"]:
            wrong.append(
                f"{one.job_id} is {job['state']} and order {order['id']} {order['status']}"
            )
        if order and order["id"] in promised:
            wrong.append(f"order {order['id']} is {order['status']} and has copies promised")
    return len(found), wrong


def carts(seen: Evidence) -> Checked:
    expected: dict[int, dict[int, int]] = {}
    gone = {job["result"]["user_id"] for _, job in seen.ended("account_deletion")}
    for one in sorted(seen.load.accepted, key=lambda one: one.at):
        job = seen.jobs[one.job_id]
        user_id = one.facts.get("user_id")
        if one.kind == "checkout" and job and user_id not in seen.load.doubtful | gone:
            is_bought = job["state"] == "succeeded"
            expected[one.facts["user_id"]] = {} if is_bought else one.facts["lines"]
    found = seen.stack.books.carts(expected)
    return len(expected), [
        f"cart of {user_id}: {found[user_id]}, not {lines}"
        for user_id, lines in expected.items()
        if found[user_id] != lines
    ]


def money(seen: Evidence) -> Checked:
    """Compare what the provider holds with what the jobs say that clients saw succeed."""
    order_of = {payment["id"]: payment["order_id"] for payment in seen.payments}
    back: dict[int, Decimal] = defaultdict(Decimal)
    for _, job in seen.ended("refund"):
        back[order_of[job["result"]["payment_id"]]] += Decimal(job["result"]["amount"])
    wrong = []
    for order in seen.orders.values():
        due = Decimal(order["total"]) - back[order["id"]] if order["status"] in PAID else Decimal(0)
        if (held := seen.net(order["id"])) != due:
            wrong.append(f"order {order['id']}, {order['status']}: {held} held, not {due}")
    return len(seen.orders), wrong


def on_hand(seen: Evidence) -> Checked:
    wanted = Counter(seen.load.stock_before)
    for one, _ in seen.ended("goods_receipt"):
        wanted[one.facts["product_id"]] += one.facts["quantity"]
    for one, _ in seen.ended("goods_withdrawal"):
        wanted[one.facts["product_id"]] -= one.facts["quantity"]
    # Two who press at once both succeed, and the order moves once.
    moved = {(one.facts["order_id"], one.facts["status"]) for one, _ in seen.ended("order_update")}
    for order_id, status in moved:
        sign = {"shipped": -1, "returned": 1}.get(status, 0)
        for line in seen.orders[order_id]["lines"]:
            wanted[line["product_id"]] += sign * line["quantity"]
    ledger = Counter(
        {row["product_id"]: int(row["moved"]) for row in seen.stack.books.rows(LEDGER)}
    )
    wrong = [
        f"product {product_id}: {item['on_hand']} on hand, {ledger[product_id]} by the ledger,"
        f" {wanted[product_id]} by what was asked for"
        for product_id, item in seen.items.items()
        if not item["on_hand"] == ledger[product_id] == wanted[product_id]
    ]
    return len(seen.items), wrong


LEDGER = "SELECT product_id, sum(on_hand_change) AS moved FROM inventory_movement GROUP BY 1"


def reserved(seen: Evidence) -> Checked:
    wanted: Counter[int] = Counter()
    for order in seen.orders.values():
        for line in order["lines"] if order["status"] in OPEN else []:
            wanted[line["product_id"]] += line["quantity"]
    wrong = [
        f"product {product_id}: {item['reserved']} reserved, {wanted[product_id]} ordered"
        for product_id, item in seen.items.items()
        if item["reserved"] != wanted[product_id]
    ]
    return len(seen.items), wrong


def _reservations(seen: Evidence) -> list[Row]:
    return seen.stack.books.rows("SELECT DISTINCT order_id FROM inventory_reservation")


def mail(seen: Evidence) -> Checked:
    """Compare notifications with letters: each one has a Message-ID of its own, and all came."""
    came = seen.stack.mailbox.message_ids()
    wrong = []
    for note in seen.notifications:
        if note["state"] != "succeeded" or note["mail"] != "sent":
            wrong.append(f"notification {note['id']}: its job is {note['state']}, {note['mail']}")
        elif not came[_message_id(note["job_id"])]:
            wrong.append(f"notification {note['id']}: no letter came")
    jobs = {row["id"]: row for row in seen.rows}
    for message_id in came:
        job = jobs.get(message_id.strip("<>").partition(".")[0])
        if job is None or job["kind"] not in MAILING or job["state"] != "succeeded":
            wrong.append(f"the letter {message_id} is of no job that mails: {job and job['kind']}")
    return len(seen.notifications) + len(came), wrong


MAILING = ("notification", "email_verification", "verification", "daily_report", "low_stock")


def _message_id(job_id: str) -> str:
    return f"<{job_id}.send_mail@bookshop>"


def told_once(seen: Evidence) -> Checked:
    """Compare what customers were told of each order with the steps that tell."""
    order_of = {payment["id"]: payment["order_id"] for payment in seen.payments}
    wanted: Counter[int] = Counter()
    for row in seen.rows:
        tells = any(s["name"] == "notify" and s["state"] == "done" for s in row["steps"])
        if tells and row["kind"] in ("checkout", "payment"):
            wanted[row["result"]["order_id"]] += 1
        elif tells and row["kind"] == "order_update":
            wanted[row["result"]["id"]] += 1
        elif tells and row["kind"] == "refund":
            wanted[order_of[row["result"]["payment_id"]]] += 1
    late = "SELECT order_id FROM payments_refund refund JOIN payments_payment payment"
    for row in seen.stack.books.rows(
        f"{late} ON payment.id = payment_id WHERE refund.key LIKE '%%:late'"
    ):
        wanted[row["order_id"]] += 1
    told = Counter(note["order_id"] for note in seen.notifications if note["order_id"])
    # What is told to a customer goes with the account.
    gone = {job["result"]["user_id"] for _, job in seen.ended("account_deletion")}
    erased = {order["id"] for order in seen.orders.values() if order["user_id"] in gone}
    wrong = [
        f"order {order_id}: told {told[order_id]} times, not {wanted[order_id]}"
        for order_id in (wanted | told).keys() - erased
        if told[order_id] != wanted[order_id]
    ]
    return len(wanted), wrong


def registrations(seen: Evidence) -> Checked:
    wrong = []
    rows = {row["job_id"]: row for row in seen.stack.books.rows(REGISTERED)}
    found = [row for row in seen.rows if row["kind"] == "registration"]
    for job in found:
        made = rows.get(job["id"], {}).get("made", [])
        whole = ["account", "address", "cart", "customer", "fullname"]
        # A deleted account keeps its rows without what is personal, but for the cart.
        wanted = [whole, whole[:2] + whole[3:]] if job["state"] == "succeeded" else [[]]
        if made not in wanted:
            wrong.append(f"registration {job['id']} is {job['state']}, and there is: {made}")
    return len(found), wrong


REGISTERED = """
    SELECT job_id::text, array_agg(what ORDER BY what) AS made FROM (
        SELECT job_id, 'account' AS what FROM customers_account
        UNION ALL SELECT job_id, 'fullname' FROM customers_fullname
        UNION ALL SELECT job_id, 'address' FROM customers_address
        UNION ALL SELECT job_id, 'customer' FROM customers_customer
        UNION ALL SELECT job_id, 'cart' FROM carts_cart) made
    WHERE job_id IS NOT NULL GROUP BY job_id"""


def own_rules(seen: Evidence) -> Checked:
    return len(SHOP_RULES) + len(RULES), seen.stack.books.differences()


INVARIANTS: dict[str, Callable[[Evidence], Checked]] = {
    "A checkout that succeeded has its order, charged once.": succeeded_checkouts,
    "A checkout that did not keeps no money and no copies.": failed_checkouts,
    "A cart is empty once bought, and else as it was.": carts,
    "The provider holds what orders cost, less what was given back.": money,
    "On hand is what came and went, by ledger and by requests.": on_hand,
    "Reserved is what open orders wait for.": reserved,
    "What customers are told is mailed, and nothing else.": mail,
    "They are told once of each thing.": told_once,
    "A registration leaves all of a customer, or nothing.": registrations,
    "The shop's own rules hold.": own_rules,
}
