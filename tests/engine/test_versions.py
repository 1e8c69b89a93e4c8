"""A changed workflow is a new version; jobs of the old one go on as they began."""

from dataclasses import replace

import pytest

from shop.core.errors import Refused
from tasks.engine import jobs, registry
from tasks.engine.attempts import attempt
from tasks.engine.jobs import JobPastCancel
from tasks.engine.links import register
from tasks.engine.models import Job, State
from tasks.engine.workflow import Link, MiswiredError, Step, Workflow
from tests.engine.conftest import WORKFLOW, deliver, finish, script, states

pytestmark = pytest.mark.django_db(transaction=True)


def greet(*, word: str) -> None:
    script.run(f"greet {word}")


OLD = register(replace(WORKFLOW, kind="versioned"))
NEW = register(
    replace(OLD, version=2, links=(*OLD.links, Link("orders", Step(name="greet", do=greet))))
)

FORWARD = register(replace(WORKFLOW, kind="onward", forward_only=True))


def start(workflow: Workflow) -> Job:
    given = {"word": "go", "optional": None}
    return jobs.start(workflow, input=given, secrets={"token": "t0p"})


def test_jobs_of_both_versions_run_side_by_side_each_as_it_began() -> None:
    old, new = deliver(start(OLD)), deliver(start(registry.newest("versioned")))
    old, new = finish(old), finish(new)
    assert old.state == new.state == State.SUCCEEDED
    assert (old.version, new.version) == (1, 2)
    assert "greet" not in states(old)
    assert states(new)["greet"] == "done"
    assert script.ran.count("greet go") == 1


def test_their_tasks_have_different_names() -> None:
    assert OLD.task_name(OLD.links[0]) == "versioned.first+extra"
    assert NEW.task_name(NEW.links[0]) == "versioned.v2.first+extra"
    assert NEW.undo_task_name == "versioned.v2.undo"


def test_a_version_is_registered_once() -> None:
    with pytest.raises(MiswiredError, match="registered already"):
        registry.add(replace(OLD))


def test_a_job_older_than_an_input_runs_with_the_default() -> None:
    def shout(*, word: str, mark: str = "!") -> None:
        script.run(f"{word}{mark}")

    assert attempt(shout, {"word": "go"}) == {}
    assert script.ran == ["go!"]


def test_a_workflow_that_only_goes_forward_cannot_be_cancelled_and_gets_stuck() -> None:
    job = start(FORWARD)
    with pytest.raises(JobPastCancel):
        jobs.cancel(job_id=job.pk)
    script.errors["first"] = [Refused()]
    assert finish(job).state == State.STUCK
    jobs.resume(job_id=job.pk)
    assert finish(job).state == State.SUCCEEDED
