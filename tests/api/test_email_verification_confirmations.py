"""POST /auth/email-verifications/confirm."""

from typing import Any

import pytest
from django.db.models import F

from shop.customers.mailed_tokens import LIFETIMES
from shop.customers.models import Account, MailedToken
from shop.customers.purposes import Purpose
from tests.api.callers import Caller, account_of, codes
from tests.api.letters import VERIFICATION, finish_jobs, token_of
from tests.shopping import at_once

pytestmark = pytest.mark.django_db

UNUSABLE = {"token": "unusable_token"}


@pytest.fixture
def token(customer: Caller) -> str:
    customer.post("auth/email-verifications")
    finish_jobs()
    return token_of(account_of(customer).email, VERIFICATION)


def confirm(token: Any) -> Any:
    return Caller().post("auth/email-verifications/confirm", {"token": token})


def is_verified(caller: Caller) -> bool:
    return bool(caller.get("me").json()["email_verified"])


def test_whoever_has_the_letter_verifies_the_email_once(customer: Caller, token: str) -> None:
    assert not is_verified(customer)
    response = confirm(token)
    assert (response.status_code, response.content) == (204, b"")
    assert is_verified(customer)
    assert codes(confirm(token)) == UNUSABLE
    assert is_verified(customer)


def test_a_token_works_for_three_days(customer: Caller, token: str) -> None:
    lifetime = LIFETIMES[Purpose.EMAIL_VERIFICATION]
    assert lifetime.days == 3
    MailedToken.objects.update(expires_at=F("expires_at") - lifetime)
    assert codes(confirm(token)) == UNUSABLE
    assert not is_verified(customer)


def test_it_sets_no_password(token: str) -> None:
    body = {"token": token, "new_password": "bánh mì và hoa hồng"}
    assert codes(Caller().post("auth/password-resets/confirm", body)) == UNUSABLE
    assert confirm(token).status_code == 204


def test_a_closed_account_is_verified_no_more(customer: Caller, token: str) -> None:
    Account.objects.filter(pk=account_of(customer).pk).update(is_active=False)
    assert codes(confirm(token)) == UNUSABLE


@pytest.mark.parametrize("token", ["", "x", "\x00", "ế", None, 5, [], "x" * 300])
def test_what_is_no_token_does_not_work(token: Any) -> None:
    assert set(codes(confirm(token))) == {"token"}


@pytest.mark.django_db(transaction=True)
def test_of_those_who_use_a_token_at_the_same_moment_one_does(token: str) -> None:
    answers = at_once(lambda _: confirm(token).status_code, range(4))
    assert sorted(answers) == [204] + [422] * 3
