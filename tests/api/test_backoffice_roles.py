"""Who may do what in the back office, by the table in `backoffice.txt`; and who says so."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from api.roles import Role
from shop.core.errors import NotFound
from shop.customers import staff
from shop.customers.models import Account
from tests.api.browsers import buttons, log_in, new_clerk, new_operator
from tests.api.callers import account_of, new_account, new_customer
from tests.api.callers import log_in as log_in_over_the_api
from tests.shopping import bought, new_buyer

pytestmark = pytest.mark.django_db

LINES = [
    re.split(r"\s{2,}", line.strip())
    for line in (Path(__file__).parent / "backoffice.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
WHO = LINES[0][1:]
TABLE = {row: dict(zip(WHO, answers, strict=True)) for row, *answers in LINES[1:]}
# The key of no row, in every table.
NONE = "0" * 32


def staffed() -> dict[str, Client]:
    """Return the browsers of those who ask."""
    return {
        "no role": log_in(new_account(is_staff=True)),
        **{role: new_clerk(role) for role in Role},
        "superuser": new_operator(),
    }


def everything() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield all that could be done on any page: its row, and what to send where."""
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        for what, path in (
            ("add", "add"),
            ("change", f"{NONE}/change"),
            ("delete", f"{NONE}/delete"),
        ):
            yield f"{name} {what}", f"/admin/{name}/{path}/", {}
        for function in page.actions or ():
            done = {"action": function.__name__, "_selected_action": NONE}  # type: ignore[union-attr]
            yield f"{name} {done['action']}", f"/admin/{name}/", done


def test_everybody_does_what_the_table_says_and_nothing_else() -> None:
    browsers, found = staffed(), {}
    for row, path, body in everything():
        statuses = {who: browser.post(path, body).status_code for who, browser in browsers.items()}
        assert max(statuses.values()) < 500, row
        if set(statuses.values()) != {403}:
            found[row] = {who: "no" if status == 403 else "yes" for who, status in statuses.items()}
    assert found == TABLE


def test_a_page_has_the_buttons_of_ones_roles() -> None:
    order_id = bought(new_buyer())["id"]
    expected: dict[tuple[str, ...], set[str]] = {
        ("catalog",): set(),
        ("warehouse",): {"to_processing"},
        ("support",): {"to_cancelled"},
        ("warehouse", "finance"): {"to_processing", "refund"},
    }
    for roles, there in expected.items():
        assert buttons(new_clerk(*roles), "orders_order", order_id) == there, roles
    assert buttons(log_in(new_account(is_staff=True)), "orders_order", order_id) == set()


# Who gives roles


def give(browser: Client, account_id: int, *roles: str, **more: str) -> Any:
    path = f"/admin/customers/account/{account_id}/change/"
    return browser.post(path, {"is_staff": "on", "roles": list(roles), **more})


def test_superusers_give_roles_which_count_at_once(operator: Client) -> None:
    account = new_account()
    caller = log_in_over_the_api(account)
    assert caller.post("categories", {"category_name": "Thơ"}).status_code == 403
    assert give(operator, account.pk, "catalog", "finance")["Location"].endswith("/account/")
    assert caller.post("categories", {"category_name": "Thơ"}).status_code == 201
    row = operator.get("/admin/customers/account/").content.decode()
    assert "catalog, finance" in row
    give(operator, account.pk, "warehouse")
    refused = caller.post("categories", {"category_name": "Truyện"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "the role catalog; superusers give it" in refused.json()["detail"]
    assert account_of(caller).roles == {"warehouse"}


def test_who_is_taken_out_of_the_staff_has_no_role_left(operator: Client) -> None:
    account = new_account(is_staff=True, roles=["support"])
    path = f"/admin/customers/account/{account.pk}/change/"
    page = operator.post(path, {"roles": ["support"]})
    assert page.context["adminform"].form.errors == {"roles": ["Only staff have roles."]}
    assert operator.post(path, {}).status_code == 302
    found = Account.objects.get(pk=account.pk)
    assert (found.is_staff, found.groups.count()) == (False, 0)


def test_nobody_gives_roles_to_superusers_or_to_who_cannot_log_in(operator: Client) -> None:
    superuser = new_account(is_staff=True)
    Account.objects.filter(pk=superuser.pk).update(is_superuser=True)
    closed = new_account()
    Account.objects.filter(pk=closed.pk).update(is_active=False)
    for account in (superuser, closed):
        assert give(operator, account.pk, "finance").status_code == 403
        with pytest.raises(NotFound):
            staff.assign_roles(account_id=account.pk, is_staff=True, roles=["finance"])
        assert not account.groups.exists()


def test_a_role_that_is_none_is_refused(operator: Client) -> None:
    account = new_account()
    assert give(operator, account.pk, "owner").status_code == 200
    with pytest.raises(NotFound):
        staff.assign_roles(account_id=account.pk, is_staff=True, roles=["owner"])
    assert not Account.objects.get(pk=account.pk).is_staff


def test_nothing_else_of_an_account_is_changed(operator: Client) -> None:
    account = account_of(new_customer())
    give(operator, account.pk, "support", username="x", is_superuser="on", email="x@example.org")
    found = Account.objects.get(pk=account.pk)
    assert (found.username, found.email) == (account.username, account.email)
    assert (found.is_staff, found.is_superuser) == (True, False)


def test_groups_that_are_no_role_allow_nothing(operator: Client) -> None:
    account = new_account(is_staff=True)
    account.groups.create(name="editors")
    assert log_in_over_the_api(account).post("authors", {"author_name": "x"}).status_code == 403
