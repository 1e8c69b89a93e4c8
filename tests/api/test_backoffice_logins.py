"""Wrong passwords at the back office's door count with those of the API."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from shop.customers.guessing import BOTH
from shop.customers.models import Account, Guesses
from tests.api.callers import Caller, new_account
from tests.shopping import refused

pytestmark = pytest.mark.django_db

PASSWORD = "chín mươi chín đoá hồng"


@pytest.fixture
def clerk(settings: Settings) -> Account:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account = new_account(is_staff=True)
    account.set_password(PASSWORD)
    account.save()
    return account


def enter(account: Account, password: str = PASSWORD) -> Any:
    body = {"username": account.username.upper(), "password": password}
    return Client(headers={"Accept": "text/html"}).post("/admin/login/", body)


def test_after_some_wrong_passwords_nobody_is_let_in_for_a_while(clerk: Account) -> None:
    body = {"username": clerk.username, "password": "wrong"}
    for _ in range(BOTH.free - 1):
        assert Caller().post("auth/login", body).status_code == 401
    assert [enter(clerk, "wrong").status_code for _ in range(2)] == [200, 200]
    response = enter(clerk)
    assert (response.status_code, response["Retry-After"]) == (429, "1")
    assert "Too many attempts" in response.content.decode()
    right = {**body, "password": PASSWORD}
    assert refused(Caller().post("auth/login", right), 429, "too_many_attempts")


def test_the_right_password_leads_in_and_ends_the_count(clerk: Account) -> None:
    enter(clerk, "wrong")
    assert enter(clerk).status_code == 302
    assert list(Guesses.objects.exclude(number=1)) == []
    assert Guesses.objects.count() == 1
