"""POST /auth/password-resets."""

from typing import Any

import pytest
from django.core import mail

from shop.customers.mailed_tokens import MOST
from shop.customers.models import Account, MailedToken
from tasks.engine.models import Job
from tests.api.callers import Caller, codes
from tests.api.letters import RESET, finish_jobs, token_of
from tests.shopping import refused
from tests.workflows.cases import new_customer, new_staff, run

pytestmark = pytest.mark.django_db

# What of a job tells which one it is, and when it was.
OWN = {"id", "links", "created_at", "started_at", "finished_at"}


@pytest.fixture
def lan() -> Account:
    return Account.objects.get(customer=new_customer())


def ask(email: Any) -> Any:
    return Caller().post("auth/password-resets", {"email": email})


def seen(response: Any) -> Any:
    """What anybody can see of an answer, and of its job at its end."""
    assert response.status_code == 202, response.content
    run(Job.objects.get(pk=response.json()["id"]))
    job = Caller().get(response["Location"]).json()
    steps = [(step["name"], step["state"], step["attempts"]) for step in job["steps"]]
    headers = sorted(set(response.headers) - {"X-Request-ID"})
    return headers, steps, {name: job[name] for name in job.keys() - OWN - {"steps"}}


def test_a_letter_with_a_token_is_sent_to_the_account(lan: Account) -> None:
    response = ask(lan.email.upper())
    job = response.json()
    assert (job["kind"], job["state"], job["result"]) == ("password_reset", "queued", None)
    finish_jobs()
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == ([lan.email], RESET)
    assert lan.username in letter.body
    assert "/api/v1/auth/password-resets/confirm" in letter.body


def test_whether_an_email_is_known_is_told_by_nothing(lan: Account) -> None:
    known, unknown = (seen(ask(email)) for email in (lan.email, "nobody@example.org"))
    assert known == unknown
    assert known[2]["result"] == {}
    # All that anybody can follow has ended before somebody looks whose email it is.
    assert not MailedToken.objects.exists()
    assert Job.objects.filter(kind="password_reset_letter", state="queued").count() == 2
    finish_jobs()
    assert len(mail.outbox) == 1
    for job in Job.objects.filter(kind="password_reset_letter"):
        assert refused(Caller().get(f"jobs/{job.pk}"), 401, "not_authenticated")


def test_to_ask_costs_the_same_whether_or_not_it_is_known(
    lan: Account, django_assert_num_queries: Any
) -> None:
    for email in (lan.email, "nobody@example.org"):
        with django_assert_num_queries(3):
            response = ask(email)
        job = Job.objects.get(pk=response.json()["id"])
        with django_assert_num_queries(12):
            run(job)


def test_the_token_stands_in_the_letter_only(lan: Account, caplog: Any) -> None:
    ask(lan.email)
    job = Job.objects.get()
    run(job)
    letter = Job.objects.get(kind="password_reset_letter")
    assert letter.secrets
    finish_jobs()
    token = token_of(lan.email, RESET)
    [digest] = MailedToken.objects.values_list("digest", flat=True)
    kept = f"{list(Job.objects.values())} {bytes(digest)!r} {bytes(letter.secrets)!r} {caplog.text}"
    assert token not in kept
    assert not Job.objects.filter(secrets__isnull=False).exists()


def test_an_account_gets_so_many_letters_in_an_hour_and_no_more(lan: Account) -> None:
    for _ in range(MOST + 2):
        ask(lan.email)
    finish_jobs()
    assert len(mail.outbox) == MOST
    assert set(Job.objects.values_list("state", flat=True)) == {"succeeded"}


def test_accounts_that_are_closed_or_made_by_a_command_get_none(lan: Account) -> None:
    Account.objects.filter(pk=lan.pk).update(is_active=False)
    for email in (lan.email, new_staff()):
        ask(email)
    finish_jobs()
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"email": "required"}),
        ({"email": None}, {"email": "null"}),
        ({"email": "lan"}, {"email": "invalid"}),
        ({"email": "a@example.org\nBcc: b@example.org"}, {"email": "invalid"}),
        ({"email": "a@example.org", "user_id": 1}, {"user_id": "unknown_field"}),
    ],
)
def test_an_email_is_needed_and_nothing_else(body: Any, expected: dict[str, str]) -> None:
    assert codes(Caller().post("auth/password-resets", body)) == expected


def test_the_same_request_again_is_the_same_job() -> None:
    first, second = (
        Caller().post("auth/password-resets", {"email": "a@b.example"}, Idempotency_Key="k")
        for _ in range(2)
    )
    assert first.json()["id"] == second.json()["id"]
    assert second["Idempotent-Replayed"] == "true"


def test_an_old_access_token_is_in_nobodys_way(lan: Account) -> None:
    stale = Caller(headers={"Authorization": "Bearer stale"})
    assert stale.post("auth/password-resets", {"email": lan.email}).status_code == 202
