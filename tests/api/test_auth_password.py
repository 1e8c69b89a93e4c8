"""POST /auth/password."""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core import mail
from pytest_django import Settings

from shop.customers.guessing import BOTH
from shop.customers.models import Account
from tests.api.callers import Caller, account_of, codes, log_in
from tests.api.letters import finish_jobs
from tests.shopping import at_once, refused

pytestmark = pytest.mark.django_db

OLD, NEW = "chín mươi chín đoá hồng", "bánh mì và hoa hồng"


@pytest.fixture(autouse=True)
def lan(customer: Caller, settings: Settings) -> Account:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account = account_of(customer)
    account.set_password(OLD)
    account.job_id = "01990000-0000-7000-8000-000000000000"
    account.save()
    return account


def change(caller: Caller, current: Any = OLD, new: Any = NEW) -> Any:
    return caller.post("auth/password", {"current_password": current, "new_password": new})


def has(account: Account, password: str) -> bool:
    account.refresh_from_db()
    return check_password(password, account.password)


def test_the_new_password_works_and_the_old_one_does_not(customer: Caller, lan: Account) -> None:
    response = change(customer)
    assert (response.status_code, response.content) == (204, b"")
    assert has(lan, NEW)
    body = {"username": lan.username, "password": OLD}
    assert refused(Caller().post("auth/login", body), 401, "invalid_credentials")
    assert Caller().post("auth/login", {**body, "password": NEW}).status_code == 200


def test_other_logins_end_and_this_one_goes_on(customer: Caller, lan: Account) -> None:
    other = log_in(lan)
    assert change(customer).status_code == 204
    assert (other.get("me").status_code, customer.get("me").status_code) == (401, 200)


def test_the_customer_is_told_by_mail_and_in_the_app(customer: Caller, lan: Account) -> None:
    change(customer)
    finish_jobs()
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == ([lan.email], "Your password was changed")
    [told] = customer.get("notifications").json()["results"]
    assert told["subject"] == letter.subject


def test_a_wrong_password_changes_nothing(customer: Caller, lan: Account) -> None:
    other = log_in(lan)
    assert codes(change(customer, current="wrong")) == {"current_password": "wrong_password"}
    assert has(lan, OLD)
    assert (other.get("me").status_code, customer.get("me").status_code) == (200, 200)


def test_whoever_holds_a_token_guesses_no_faster_than_at_a_login(customer: Caller) -> None:
    for _ in range(BOTH.free + 1):
        assert change(customer, current="wrong").status_code == 422
    response = change(customer)
    assert refused(response, 429, "too_many_attempts")
    assert response["Retry-After"] == "1"


@pytest.mark.parametrize("new", ["abc", "12345678901", "password1"])
def test_a_weak_password_is_refused(customer: Caller, lan: Account, new: str) -> None:
    assert codes(change(customer, new=new)) == {"new_password": "weak_password"}
    assert codes(change(customer, new=lan.email)) == {"new_password": "weak_password"}
    assert has(lan, OLD)


def test_both_passwords_are_text(customer: Caller) -> None:
    assert codes(customer.post("auth/password", {})) == {
        "current_password": "required",
        "new_password": "required",
    }
    assert codes(change(customer, current=5, new=None)) == {
        "current_password": "invalid",
        "new_password": "null",
    }


def test_nobody_and_an_account_that_a_command_made_change_none(staff: Caller) -> None:
    assert refused(change(Caller()), 401, "not_authenticated")
    assert refused(change(staff), 409, "account_protected")


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_the_same_moment_one_works(lan: Account) -> None:
    callers = [log_in(lan) for _ in range(4)]
    asked = list(enumerate(callers))
    answers = at_once(lambda one: change(one[1], new=f"{NEW} {one[0]}").status_code, asked)
    # Others find another password, or are no longer logged in.
    assert answers.count(204) == 1
    assert set(answers) <= {204, 401, 422}
    assert [caller.get("me").status_code for caller in callers].count(200) == 1
