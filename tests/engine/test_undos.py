"""A job tells of each undo as it does of each step: attempts, times, and what went wrong."""

from datetime import datetime
from typing import Any

import pytest

from shop.core.errors import Refused, Unavailable
from tasks.engine import jobs
from tasks.engine.models import Job, State
from tasks.engine.turn import FORWARD_TRIES
from tests.engine.conftest import begin, deliver, finish, script

pytestmark = pytest.mark.django_db(transaction=True)
# What is taken back, and what fails where that does.
EACH = pytest.mark.parametrize(
    ("name", "failing"), [("ask", "undo ask"), ("acceptance", "take back")]
)


def undos(job: Job) -> dict[str, dict[str, Any]]:
    found = {step["name"]: step["undo"] for step in job.steps if "undo" in step}
    return {**found, **({"acceptance": job.undo} if job.undo else {})}


def test_a_job_that_goes_forward_tells_of_no_undo() -> None:
    assert undos(finish(begin(optional="salt"))) == {}


def test_each_step_that_has_an_undo_tells_when_it_was_taken_back() -> None:
    script.errors["ask"] = [Refused("no")]
    job = finish(begin(optional="salt"))
    found = undos(job)
    # `extra` has nothing to take back, and `last` was never begun.
    assert list(found) == ["first", "ask", "acceptance"]
    acceptance = found.pop("acceptance")
    for name, undo in found.items():
        step = next(step for step in job.steps if step["name"] == name)
        assert (undo["attempts"], undo["error"], step["attempts"]) == (1, None, 1)
        assert step["finished_at"] <= undo["started_at"] <= undo["finished_at"]
        datetime.fromisoformat(undo["finished_at"])
    # The last step is taken back first.
    assert found["ask"]["finished_at"] <= found["first"]["finished_at"]
    assert (acceptance["attempts"], acceptance["error"]) == (1, None)
    assert found["first"]["finished_at"] <= acceptance["started_at"] <= acceptance["finished_at"]


@EACH
def test_attempts_at_an_undo_are_counted_and_the_last_error_is_kept_until_it_is_done(
    name: str, failing: str
) -> None:
    script.errors = {"ask": [Refused("no")], failing: [Unavailable("away"), ValueError()]}
    job = deliver(deliver(deliver(begin())))
    undo = undos(job)[name]
    began_at = undo["started_at"]
    assert began_at
    assert undo == {
        "attempts": 1,
        "started_at": began_at,
        "finished_at": None,
        "error": {"code": "unavailable", "detail": "away"},
    }
    undo = undos(deliver(job))[name]
    assert (undo["attempts"], undo["error"]["code"]) == (2, "internal_error")
    undo = undos(finish(job))[name]
    assert (undo["attempts"], undo["started_at"], undo["error"]) == (3, began_at, None)
    assert undo["finished_at"] > began_at


@EACH
def test_a_stuck_undo_tells_why_and_goes_on_counting_when_it_is_resumed(
    name: str, failing: str
) -> None:
    script.errors = {"ask": [Refused("no")], failing: [Unavailable()] * FORWARD_TRIES}
    job = finish(begin())
    assert job.state == State.STUCK
    undo = undos(job)[name]
    assert (undo["attempts"], undo["finished_at"]) == (FORWARD_TRIES, None)
    assert undo["error"]["code"] == "unavailable"
    jobs.resume(job_id=job.pk)
    assert undos(finish(job))[name]["attempts"] == FORWARD_TRIES + 1


def test_a_step_from_before_undos_were_told_of_is_taken_back_like_any() -> None:
    job = deliver(begin())
    assert "undo" not in job.steps[0]
    script.errors["ask"] = [Refused("no")]
    assert undos(finish(job))["first"]["attempts"] == 1
