"""How each operation of the API is asked for, in a shop that has something of everything."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import hashers

from api import authentication as tokens
from api.roles import Role
from shop.catalog import services as catalog
from shop.customers import mailed_tokens
from shop.customers.models import Account, Login
from shop.customers.purposes import Purpose
from shop.notifications import services as notifications
from shop.orders.models import Order
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tasks.workflows import CAPACITY_CHECK, REGISTRATION
from tests.api.callers import Caller, log_in, new_account, new_staff
from tests.redirects import message, signed
from tests.shopping import CARD, UNKNOWN_ID, bought, fill, new_buyer
from tests.workflows.cases import new_book, new_customer

Ids = Mapping[str, Any]
PASSWORD = "một mật khẩu đủ dài"


@dataclass(frozen=True)
class Ask:
    """What else belongs to a request: its body, and ids of its own; and what has to be so first."""

    body: Any = None
    ids: Ids = field(default_factory=dict)
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None


def people() -> dict[str, Caller]:
    """Return who asks: `owner` is the customer whose everything is."""
    owner = Account.objects.get(customer=new_customer())
    superuser = new_account(is_staff=True)
    superuser.is_superuser = True
    superuser.save()
    return {
        "anonymous": Caller(),
        "owner": log_in(owner),
        "another": new_buyer(),
        "no role": log_in(new_account(is_staff=True)),
        **{role: new_staff(role) for role in Role},
        "superuser": log_in(superuser),
    }


def things(owner: Caller) -> dict[str, Any]:
    """Make something of everything, and return the ids."""
    book_id = new_book(copies=9)
    # Two orders, one paid and one to be paid, and a cart for a third.
    order, pending = bought(owner), bought(owner, token=None)
    fill(owner, {book_id: 1})
    user_id, account = order["user_id"], Account.objects.get(customer=order["user_id"])
    account.password = hashers.make_password(PASSWORD)
    account.save()
    return {
        "user_id": user_id,
        "account_id": account.pk,
        "author_id": catalog.create_author(author_name="Nguyễn Du").pk,
        "category_id": catalog.create_category(category_name="Thơ").pk,
        "book_id": book_id,
        "lamp_id": catalog.create_electronics(name="L", brand="x", model="x", price=Decimal(1)).pk,
        "shirt_id": catalog.create_clothes(
            name="S", brand="x", size="M", color="x", price=Decimal(1)
        ).pk,
        "order_id": order["id"],
        "pending_id": pending["id"],
        "payment_id": order["payment"]["id"],
        "notification_id": notifications.record(
            job_id=UUID(int=1), user_id=user_id, subject="Hello", body="There."
        ),
        "job_id": _job(owner_id=account.pk),
        "job_for_a_customer": _job(
            owner_id=new_account(is_staff=True).pk, beneficiary_id=account.pk
        ),
        "job_of_the_clock": _job(),
        "job_of_nobody": _registration(),
        "stuck_id": _job(owner_id=account.pk, is_stuck=True),
        "username": account.username,
        "email": account.email,
        "session_id": Login.objects.get(account=account, ended_at=None).pk,
        **{purpose.value: _mailed_token(account, purpose) for purpose in Purpose},
        "refresh": _refresh_token(account),
    }


def nothing(known: Ids) -> dict[str, Any]:
    """Return the same ids of which nothing is there."""
    unknown = {int: UNKNOWN_ID, UUID: UUID(int=0)}
    return {name: unknown.get(type(value), value) for name, value in known.items()}


def asks(at: Ids) -> dict[str, Ask]:
    """Return how to ask for each row of the table that takes more than its path's ids."""
    user_id, book_id, order_id = at["user_id"], at["book_id"], at["order_id"]
    pending, lamp, shirt = (
        {"order_id": at["pending_id"]},
        {"product_id": at["lamp_id"]},
        {"product_id": at["shirt_id"]},
    )
    goods, priced = {"product_id": book_id, "quantity": 1}, {"price": "1", "description": ""}
    of_user = f"?user_id={user_id}"
    event = message("none")

    def move(status: str, before: str) -> Ask:
        orders = Order.objects.filter(pk=order_id)
        return Ask({"status": status}, prepare=lambda: orders.update(status=before))

    return {
        "POST registrations": Ask(_person(at)),
        "POST auth/login": Ask({"username": at["username"], "password": PASSWORD}),
        "POST auth/refresh": Ask({"refresh": at["refresh"]}),
        "POST auth/logout": Ask({"refresh": at["refresh"]}),
        "POST auth/password": Ask(
            {"current_password": PASSWORD, "new_password": f"{PASSWORD} hơn"}
        ),
        "POST auth/password-resets": Ask({"email": at["email"]}),
        "POST auth/password-resets/confirm": Ask(
            {"token": at["password_reset"], "new_password": f"{PASSWORD} hơn"}
        ),
        "POST auth/email-verifications/confirm": Ask({"token": at["email_verification"]}),
        "PATCH customers/{user_id}": Ask({"city": "Huế"}),
        "DELETE accounts/{account_id}": Ask(
            prepare=partial(Order.objects.update, status="delivered")
        ),
        "POST authors": Ask({"author_name": "Tô Hoài", "email": "x@example.org", "address": "x"}),
        "POST categories": Ask({"category_name": "Truyện"}),
        "POST books": Ask(
            {"title": "Truyện Kiều", "published_date": "1820-01-01", **priced}
            | {name: at[name] for name in ("author_id", "category_id")}
        ),
        "POST electronics": Ask({"name": "L", "brand": "x", "model": "x", **priced}),
        "GET electronics/{product_id}": Ask(ids=lamp),
        "DELETE electronics/{product_id}": Ask(ids=lamp),
        "POST clothes": Ask({"name": "S", "brand": "x", "size": "M", "color": "x", **priced}),
        "GET clothes/{product_id}": Ask(ids=shirt),
        "DELETE clothes/{product_id}": Ask(ids=shirt),
        "POST carts/{user_id}/items": Ask(goods),
        "PUT carts/{user_id}/items/{product_id}": Ask({"quantity": 2}, {"product_id": book_id}),
        "POST carts/{user_id}/removals": Ask(goods),
        "POST checkouts": Ask({"user_id": user_id, "payment": CARD}),
        "GET orders (?user_id=)": Ask(query=of_user),
        "PATCH orders/{order_id} (pending)": Ask({"status": "pending"}, pending),
        "PATCH orders/{order_id} (paid)": Ask({"status": "paid"}, pending),
        "PATCH orders/{order_id} (processing)": move("processing", "paid"),
        "PATCH orders/{order_id} (shipped)": move("shipped", "processing"),
        "PATCH orders/{order_id} (delivered)": move("delivered", "shipped"),
        "PATCH orders/{order_id} (returned)": move("returned", "delivered"),
        "PATCH orders/{order_id} (cancelled)": move("cancelled", "paid"),
        "PATCH orders/{order_id} (failed)": Ask({"status": "failed"}, pending),
        "POST orders/{order_id}/payments": Ask(CARD, pending),
        "POST orders/{order_id}/refunds": Ask({"amount": "1"}),
        "POST webhooks/payments/{provider}": Ask(json.loads(event), headers=signed(event)),
        "PATCH inventory": Ask({"address": "x"}),
        "POST inventory/receipts": Ask(goods),
        "POST inventory/withdrawals": Ask(goods),
        "POST inventory/capacity-checks": Ask(goods),
        "GET notifications (?user_id=)": Ask(query=of_user),
        "POST notifications": Ask({"user_id": user_id, "subject": "x", "body": "x"}),
        **{
            f"{operation} ({whose})": Ask(ids={"job_id": at[f"job_{whose.replace(' ', '_')}"]})
            for operation in ("GET jobs/{job_id}", "POST jobs/{job_id}/cancel")
            for whose in ("for a customer", "of the clock", "of nobody")
        },
        "POST jobs/{job_id}/resume": Ask(ids={"job_id": at["stuck_id"]}),
    }


def send(caller: Caller, row: str, at: Ids) -> Any:
    """Ask for what a row of the table says, such as `PATCH orders/{order_id} (shipped)`."""
    ask = asks(at).get(row, Ask())
    method, path = row.partition(" (")[0].split()
    path = path.format_map({"provider": "sandbox", **at, **ask.ids})
    ask.prepare()
    return caller.send(method, path + ask.query, ask.body, **ask.headers)


def _person(at: Ids) -> dict[str, str]:
    rest = dict.fromkeys(("first_name", "last_name", "address", "city", "country"), "x")
    return {"username": "lan", "password": PASSWORD, "email": "lan@example.org", **rest}


def _job(*, is_stuck: bool = False, **whose: Any) -> UUID:
    job = jobs.start(CAPACITY_CHECK, input={"product_id": 1, "quantity": 1}, **whose)
    if is_stuck:
        Job.objects.filter(pk=job.pk).update(state=State.STUCK, due_at=None)
    return job.pk


def _registration() -> UUID:
    fields = ("username", "email", "first_name", "last_name", "address", "city", "country")
    return jobs.start(REGISTRATION, input=dict.fromkeys(fields, "x")).pk


def _mailed_token(account: Account, purpose: Purpose) -> str:
    token = mailed_tokens.new()
    mailed_tokens.issue(account_id=account.pk, purpose=purpose, token=token, job_id=uuid4())
    return token


def _refresh_token(account: Account) -> str:
    token = tokens.new_refresh_token()
    login = Login.objects.create(
        account=account, refresh_jti=tokens.jti(token), expires_at=tokens.expires_at(token)
    )
    return tokens.pair(token, login_id=login.pk)["refresh"]
