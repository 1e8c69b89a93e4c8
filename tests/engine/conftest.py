"""A small workflow whose steps do what a test tells them to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypedDict
from uuid import UUID

import pytest
from django.db import connection

from shop.catalog import services as catalog
from tasks.engine import jobs, registry, turns
from tasks.engine.links import register
from tasks.engine.models import Job, State
from tasks.engine.workflow import Call, Link, Step, Workflow


@dataclass
class Script:
    """What the steps did, and what they are to do next."""

    ran: list[str] = field(default_factory=list)
    # By step, or `undo step`: the errors to raise before it works.
    errors: dict[str, list[Exception]] = field(default_factory=dict)
    # By step: something to do in the middle of it.
    within: dict[str, Callable[[], Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    outside: list[bool] = field(default_factory=list)
    so_far: list[Any] = field(default_factory=list)

    def run(self, name: str) -> None:
        """Note that a step ran, leave a row behind, then fail if that is wanted."""
        self.ran.append(name)
        catalog.create_author(author_name=name)
        if name in self.within:
            self.within[name]()
        if self.errors.get(name):
            raise self.errors[name].pop(0)


script = Script()


class Input(TypedDict):
    word: str
    optional: str | None


class First(TypedDict):
    first_id: int


class Answer(TypedDict):
    answer: str


class Second(TypedDict):
    second_id: int


def first(*, word: str, job_id: UUID) -> First:
    assert word
    assert job_id
    script.run("first")
    return First(first_id=1)


def undo_first(*, first_id: int, outcome: str) -> None:
    assert first_id == 1
    script.run(f"undo first {outcome}")


def ask(*, key: str, token: str) -> Answer:
    script.keys.append(key)
    script.tokens.append(token)
    script.outside.append(not connection.in_atomic_block)
    script.run("ask")
    return Answer(answer="yes")


def record(*, answer: str) -> Second:
    assert answer == "yes"
    script.run("record")
    return Second(second_id=2)


def undo_ask(*, key: str) -> Answer:
    script.keys.append(key)
    script.outside.append(not connection.in_atomic_block)
    script.run("undo ask")
    return Answer(answer="taken back")


def record_undo(*, answer: str) -> None:
    assert answer == "taken back"
    script.run("record undo")


def last(*, second_id: int, so_far: Any) -> None:
    assert second_id == 2
    script.so_far.append(so_far)
    script.run("last")


def extra(*, optional: str) -> None:
    script.run(f"extra {optional}")


def take_back(*, word: str) -> None:
    assert word
    script.run("take back")


WORKFLOW = register(
    Workflow(
        kind="example",
        input=Input,
        secrets=("token",),
        links=(
            Link(
                "orders",
                Step(name="first", do=first, undo=undo_first),
                Step(name="extra", do=extra, undo=None, when="optional"),
            ),
            Link(
                "payments",
                Call(
                    name="ask",
                    do=ask,
                    record=record,
                    undo=undo_ask,
                    record_undo=record_undo,
                    timeout=5,
                    pivot=True,
                ),
            ),
            Link("orders", Step(name="last", do=last)),
        ),
        undo=take_back,
        result=("first_id", "second_id"),
    )
)


@pytest.fixture(autouse=True)
def fresh_script() -> Script:
    """Give each test a script of its own."""
    script.__dict__.update(Script().__dict__)
    return script


def begin(optional: str | None = None, **more: Any) -> Job:
    """Start an example job."""
    return jobs.start(
        WORKFLOW, input={"word": "go", "optional": optional}, secrets={"token": "t0p"}, **more
    )


def deliver(job: Job, *, seq: int | None = None) -> Job:
    """Hand the job's present message to a worker, once, and return the job as it is then."""
    job.refresh_from_db()
    seq = job.seq if seq is None else seq
    workflow = registry.workflow_of(job)
    if job.state == State.COMPENSATING:
        turns.backward(workflow, job_id=job.pk, seq=seq)
    else:
        turns.forward(workflow, workflow.links_from(job.cursor)[0], job_id=job.pk, seq=seq)
    job.refresh_from_db()
    return job


def finish(job: Job, *, messages: int = 50) -> Job:
    """Deliver messages until the job rests."""
    for _ in range(messages):
        job.refresh_from_db()
        if job.due_at is None:
            return job
        deliver(job)
    raise AssertionError(f"{job} is {job.state} after {messages} messages")


def states(job: Job) -> dict[str, str]:
    """Return the state of each step."""
    return {step["name"]: step["state"] for step in job.steps}
