"""Who calls in the tests: nobody in particular, a customer, staff."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

from django.contrib.auth.models import Group
from django.test import Client
from django.test.client import ClientHandler

from api import authentication as tokens
from api.roles import Role
from shop.customers.models import Account, Address, Customer, FullName, Login
from tests.openapi import declared

_numbers = count(1)
# One for all: a client loads the middleware anew, which looks at every static file then.
_handler = ClientHandler(enforce_csrf_checks=False)


@dataclass
class Caller:
    """A client that speaks JSON; with an account it sends that account's access token."""

    account_id: int | None = None
    user_id: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; headers are named like `Idempotency_Key`."""
        data = b"" if body is None else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        # A bug shows as the `500` that a client would see.
        client = Client(raise_request_exception=False)
        client.handler = _handler
        target = path if path.startswith("/") else f"/api/v1/{path}"
        answer = client.generic(
            method,
            target,
            data,
            content_type="application/json",
            headers={**self.headers, **given},
        )
        is_json = "json" in answer.get("Content-Type", "") and not answer.streaming
        declared.check(method, target, answer.status_code, answer.json() if is_json else None)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("DELETE", path, body, **headers)


def log_in(account: Account) -> Caller:
    """Return a caller with a fresh login of the account."""
    token = tokens.new_refresh_token()
    login = Login.objects.create(
        account=account, refresh_jti=tokens.jti(token), expires_at=tokens.expires_at(token)
    )
    access = tokens.pair(token, login_id=login.pk)["access"]
    customer = Customer.objects.filter(account=account).first()
    return Caller(
        account.pk, customer.pk if customer else None, {"Authorization": f"Bearer {access}"}
    )


def new_account(*, is_staff: bool = False, roles: Iterable[str] = ()) -> Account:
    """Return a new account that no password opens."""
    number = next(_numbers)
    account = Account.objects.create(
        username=f"reader{number}",
        email=f"reader{number}@example.org",
        password="!",
        is_staff=is_staff,
    )
    account.groups.set(Group.objects.filter(name__in=roles))
    return account


def new_staff(*roles: str) -> Caller:
    """Return somebody of the staff with these roles; where none is named, with all of them."""
    return log_in(new_account(is_staff=True, roles=roles or Role))


def new_customer() -> Caller:
    """Return a customer."""
    account = new_account()
    Customer.objects.create(
        account=account,
        fullname=FullName.objects.create(first_name="An", last_name="Nguyễn"),
        address=Address.objects.create(address="1 Tràng Tiền", city="Hà Nội", country="VN"),
    )
    return log_in(account)


def account_of(caller: Caller) -> Account:
    """Return the caller's account, as it is now."""
    assert caller.account_id is not None
    return Account.objects.get(pk=caller.account_id)


def codes(response: Any) -> dict[str, str]:
    """Return what is wrong with which field, by a `422`."""
    assert response.status_code == 422, response.content
    body = cast(dict[str, Any], response.json())
    return {error["field"]: error["code"] for error in body["errors"]}
