"""POST /auth/password-resets/confirm."""

from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db.models import F
from pytest_django import Settings

from shop.customers import guessing, mailed_tokens
from shop.customers.mailed_tokens import LIFETIMES
from shop.customers.models import Account, MailedToken
from shop.customers.purposes import Purpose
from tests.api.callers import Caller, codes, log_in
from tests.api.letters import RESET, finish_jobs, token_of
from tests.shopping import at_once, refused
from tests.workflows.cases import account_deletion, new_customer, run

pytestmark = pytest.mark.django_db

NEW = "bánh mì và hoa hồng"
UNUSABLE = {"token": "unusable_token"}


@pytest.fixture(autouse=True)
def cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def lan() -> Account:
    return Account.objects.get(customer=new_customer())


@pytest.fixture
def token(lan: Account) -> str:
    return mailed(lan)


def mailed(account: Account) -> str:
    """Have a token mailed to the account, and return it."""
    Caller().post("auth/password-resets", {"email": account.email})
    finish_jobs()
    return token_of(account.email, RESET)


def confirm(token: Any, new: Any = NEW) -> Any:
    return Caller().post("auth/password-resets/confirm", {"token": token, "new_password": new})


def can_log_in(account: Account, password: str = NEW) -> bool:
    body = {"username": account.username, "password": password}
    return bool(Caller().post("auth/login", body).status_code == 200)


def test_whoever_has_the_letter_chooses_a_password_and_all_logins_end(
    lan: Account, token: str
) -> None:
    before = log_in(lan)
    response = confirm(token)
    assert (response.status_code, response.content) == (204, b"")
    assert before.get("me").status_code == 401
    assert can_log_in(lan)
    # Nobody else reads that mail.
    assert log_in(lan).get("me").json()["email_verified"] is True


def test_a_token_works_once(lan: Account, token: str) -> None:
    assert confirm(token).status_code == 204
    assert codes(confirm(token, f"{NEW} 2")) == UNUSABLE
    assert can_log_in(lan)


def test_with_one_token_all_of_the_accounts_are_used_up(lan: Account, token: str) -> None:
    second, others = mailed(lan), mailed(Account.objects.get(customer=new_customer()))
    assert confirm(token).status_code == 204
    assert codes(confirm(second)) == UNUSABLE
    assert confirm(others).status_code == 204


def test_a_token_works_for_an_hour(token: str) -> None:
    rows = MailedToken.objects.all()
    hour = LIFETIMES[Purpose.PASSWORD_RESET]
    assert hour.total_seconds() == 3600
    rows.update(expires_at=F("expires_at") - hour)
    assert codes(confirm(token)) == UNUSABLE
    rows.update(expires_at=F("expires_at") + hour)
    assert confirm(token).status_code == 204


def test_a_weak_password_leaves_the_token_unused(lan: Account, token: str) -> None:
    for weak in ("abc", lan.username, lan.email):
        assert codes(confirm(token, weak)) == {"new_password": "weak_password"}
    assert confirm(token).status_code == 204


def test_the_customer_is_told(lan: Account, token: str) -> None:
    confirm(token)
    finish_jobs()
    assert [one.subject for one in mail.outbox] == [RESET, "Your password was changed"]


def test_who_was_kept_out_by_others_gets_in_again(lan: Account, token: str) -> None:
    for number in range(guessing.ACCOUNT.free + 5):
        try:
            guessing.count(account=lan, username="", address=f"10.0.{number}.1")
        except guessing.TooManyAttempts:
            break
    # … and by trying it themselves.
    for number in range(guessing.BOTH.free + 3):
        assert not can_log_in(lan, f"wrong {number}")
    assert confirm(token).status_code == 204
    assert can_log_in(lan)


def test_what_is_no_such_token_does_not_work(lan: Account, token: str) -> None:
    other = mailed_tokens.new()
    [job_id] = MailedToken.objects.values_list("job_id", flat=True)
    purpose = Purpose.EMAIL_VERIFICATION
    mailed_tokens.issue(account_id=lan.pk, purpose=purpose, token=other, job_id=uuid4())
    for wrong in (
        mailed_tokens.new(),
        other,
        token[:-1],
        token.lower(),
        str(job_id),
        "ế",
    ):
        assert codes(confirm(wrong)) == UNUSABLE, wrong
    assert confirm(token).status_code == 204


def test_a_closed_account_is_not_opened(lan: Account, token: str) -> None:
    Account.objects.filter(pk=lan.pk).update(is_active=False)
    assert codes(confirm(token)) == UNUSABLE


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"token": "required", "new_password": "required"}),
        ({"token": 5, "new_password": 5}, {"token": "invalid", "new_password": "invalid"}),
        ({"token": "a" * 257, "new_password": NEW}, {"token": "max_length"}),
    ],
)
def test_both_are_text(body: Any, expected: dict[str, str]) -> None:
    assert codes(Caller().post("auth/password-resets/confirm", body)) == expected


@pytest.mark.django_db(transaction=True)
def test_of_those_who_use_a_token_at_the_same_moment_one_does(lan: Account, token: str) -> None:
    answers = at_once(lambda n: confirm(token, f"{NEW} {n}").status_code, range(6))
    assert sorted(answers) == [204] + [422] * 5


@pytest.mark.django_db(transaction=True)
def test_an_erased_account_has_no_tokens(token: str, lan: Account) -> None:
    assert run(account_deletion(user_id=lan.customer_id or 0)).state == "succeeded"
    assert not MailedToken.objects.exists()
    assert codes(confirm(token)) == UNUSABLE
    assert not refused(confirm(token), 500, "internal_error")
