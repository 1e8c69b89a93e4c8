"""GET /jobs, GET /jobs/{id}, POST /jobs/{id}/cancel."""

import time
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models.functions import Now

from tasks.engine import jobs, recovery
from tasks.engine.models import Job
from tasks.workflows.capacity_check import CAPACITY_CHECK
from tasks.workflows.registration import REGISTRATION
from tests.api.callers import Caller, codes, new_customer, new_staff

pytestmark = pytest.mark.django_db


def start(owner: Caller | None = None, beneficiary: Caller | None = None) -> Job:
    with transaction.atomic():
        return jobs.start(
            CAPACITY_CHECK,
            input={"product_id": 1, "quantity": 1},
            owner_id=owner.account_id if owner else None,
            beneficiary_id=beneficiary.account_id if beneficiary else None,
        )


def start_registration(owner: Caller | None = None) -> Job:
    fields = ("username", "email", "first_name", "last_name", "address", "city", "country")
    with transaction.atomic():
        return jobs.start(
            REGISTRATION,
            input=dict.fromkeys(fields, "x"),
            secrets={"password_hash": "never shown"},
            owner_id=owner.account_id if owner else None,
        )


def end(job: Job, state: str = "succeeded", **changes: Any) -> None:
    Job.objects.filter(pk=job.pk).update(
        state=state, due_at=None, finished_at=Now(), secrets=None, **changes
    )


def test_a_job_is_shown_whole_and_without_its_input(customer: Caller) -> None:
    job = start_registration(customer)
    response = customer.get(f"jobs/{job.pk}")
    assert response.status_code == 200
    body = response.json()
    assert list(body) == [
        *("id", "kind", "state", "steps", "result", "error", "action", "links"),
        *("created_at", "started_at", "finished_at", "recoveries"),
    ]
    assert body["id"] == str(job.pk)
    assert (body["kind"], body["state"]) == ("registration", "queued")
    assert body["links"] == {"self": f"/api/v1/jobs/{job.pk}", "resource": None}
    assert body["steps"][0] == {
        "name": "create_account",
        "state": "pending",
        "attempts": 0,
        "started_at": None,
        "finished_at": None,
        "error": None,
    }
    assert body["recoveries"] == []
    assert b"never shown" not in response.content


def test_a_job_tells_how_it_was_recovered_but_not_on_which_machine(customer: Caller) -> None:
    job = start(customer)
    Job.objects.filter(pk=job.pk).update(due_at=Now(), claimed_by="machine:77")
    recovery.recover({})
    [entry] = customer.get(f"jobs/{job.pk}").json()["recoveries"]
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "number": 1,
        "step": "check_capacity",
        "publication": 2,
        "reason": "lease_ended",
    }
    end(job)
    response = customer.get(f"jobs/{job.pk}")
    assert len(response.json()["recoveries"]) == 1
    assert b"machine" not in response.content


def test_what_was_taken_back_tells_how_its_undo_went(customer: Caller) -> None:
    job = start_registration(customer)
    steps = [dict(step) for step in job.steps]
    error = {"code": "unavailable", "detail": "It is away."}
    times = {"started_at": "2026-01-01T00:00:00.000Z", "finished_at": None}
    steps[0]["undo"] = {"attempts": 2, **times, "error": error}
    Job.objects.filter(pk=job.pk).update(steps=steps, undo=steps[0]["undo"])
    shown = customer.get(f"jobs/{job.pk}").json()
    first, second, *_ = shown["steps"]
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503, **error}
    assert first["undo"] == shown["undo"] == {"attempts": 2, **times, "error": problem}
    assert "undo" not in second


def test_a_job_that_is_through_leads_to_what_it_made(customer: Caller) -> None:
    job = start_registration(customer)
    end(job, result={"user_id": 7, "account_id": 8})
    body = customer.get(f"jobs/{job.pk}").json()
    assert body["links"]["resource"] == "/api/v1/customers/7"
    assert body["finished_at"].endswith("Z")


def test_the_error_of_a_failed_job_is_a_problem(customer: Caller) -> None:
    job = start(customer)
    end(job, "failed", error={"code": "insufficient_stock", "detail": "Only 2 are left."})
    assert customer.get(f"jobs/{job.pk}").json()["error"] == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Only 2 are left.",
        "code": "insufficient_stock",
    }


def test_owner_beneficiary_and_staff_may_read_a_job(customer: Caller) -> None:
    owner = new_customer()
    job = start(owner, beneficiary=customer)
    for caller in (owner, customer, new_staff()):
        assert caller.get(f"jobs/{job.pk}").status_code == 200


def test_anothers_job_does_not_exist(customer: Caller) -> None:
    job = start(new_customer())
    for path in (f"jobs/{job.pk}", f"jobs/{uuid4()}"):
        response = customer.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert customer.get(f"jobs/{job.pk}").content == customer.get(f"jobs/{uuid4()}").content


def test_without_a_token_a_job_and_none_look_the_same(anyone: Caller, customer: Caller) -> None:
    found, missing = anyone.get(f"jobs/{start(customer).pk}"), anyone.get(f"jobs/{uuid4()}")
    assert found.status_code == missing.status_code == 401
    assert found.content == missing.content


def test_a_job_started_anonymously_is_for_whoever_holds_its_id(
    anyone: Caller, customer: Caller
) -> None:
    job = start_registration()
    for caller in (anyone, customer):
        assert caller.get(f"jobs/{job.pk}").status_code == 200


def test_a_job_that_the_clock_started_is_staffs(anyone: Caller, staff: Caller) -> None:
    job = start()
    assert anyone.get(f"jobs/{job.pk}").status_code == 401
    assert new_customer().get(f"jobs/{job.pk}").status_code == 404
    assert staff.get(f"jobs/{job.pk}").status_code == 200


@pytest.mark.parametrize("name", ["1", "abc", "../x", "0" * 32, "%00", "9" * 5000])
def test_an_id_that_is_none_is_404(staff: Caller, name: str) -> None:
    response = staff.get(f"jobs/{name}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_an_id_may_be_in_capitals(staff: Caller) -> None:
    assert staff.get(f"jobs/{str(start().pk).upper()}").status_code == 200


def test_reading_a_job_may_wait_for_its_end(staff: Caller) -> None:
    job = start()
    started = time.monotonic()
    response = staff.get(f"jobs/{job.pk}", Prefer="wait=1")
    assert time.monotonic() - started >= 1
    assert (response.status_code, response["Preference-Applied"]) == (200, "wait=1")
    end(job)
    response = staff.get(f"jobs/{job.pk}", Prefer="wait=20")
    assert (response.status_code, response["Preference-Applied"]) == (200, "wait=20")
    assert "Preference-Applied" not in staff.get(f"jobs/{job.pk}")


def listed(caller: Caller, query: str = "") -> list[str]:
    response = caller.get(f"jobs?{query}")
    assert response.status_code == 200, response.content
    return [job["id"] for job in response.json()["results"]]


def test_callers_list_their_own_jobs_and_staff_all_newest_first(
    customer: Caller, staff: Caller
) -> None:
    other = new_customer()
    found = [str(start(owner).pk) for owner in (customer, other, customer, None)]
    assert listed(customer) == [found[2], found[0]]
    assert listed(other) == [found[1]]
    assert listed(staff) == found[::-1]


def test_jobs_are_listed_by_kind_and_state(staff: Caller) -> None:
    check, registration = start(), start_registration()
    end(check)
    assert listed(staff, "kind=registration") == [str(registration.pk)]
    assert listed(staff, "state=succeeded") == [str(check.pk)]
    assert listed(staff, "kind=registration&state=succeeded") == []
    assert listed(staff, "kind=unknown") == []
    assert codes(staff.get("jobs?state=nope")) == {"state": "invalid_choice"}
    assert codes(staff.get("jobs?nope=1")) == {"nope": "unknown_field"}


def test_jobs_come_in_pages(staff: Caller) -> None:
    found = [str(start().pk) for _ in range(5)]
    body = staff.get("jobs?page_size=2").json()
    walked = [job["id"] for job in body["results"]]
    while body["next"]:
        body = staff.get(body["next"].removeprefix("http://testserver")).json()
        walked += [job["id"] for job in body["results"]]
    assert walked == found[::-1]


def test_nobody_lists_no_jobs(anyone: Caller) -> None:
    assert anyone.get("jobs").status_code == 401


def test_a_job_is_cancelled_by_its_owner_and_by_staff(customer: Caller, staff: Caller) -> None:
    for caller in (customer, staff):
        job = start_registration(customer)
        response = caller.post(f"jobs/{job.pk}/cancel")
        assert response.status_code == 202
        assert response["Location"] == f"/api/v1/jobs/{job.pk}"
        assert response.json()["id"] == str(job.pk)
        again = caller.post(f"jobs/{job.pk}/cancel", {})
        assert again.status_code == 202
        assert Job.objects.get(pk=job.pk).cancel_requested


def test_who_may_only_read_a_job_may_not_cancel_it(customer: Caller) -> None:
    job = start(new_customer(), beneficiary=customer)
    response = customer.post(f"jobs/{job.pk}/cancel")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_anothers_job_cannot_be_cancelled(anyone: Caller, customer: Caller) -> None:
    job = start(new_customer())
    assert customer.post(f"jobs/{job.pk}/cancel").status_code == 404
    assert anyone.post(f"jobs/{job.pk}/cancel").status_code == 401


def test_a_final_job_is_not_cancelled(customer: Caller) -> None:
    job = start_registration(customer)
    end(job)
    response = customer.post(f"jobs/{job.pk}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "job_final")


def test_cancelling_takes_no_fields(customer: Caller) -> None:
    job = start_registration(customer)
    assert codes(customer.post(f"jobs/{job.pk}/cancel", {"a": 1})) == {"a": "unknown_field"}
    assert not Job.objects.get(pk=job.pk).cancel_requested


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE"])
def test_other_methods_are_405_for_anyone(anyone: Caller, method: str) -> None:
    response = anyone.send(method, "jobs")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"
