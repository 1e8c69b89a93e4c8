"""`POST /jobs/{id}/resume`."""

from typing import Any
from uuid import uuid4

import pytest

from shop.core.errors import Refused
from tasks.steps import payments
from tests.api.callers import Caller, codes
from tests.orders import broken, held
from tests.shopping import bought, finished, job_of, new_buyer, refused
from tests.workflows.cases import run
from tests.workflows.test_faults import fault

pytestmark = pytest.mark.django_db


def stuck(staff: Caller) -> tuple[str, int]:
    """Return the path of a refund that the provider refused, and its order."""
    order_id = bought(new_buyer())["id"]
    accepted = staff.post(f"orders/{order_id}/refunds", {"amount": "20000"})
    with fault(payments.refund, "before", [Refused("no")]):
        run(job_of(accepted))
    return accepted["Location"], order_id


def resume(caller: Caller, path: str, body: Any = None, **headers: str) -> Any:
    return caller.post(f"{path}/resume", body, **headers)


def test_a_stuck_job_goes_on_once_what_it_is_stuck_in_works(staff: Caller) -> None:
    path, order_id = stuck(staff)
    found = staff.get(path).json()
    assert (found["state"], found["finished_at"]) == ("stuck", None)
    assert found["steps"][2]["state"] == "failed"
    assert held(order_id) == 50_000
    accepted = resume(staff, path)
    assert (accepted["Location"], accepted["Retry-After"]) == (path, "1")
    assert (accepted.json()["id"], accepted.json()["state"]) == (found["id"], "running")
    job = finished(staff, accepted)
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert (held(order_id), broken()) == (30_000, [])


def test_one_that_is_stuck_again_can_be_resumed_again(staff: Caller) -> None:
    path, order_id = stuck(staff)
    with fault(payments.refund, "before", [Refused("still no")]):
        run(job_of(resume(staff, path)))
    assert staff.get(path).json()["state"] == "stuck"
    assert finished(staff, resume(staff, path))["state"] == "succeeded"
    assert held(order_id) == 30_000


def test_only_a_stuck_job_is_resumed(staff: Caller) -> None:
    path, _ = stuck(staff)
    accepted = resume(staff, path)
    assert refused(resume(staff, path), 409, "job_not_stuck")
    finished(staff, accepted)
    assert refused(resume(staff, path), 409, "job_not_stuck")


def test_a_stuck_job_past_its_pivot_is_not_cancelled(staff: Caller) -> None:
    path, _ = stuck(staff)
    assert refused(staff.post(f"{path}/cancel"), 409, "job_past_cancel")


def test_only_staff_resume(staff: Caller, anyone: Caller) -> None:
    path, order_id = stuck(staff)
    buyer = new_buyer()
    for where in (path, f"/api/v1/jobs/{uuid4()}"):
        assert refused(resume(buyer, where), 403, "forbidden")
        assert refused(resume(anyone, where), 401, "not_authenticated")
    assert (staff.get(path).json()["state"], held(order_id)) == ("stuck", 50_000)


@pytest.mark.parametrize("job_id", [uuid4(), "0", "abc"])
def test_what_is_no_job_is_not_found(staff: Caller, job_id: Any) -> None:
    assert refused(resume(staff, f"/api/v1/jobs/{job_id}"), 404, "not_found")


def test_it_takes_no_input(staff: Caller) -> None:
    path, _ = stuck(staff)
    assert codes(resume(staff, path, {"state": "succeeded"})) == {"state": "unknown_field"}
    assert refused(staff.get(f"{path}/resume"), 405, "method_not_allowed")
