"""POST /auth/email-verifications."""

import pytest
from django.core import mail

from shop.customers.mailed_tokens import MOST
from shop.customers.models import Account
from tests.api.callers import Caller, account_of, codes
from tests.api.letters import VERIFICATION, finish_jobs, token_of
from tests.shopping import finished, job_of, refused
from tests.workflows.cases import run

pytestmark = pytest.mark.django_db

PERSON = {
    "username": "Lan",
    "password": "chín mươi chín đoá hồng",
    "email": "lan@example.org",
    "address": "1 Phố Huế",
    "city": "Hà Nội",
    "country": "Việt Nam",
    "first_name": "Lan",
    "last_name": "Nguyễn",
}


def ask(caller: Caller, **headers: str) -> Caller:
    found: Caller = caller.post("auth/email-verifications", **headers)
    return found


def email_of(caller: Caller) -> str:
    return account_of(caller).email


def test_the_caller_is_sent_a_letter(customer: Caller) -> None:
    job = finished(customer, ask(customer))
    assert (job["kind"], job["result"]) == ("email_verification", {"mail": "sent"})
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == ([email_of(customer)], VERIFICATION)
    assert "/api/v1/auth/email-verifications/confirm" in letter.body


def test_a_registration_sends_one_too_and_does_not_wait_for_it(anyone: Caller) -> None:
    job = finished(anyone, anyone.post("registrations", PERSON))
    assert (job["state"], job["steps"][-1]["name"]) == ("succeeded", "begin_verification")
    assert mail.outbox == []
    # It works unverified.
    login = {"username": "lan", "password": PERSON["password"]}
    access = anyone.post("auth/login", login).json()["access"]
    lan = Caller(headers={"Authorization": f"Bearer {access}"})
    assert lan.get("me").json()["email_verified"] is False
    finish_jobs()
    assert token_of(PERSON["email"], VERIFICATION)


def test_a_registration_that_fails_sends_none(anyone: Caller) -> None:
    first, second = (
        anyone.post("registrations", {**PERSON, "email": f"{n}@example.org"}) for n in range(2)
    )
    finished(anyone, first)
    assert finished(anyone, second)["state"] == "failed"
    finish_jobs()
    assert [one.to for one in mail.outbox] == [["0@example.org"]]


def test_what_is_verified_is_not_verified_again(customer: Caller) -> None:
    finished(customer, ask(customer))
    token = token_of(email_of(customer), VERIFICATION)
    assert Caller().post("auth/email-verifications/confirm", {"token": token}).status_code == 204
    assert refused(ask(customer), 409, "email_verified")


def test_who_asks_too_often_is_told(customer: Caller) -> None:
    jobs = [finished(customer, ask(customer)) for _ in range(MOST + 1)]
    assert [job["state"] for job in jobs] == ["succeeded"] * MOST + ["failed"]
    assert (jobs[-1]["error"]["code"], jobs[-1]["error"]["status"]) == ("too_many_letters", 429)
    assert len(mail.outbox) == MOST


def test_an_account_that_is_closed_meanwhile_gets_none(customer: Caller) -> None:
    response = ask(customer)
    Account.objects.filter(pk=account_of(customer).pk).update(is_active=False)
    job = run(job_of(response))
    assert (job.state, job.result) == ("succeeded", {"mail": "nobody"})
    assert mail.outbox == []


def test_the_same_request_again_is_the_same_job(customer: Caller) -> None:
    first, second = (customer.post("auth/email-verifications", Idempotency_Key="k") for _ in "ab")
    assert first.json()["id"] == second.json()["id"]


def test_nobody_is_sent_one_and_nothing_is_taken(customer: Caller) -> None:
    assert refused(ask(Caller()), 401, "not_authenticated")
    other = {"email": "other@example.org"}
    assert codes(customer.post("auth/email-verifications", other)) == {"email": "unknown_field"}
