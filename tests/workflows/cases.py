"""For each workflow, how a job of it begins, and what a customer can see of the shop."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import connection

from shop.carts import services as carts
from shop.catalog import services as catalog
from shop.customers import selectors as customer_reads
from shop.customers import services as customers
from shop.inventory import selectors as inventory_reads
from shop.inventory import services as inventory
from tasks.engine import jobs, registry, turns
from tasks.engine.models import Job, State
from tasks.workflows import (
    CAPACITY_CHECK,
    CHECKOUT,
    GOODS_RECEIPT,
    GOODS_WITHDRAWAL,
    INVENTORY_SETUP,
    NOTIFICATION,
    REGISTRATION,
)

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


def _checkout() -> Callable[[], Job]:
    user_id = new_customer()
    for copies in (1, 2, 3):
        carts.add_item(user_id=user_id, product_id=new_book(copies=9), quantity=copies)
    return lambda: checkout(user_id=user_id)


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


def _goods(workflow: Any, quantity: int) -> Callable[[], Job]:
    given = {"product_id": new_book(copies=5), "quantity": quantity}
    return lambda: jobs.start(workflow, input=given)


def _setup() -> Callable[[], Job]:
    given = {"address": "3 Trần Phú", "status": None, "capacity": {"clothes": 7}}
    return lambda: jobs.start(INVENTORY_SETUP, input=given)


def _notification() -> Callable[[], Job]:
    given = {"user_id": new_customer(), "order_id": None, "subject": "Hello", "body": "There."}
    return lambda: jobs.start(NOTIFICATION, input=given)


# By kind: makes what the job needs, and returns how to accept the job.
CASES: dict[str, Callable[[], Callable[[], Job]]] = {
    "capacity_check": lambda: _goods(CAPACITY_CHECK, 1),
    "checkout": _checkout,
    "goods_receipt": lambda: _goods(GOODS_RECEIPT, 4),
    "goods_withdrawal": lambda: _goods(GOODS_WITHDRAWAL, 4),
    "inventory_setup": _setup,
    "notification": _notification,
    "registration": _registration,
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
    "accounts": "SELECT username FROM customers_account",
    "names": "SELECT first_name FROM customers_fullname",
    "addresses": "SELECT address FROM customers_address",
    "customers": "SELECT account_id FROM customers_customer",
    "orders": "SELECT customer_id, status, total FROM orders_order"
    " WHERE status NOT IN ('failed', 'cancelled')",
    "payments": "SELECT amount FROM payments_payment WHERE status = 'captured'",
    "charges": "SELECT amount - refunded FROM sandbox_entry WHERE status = 'captured'",
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
