"""POST /registrations (1.1)."""

from typing import Any
from unittest.mock import ANY

import pytest

from shop.customers.models import Account
from tasks.engine.models import Job
from tasks.engine.turns import forward
from tasks.workflows.registration import REGISTRATION
from tests.api.callers import Caller, codes

pytestmark = pytest.mark.django_db

PASSWORD = "chín mươi chín đoá hồng"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "username": "Lan",
        "password": PASSWORD,
        "email": "lan@example.org",
        "address": "1 Phố Huế",
        "city": "Hà Nội",
        "country": "Việt Nam",
        "first_name": "Lan",
        "last_name": "Nguyễn",
    } | changes


def work_off(job_id: str) -> None:
    """Do what the workers would do with the job."""
    for seq, link in enumerate(REGISTRATION.links):
        if not forward(REGISTRATION, link, job_id=job_id, seq=seq):
            break


def test_a_registration_makes_a_customer_who_can_log_in(anyone: Caller) -> None:
    accepted = anyone.post("registrations", form(), Idempotency_Key="lan-1")
    assert accepted.status_code == 202
    job = accepted.json()
    assert (job["kind"], job["state"]) == ("registration", "queued")
    assert accepted["Location"] == f"/api/v1/jobs/{job['id']}"
    assert accepted["Retry-After"] == "1"

    work_off(job["id"])
    job = anyone.get(accepted["Location"]).json()
    assert job["state"] == "succeeded", job
    assert set(job["result"]) == {"user_id", "account_id", "fullname_id", "address_id", "cart_id"}
    user_id = job["result"]["user_id"]
    assert job["links"]["resource"] == f"/api/v1/customers/{user_id}"

    tokens = anyone.post("auth/login", {"username": "LAN", "password": PASSWORD}).json()
    lan = Caller(headers={"Authorization": f"Bearer {tokens['access']}"})
    expected = {name: value for name, value in form().items() if name != "password"}
    expected |= {"user_id": user_id, "account_id": job["result"]["account_id"]}
    expected["email_verified"] = False
    assert lan.get("me").json() == expected
    assert lan.get(f"customers/{user_id}").json() == expected


def test_the_same_request_again_is_the_same_job(anyone: Caller) -> None:
    first = anyone.post("registrations", form(), Idempotency_Key="lan-1")
    work_off(first.json()["id"])
    # By now the username is taken: by this very job.
    again = anyone.post("registrations", form(), Idempotency_Key="lan-1")
    assert again.status_code in {200, 202}
    assert again["Idempotent-Replayed"] == "true"
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "succeeded")
    assert Account.objects.count() == 1


def test_nothing_that_is_kept_holds_the_password(anyone: Caller) -> None:
    job_id = anyone.post("registrations", form()).json()["id"]
    job = Job.objects.get(pk=job_id)
    kept = f"{job.input} {job.data} {job.steps} {bytes(job.secrets or b'')!r}"
    assert PASSWORD not in kept
    assert "argon2" not in kept
    work_off(job_id)
    job.refresh_from_db()
    assert job.secrets is None
    assert "argon2" not in f"{job.input} {job.data} {job.steps} {job.result}"
    assert Account.objects.get().password.startswith("argon2$")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"username": "lAN"}, {"username": "username_taken"}),
        ({"email": "LAN@example.org"}, {"email": "email_taken"}),
        (
            {"username": "lan", "email": "Lan@example.org"},
            {"username": "username_taken", "email": "email_taken"},
        ),
    ],
)
def test_what_is_taken_is_refused_at_once(
    anyone: Caller, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    Account.objects.create(username="Lan", email="lan@example.org", password="!")
    other = form(username="Mai", email="mai@example.org") | changes
    assert codes(anyone.post("registrations", other, Idempotency_Key="k")) == expected
    assert not Job.objects.exists()
    # The refusal left the key free.
    free = form(username="Mai", email="mai@example.org")
    assert anyone.post("registrations", free, Idempotency_Key="k").status_code == 202


def test_who_loses_the_race_for_a_username_has_a_failed_job(anyone: Caller) -> None:
    first, second = (
        anyone.post("registrations", form(email=f"{number}@example.org")).json()["id"]
        for number in range(2)
    )
    work_off(first)
    work_off(second)
    job = anyone.get(f"jobs/{second}").json()
    assert (job["state"], job["error"]["code"]) == ("failed", "username_taken")
    assert [step["state"] for step in job["steps"]] == ["failed"] + ["skipped"] * 5
    assert Account.objects.count() == 1


@pytest.mark.parametrize("password", ["abc", "password", "12345678901", "lan@example.org"])
def test_a_weak_password_is_refused(anyone: Caller, password: str) -> None:
    response = anyone.post("registrations", form(password=password))
    assert codes(response) == {"password": "weak_password"}
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", form())
def test_every_field_is_needed(anyone: Caller, name: str) -> None:
    left_out = {key: value for key, value in form().items() if key != name}
    assert codes(anyone.post("registrations", left_out)) == {name: "required"}


@pytest.mark.parametrize("name", form())
@pytest.mark.parametrize("value", [None, 5, True, [], {}, "", "  ", "a\x00b", "a\nb", "x" * 3000])
def test_every_field_is_clean_text(anyone: Caller, name: str, value: Any) -> None:
    assert codes(anyone.post("registrations", form(**{name: value}))) == {name: ANY}


@pytest.mark.parametrize("username", ["an lan", "lan!", "a/b", "<b>", "a\u200bb", "a\u202eb", "💐"])
def test_a_username_is_made_of_letters_digits_and_few_signs(anyone: Caller, username: str) -> None:
    assert codes(anyone.post("registrations", form(username=username))) == {"username": "invalid"}


@pytest.mark.parametrize("email", ["lan", "lan@", "@example.org", "a b@example.org", "a@b@c.org"])
def test_an_email_is_an_address(anyone: Caller, email: str) -> None:
    assert codes(anyone.post("registrations", form(email=email))) == {"email": "invalid"}


def test_unknown_fields_are_refused(anyone: Caller) -> None:
    response = anyone.post("registrations", form(is_staff=True))
    assert codes(response) == {"is_staff": "unknown_field"}


def test_text_is_kept_in_nfc(anyone: Caller) -> None:
    decomposed = "Nguye\u0302\u0303n"
    job_id = anyone.post("registrations", form(last_name=decomposed)).json()["id"]
    assert Job.objects.get(pk=job_id).input["last_name"] == "Nguyễn"


def test_the_caller_owns_the_job(anyone: Caller, staff: Caller, customer: Caller) -> None:
    job_id = staff.post("registrations", form()).json()["id"]
    assert staff.get(f"jobs/{job_id}").status_code == 200
    assert customer.get(f"jobs/{job_id}").status_code == 404
    assert anyone.get(f"jobs/{job_id}").status_code == 401
