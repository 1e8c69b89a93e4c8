"""For each workflow, how a job of it begins, and what a customer can see of the shop."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from shop.carts import services as carts
from shop.catalog import services as catalog
from shop.customers import closing, mailed_tokens
from shop.customers import selectors as customer_reads
from shop.customers import services as customers
from shop.inventory import selectors as inventory_reads
from shop.inventory import services as inventory
from shop.notifications import services as notifications
from shop.payments import selectors as payment_reads
from shop.payments.sandbox import pages
from tasks.acceptance import orders as acceptance
from tasks.acceptance.asked import Asked
from tasks.engine import jobs, registry, turns
from tasks.engine.models import Job, State
from tasks.workflows import (
    ACCOUNT_DELETION,
    CAPACITY_CHECK,
    CHECKOUT,
    EMAIL_VERIFICATION,
    GOODS_RECEIPT,
    GOODS_WITHDRAWAL,
    INVENTORY_SETUP,
    LATE_PAYMENT,
    NOTIFICATION,
    PASSWORD_RESET,
    PASSWORD_RESET_LETTER,
    REGISTRATION,
    SANDBOX_WEBHOOK,
)
from tests import gateway

_numbers = count(1)
PASSWORD_HASH = "argon2$not-a-real-hash"


def new_book(*, copies: int = 0, price: int = 50_000) -> int:
    """Put a book on sale, with so many copies in stock, and return its id."""
    number = next(_numbers)
    author = catalog.create_author(author_name=f"Author {number}")
    category = catalog.create_category(category_name=f"Category {uuid4()}")
    book = catalog.create_book(
        title=f"Book {number}",
        author_id=author.pk,
        category_id=category.pk,
        published_date=date(2000, 1, 1),
        price=Decimal(price),
    )
    if copies:
        room = _book_room()
        if room["capacity"] - room["on_hand"] < copies:
            inventory.set_up(capacity={"book": room["on_hand"] + 1_000_000})
        inventory.receive(product_id=book.pk, quantity=copies)
    return int(book.pk)


def _book_room() -> dict[str, int]:
    house = inventory_reads.warehouse()
    return {"capacity": house["capacity"]["book"], "on_hand": house["on_hand"]["book"]}


def new_customer() -> int:
    """Make a customer with a cart and return the `user_id`."""
    number, job_id = next(_numbers), uuid4()
    account_id = customers.create_account(
        username=f"customer{number}-{uuid4().hex[:6]}",
        password_hash=PASSWORD_HASH,
        email=f"{uuid4().hex}@example.com",
        job_id=job_id,
    )
    user_id = customers.create_customer(
        account_id=account_id,
        fullname_id=customers.create_full_name(first_name="An", last_name="Nguyễn", job_id=job_id),
        address_id=customers.create_address(
            address="1 Lý Thái Tổ", city="Hà Nội", country="Việt Nam", job_id=job_id
        ),
        job_id=job_id,
    )
    carts.create_cart(user_id=user_id)
    return user_id


def checkout(*, user_id: int, token: str | None = "tok_ok") -> Job:
    """Accept a checkout, as the gateway does."""
    return jobs.start(
        CHECKOUT,
        input={
            "user_id": user_id,
            "lines": carts.take_lines(user_id=user_id),
            "currency": "VND",
            "payment_method": "card" if token else None,
        },
        secrets={"payment_token": token} if token else None,
        beneficiary_id=customer_reads.account_id(user_id=user_id),
    )


def _checkout() -> Callable[..., Job]:
    user_id = new_customer()
    for copies in (1, 2, 3):
        carts.add_item(user_id=user_id, product_id=new_book(copies=9), quantity=copies)
    return lambda token="tok_ok": checkout(user_id=user_id, token=token)


def checkout_of_a_full_cart(*, token: str | None = "tok_ok") -> Job:
    """Accept a checkout of six copies of three books."""
    return _checkout()(token)


def new_order(*, token: str | None = "tok_ok") -> int:
    """Have a customer buy six copies of three books and return the order's id."""
    job = run(checkout_of_a_full_cart(token=token))
    assert job.state == State.SUCCEEDED, job.error
    assert job.result is not None
    return int(job.result["order_id"])


def update(order_id: int, status: str, **more: Any) -> Job:
    """Accept an order's new status, as the gateway does."""
    return acceptance.update(order_id=order_id, status=status, asked=Asked(), **more)


def _cancellation() -> Callable[[], Job]:
    order_id = new_order()
    seen = [payment_reads.version(order_id=order_id)]

    return lambda: update(order_id, "cancelled", if_match=seen)


def _payment() -> Callable[[], Job]:
    order_id = new_order(token=None)
    seen = [payment_reads.version(order_id=order_id)]
    return lambda: acceptance.pay(
        order_id=order_id, method="card", token="tok_ok", asked=Asked(), if_match=seen
    )


def _refund() -> Callable[[], Job]:
    order_id = new_order()
    seen = [payment_reads.version(order_id=order_id)]
    return lambda: acceptance.refund(
        order_id=order_id, amount=Decimal(1_000), asked=Asked(), if_match=seen
    )


def _registration() -> Callable[[], Job]:
    number = next(_numbers)
    given = {
        "username": f"new{number}",
        "email": f"new{number}@example.com",
        "first_name": "Bình",
        "last_name": "Trần",
        "address": "2 Lê Lợi",
        "city": "Huế",
        "country": "Việt Nam",
    }
    return lambda: jobs.start(REGISTRATION, input=given, secrets={"password_hash": PASSWORD_HASH})


def account_deletion(*, user_id: int) -> Job:
    """Accept the deletion of a customer's account, as the gateway does."""
    account_id = customer_reads.account_id(user_id=user_id)
    closing.close_account(account_id=account_id)
    return jobs.start(
        ACCOUNT_DELETION,
        input={"account_id": account_id, "user_id": user_id},
        beneficiary_id=account_id,
    )


def _account_deletion() -> Callable[[], Job]:
    user_id = new_customer()
    carts.add_item(user_id=user_id, product_id=new_book(), quantity=2)
    notifications.record(job_id=uuid4(), user_id=user_id, subject="Hello", body="There.")
    return lambda: account_deletion(user_id=user_id)


def _goods(workflow: Any, quantity: int) -> Callable[[], Job]:
    given = {"product_id": new_book(copies=5), "quantity": quantity}
    return lambda: jobs.start(workflow, input=given)


def _setup() -> Callable[[], Job]:
    given = {
        "address": "3 Trần Phú",
        "status": None,
        "capacity": {"clothes": 7},
        "if_match": [inventory_reads.version()],
    }
    return lambda: jobs.start(INVENTORY_SETUP, input=given)


def _notification() -> Callable[[], Job]:
    given = {
        "user_id": new_customer(),
        "order_id": None,
        "subject": "Hello",
        "body": "There.",
        "is_new": True,
        "notification_id": None,
    }
    return lambda: jobs.start(NOTIFICATION, input=given)


def _email_verification() -> Callable[[], Job]:
    given = {"account_id": customer_reads.account_id(user_id=new_customer())}
    secrets = {"token": mailed_tokens.new()}
    return lambda: jobs.start(EMAIL_VERIFICATION, input=given, secrets=secrets)


def _password_reset(workflow: Any, secrets: Mapping[str, str]) -> Callable[[], Job]:
    given = {"email": customer_reads.customer(user_id=new_customer())["email"]}
    return lambda: jobs.start(workflow, input=given, secrets=secrets)


def redirected() -> Job:
    """Return a checkout of two copies that waits for its customer at the sandbox's page."""
    user_id = new_customer()
    carts.add_item(user_id=user_id, product_id=new_book(copies=5), quantity=2)
    job = checkout(user_id=user_id, token="tok_redirect")
    deliver(job)
    return deliver(job)


def decide(job: Job, outcome: str) -> int:
    """Have the customer of a job decide, and return the id of the charge in the sandbox's books."""
    assert job.action
    page_id = UUID(job.action["url"].rpartition("/")[2])
    return pages.decide(page_id=page_id, outcome=outcome)[0].entry_id


def _sandbox_webhook() -> Callable[[], Job]:
    settings.SHOP_SANDBOX_WEBHOOK_URL = f"{gateway.address()}/api/v1/webhooks/payments/sandbox"
    given = {"entry_id": decide(redirected(), "paid")}
    return lambda: jobs.start(SANDBOX_WEBHOOK, input=given)


def _late_payment() -> Callable[[], Job]:
    waiting = redirected()
    jobs.cancel(job_id=waiting.pk)
    cancelled = run(Job.objects.get(pk=waiting.pk))
    assert cancelled.state == State.CANCELLED
    decide(waiting, "paid")
    given = {"provider": "sandbox", "charge_key": f"{waiting.pk}:take_payment"}
    return lambda: jobs.start(LATE_PAYMENT, input=given)


def scheduled(kind: str, *, since: str | None = None) -> Job:
    """Start a run, as the clock does."""
    given = {"since": since, "until": "2030-01-02T06:00:00Z"}
    return jobs.start(registry.newest(kind), input=given)


def write(statement: str) -> None:
    """Change the shop past its code."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def new_staff() -> str:
    """Make somebody of the staff and return the email."""
    name = f"staff{next(_numbers)}"
    email = f"{name}@example.com"
    customers.ensure_staff(username=name, email=email, password=f"{uuid4()}")
    return email


def _scheduled(kind: str) -> Callable[[], Job]:
    """Have something to do for each kind of run."""
    new_staff()
    new_order(token=None)
    carts.add_item(user_id=new_customer(), product_id=new_book(copies=3), quantity=2)
    write("UPDATE orders_order SET created_at = created_at - interval '1 day'")
    write("UPDATE carts_cartitem SET changed_at = changed_at - interval '25 hours'")
    if kind == "verification":
        write("UPDATE inventory_room SET on_hand = on_hand - 1 WHERE on_hand > 0")
    return lambda: scheduled(kind)


# By kind: makes what the job needs, and returns how to accept the job.
CASES: dict[str, Callable[[], Callable[[], Job]]] = {
    "account_deletion": _account_deletion,
    "capacity_check": lambda: _goods(CAPACITY_CHECK, 1),
    "checkout": _checkout,
    "email_verification": _email_verification,
    "goods_receipt": lambda: _goods(GOODS_RECEIPT, 4),
    "goods_withdrawal": lambda: _goods(GOODS_WITHDRAWAL, 4),
    "inventory_setup": _setup,
    "late_payment": _late_payment,
    "notification": _notification,
    "order_update": _cancellation,
    "password_reset": lambda: _password_reset(PASSWORD_RESET, {}),
    "password_reset_letter": lambda: _password_reset(
        PASSWORD_RESET_LETTER, {"token": mailed_tokens.new()}
    ),
    "payment": _payment,
    "refund": _refund,
    "registration": _registration,
    "sandbox_webhook": _sandbox_webhook,
    **{
        kind: partial(_scheduled, kind)
        for kind in (
            *("abandoned_carts", "clean_up", "daily_report"),
            *("low_stock", "unpaid_orders", "verification"),
        )
    },
}

# What anybody can see of the shop: each table without its keys and times. Orders stay, as `failed`
# or `cancelled`, and so do the ledger's lines, which come in pairs.
VISIBLE = {
    "warehouse": "SELECT address, status FROM inventory_warehouse",
    "room": "SELECT kind, capacity, on_hand FROM inventory_room",
    "stock": "SELECT product_id, on_hand, reserved FROM inventory_stock",
    "ledger": "SELECT product_id, sum(on_hand_change), sum(reserved_change)"
    " FROM inventory_movement GROUP BY 1",
    "reservations": "SELECT product_id, quantity FROM inventory_reservation",
    "carts": "SELECT cart_id, product_id, quantity FROM carts_cartitem",
    "cart owners": "SELECT customer_id FROM carts_cart",
    "accounts": "SELECT username, is_active FROM customers_account",
    "names": "SELECT first_name FROM customers_fullname",
    "addresses": "SELECT address FROM customers_address",
    "mailed tokens": "SELECT account_id, purpose FROM customers_mailedtoken",
    "customers": "SELECT account_id FROM customers_customer",
    "orders": "SELECT customer_id, status, total FROM orders_order"
    " WHERE status NOT IN ('failed', 'cancelled')",
    "payments": "SELECT amount - refunding FROM payments_payment WHERE status = 'captured'",
    "charges": "SELECT amount - refunded FROM sandbox_entry"
    " WHERE status = 'captured' AND amount > refunded",
    "notifications": "SELECT subject, customer_id FROM notifications_notification",
}


def visible() -> dict[str, list[Any]]:
    """Return what can be seen of the shop."""
    seen = {}
    with connection.cursor() as cursor:
        for name, query in VISIBLE.items():
            cursor.execute(query)
            seen[name] = sorted(cursor.fetchall())
    return seen


def totals() -> dict[str, int]:
    """Return how much there is of everything: rows by table, and copies of goods."""
    seen = visible()
    rows = {name: len(found) for name, found in seen.items()}
    return {
        **rows,
        "copies": sum(on_hand for _, on_hand, _ in seen["stock"]),
        "copies reserved": sum(reserved for _, _, reserved in seen["stock"]),
        "capacity": sum(capacity for _, capacity, _ in seen["room"]),
        "room taken": sum(on_hand for _, _, on_hand in seen["room"]),
        "money paid": int(sum(amount for (amount,) in seen["payments"])),
        "money charged": int(sum(amount for (amount,) in seen["charges"])),
    }


def deliver(job: Job) -> Job:
    """Hand the job's present message to a worker, and return the job as it is then."""
    job.refresh_from_db()
    workflow = registry.workflow_of(job)
    if job.state == State.COMPENSATING:
        turns.backward(workflow, job_id=job.pk, seq=job.seq)
    else:
        link = workflow.links_from(job.cursor)[0]
        turns.forward(workflow, link, job_id=job.pk, seq=job.seq)
    job.refresh_from_db()
    return job


def run(job: Job, *, messages: int = 60) -> Job:
    """Deliver the job's messages until it rests; what recovery would do, without its pauses."""
    for _ in range(messages):
        job.refresh_from_db()
        if job.due_at is None:
            return job
        deliver(job)
    raise AssertionError(f"{job} is {job.state} after {messages} messages: {job.steps}")
