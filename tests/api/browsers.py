"""Who comes to the back office in the tests: somebody of the staff, or a superuser."""

from html import unescape
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from api.roles import Role
from shop.customers.models import Account
from tests.api.callers import new_account


def log_in(account: Account) -> Client:
    """Return a browser in which the account has logged in; a bug shows as the `500` it would be."""
    client = Client(raise_request_exception=False, headers={"Accept": "text/html"})
    client.force_login(account)
    return client


def new_clerk(*roles: str) -> Client:
    """Return the browser of one of the staff with these roles; where none is named, with all."""
    return log_in(new_account(is_staff=True, roles=roles or Role))


def new_operator() -> Client:
    """Return the browser of a superuser."""
    account = new_account(is_staff=True)
    Account.objects.filter(pk=account.pk).update(is_superuser=True)
    return log_in(account)


def push(browser: Client, table: str, button: str, *keys: Any, **more: Any) -> Any:
    """Push a button on the page of a row, or choose an action for many of a list."""
    on_page = {"on_page": "1"} if len(keys) == 1 else {}
    body = {"action": button, "_selected_action": [str(key) for key in keys], **on_page, **more}
    return browser.post(reverse(f"admin:{table}_changelist"), body)


def told(response: Any) -> list[str]:
    """Return what the answer says came of it."""
    return [unescape(str(message)) for message in get_messages(response.wsgi_request)]


def buttons(browser: Client, table: str, key: Any) -> set[str]:
    """Return the buttons on the page of a row."""
    response = browser.get(reverse(f"admin:{table}_change", args=[key]))
    assert response.status_code == 200
    return {button.name for button in response.context["buttons"]}
