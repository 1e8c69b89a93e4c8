"""Every step of every workflow, made to fail before, during and after it does its work.

The cases come from the definitions: a new step is tested by being listed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from shop.core.errors import Refused, Unavailable
from tasks import workflows
from tasks.engine import attempts, registry, turn, turns
from tasks.engine.models import State
from tasks.engine.workflow import Call, Workflow
from tests.workflows.cases import CASES, deliver, run, totals, visible

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The worker dies at this point: nothing catches it, and nothing is committed."""


def functions(workflow: Workflow) -> Iterator[tuple[str, int, Callable[..., Any]]]:
    """Yield each function that does something: its name, its step's index, itself."""
    for index, step in enumerate(workflow.steps):
        yield step.name, index, step.do
        if isinstance(step, Call) and step.record:
            yield f"{step.name} (record)", index, step.record


REAL = [getattr(workflows, name) for name in workflows.__all__]
POINTS = [
    pytest.param(workflow, index, function, id=f"{workflow.kind}.{name}")
    for workflow in REAL
    for name, index, function in functions(workflow)
]


@contextmanager
def fault(
    function: Callable[..., Any], moment: str, errors: list[BaseException]
) -> Iterator[list[str]]:
    """Have a step's function fail with these errors, one after the other, then work."""
    hits: list[str] = []
    real = attempts.attempt

    def attempt(called: Callable[..., Any], values: Mapping[str, Any]) -> Any:
        wanted = called is function and bool(errors)
        error = errors.pop(0) if wanted else None
        if error is not None:
            hits.append(moment)
        outcome = {} if error is not None and moment == "before" else real(called, values)
        if isinstance(error, Killed):
            raise error
        return error or outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn, "attempt", attempt)
        patch.setattr(turns, "attempt", attempt)
        yield hits


def test_every_workflow_has_a_case() -> None:
    assert {workflow.kind for workflow in REAL} == set(CASES)


@pytest.mark.parametrize("kind", sorted(CASES))
def test_without_a_fault_the_job_succeeds(kind: str) -> None:
    job = run(CASES[kind]()())
    assert job.state == State.SUCCEEDED
    assert job.result is not None


# What the error is decides how often it is tried, and when it comes what there is to take back.
@pytest.mark.parametrize(
    ("error", "moment"),
    [(Refused, "before"), (Refused, "during"), (ValueError, "during"), (Unavailable, "before")],
)
@pytest.mark.parametrize(("workflow", "index", "function"), POINTS)
def test_a_step_that_fails_for_good(
    workflow: Workflow,
    index: int,
    function: Callable[..., Any],
    error: type[Exception],
    moment: str,
) -> None:
    begin = CASES[workflow.kind]()
    before = visible()
    with fault(function, moment, _for_good(error, back=index <= workflow.pivot)) as hits:
        job = run(begin())
    assert hits
    if index <= workflow.pivot:
        assert job.state == State.FAILED
        assert visible() == before, "something is left of a job that failed"
        assert [s["state"] for s in job.steps[:index]] == ["undone"] * index
        assert job.steps[index]["state"] == "failed"
        assert all(s["state"] == "skipped" for s in job.steps[index + 1 :])
    else:
        assert job.state == State.STUCK
        assert [s["state"] for s in job.steps[:index]] == ["done"] * index


@pytest.mark.parametrize("moment", ["before", "during"])
@pytest.mark.parametrize(("workflow", "index", "function"), POINTS)
def test_a_step_whose_fault_passes(
    workflow: Workflow, index: int, function: Callable[..., Any], moment: str
) -> None:
    begin = CASES[workflow.kind]()
    before = totals()
    with fault(function, moment, [Unavailable("later"), Unavailable("later")]) as hits:
        job = run(begin())
    assert hits == [moment] * 2
    assert job.state == State.SUCCEEDED
    assert job.steps[index]["attempts"] == 3
    _same_change(workflow.kind, before, totals())


@pytest.mark.parametrize("moment", ["before", "during"])
@pytest.mark.parametrize(("workflow", "index", "function"), POINTS)
def test_a_worker_that_dies_in_a_step(
    workflow: Workflow, index: int, function: Callable[..., Any], moment: str
) -> None:
    begin = CASES[workflow.kind]()
    before = totals()
    job = begin()
    with fault(function, moment, [Killed()]) as hits, pytest.raises(Killed):
        run(job)
    assert hits == [moment]
    assert run(job).state == State.SUCCEEDED
    _same_change(workflow.kind, before, totals())


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_worker_that_dies_before_each_commit(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_: turn.Turn) -> None:
        raise Killed

    job = CASES[kind]()()
    deaths = 0
    while not job.is_final:
        with monkeypatch.context() as patch:
            patch.setattr(turn.Turn, "save", die)
            with pytest.raises(Killed):
                deliver(job)
        deaths += 1
        deliver(job)
    assert deaths == len(registry.workflow_of(job).links)
    assert job.state == State.SUCCEEDED


def _for_good(error: type[Exception], *, back: bool) -> list[BaseException]:
    """Return as many of these errors as make the engine give a step up."""
    tries = {Refused: 1, ValueError: turn.BUG_TRIES}
    return [error("no")] * tries.get(error, turn.TRIES if back else turn.FORWARD_TRIES)


def _same_change(kind: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Assert that a job with faults changed the shop as one without does: once."""
    changed = {name: after[name] - before[name] for name in before}
    assert {name: change for name, change in changed.items() if change} == EFFECTS[kind]


# What a job of each kind changes: rows that are there more, and copies of goods.
EFFECTS = {
    "abandoned_carts": {"notifications": 1},
    "account_deletion": {"carts": -1, "cart owners": -1, "notifications": -1},
    "capacity_check": {},
    # The three lines of the cart become an order's: one, two and three copies.
    "checkout": {
        "reservations": 3,
        "copies reserved": 6,
        "carts": -3,
        "orders": 1,
        "payments": 1,
        "charges": 1,
        "money paid": 300_000,
        "money charged": 300_000,
        "notifications": 1,
    },
    "clean_up": {},
    "daily_report": {},
    "email_verification": {"mailed tokens": 1},
    "goods_receipt": {"copies": 4, "room taken": 4},
    "goods_withdrawal": {"copies": -4, "room taken": -4},
    "inventory_setup": {"capacity": 7},
    "late_payment": {"charges": -1, "money charged": -100_000, "notifications": 1},
    "low_stock": {},
    "notification": {"notifications": 1},
    # A paid order is cancelled: its six copies are free again, its money goes back.
    "order_update": {
        "reservations": -3,
        "copies reserved": -6,
        "orders": -1,
        "payments": -1,
        "charges": -1,
        "money paid": -300_000,
        "money charged": -300_000,
        "notifications": 1,
    },
    # The letter has a job of its own.
    "password_reset": {},
    "password_reset_letter": {"mailed tokens": 1},
    "payment": {
        "payments": 1,
        "charges": 1,
        "money paid": 300_000,
        "money charged": 300_000,
        "notifications": 1,
    },
    "refund": {"money paid": -1_000, "money charged": -1_000, "notifications": 1},
    "registration": {
        "accounts": 1,
        "names": 1,
        "addresses": 1,
        "customers": 1,
        "cart owners": 1,
    },
    "sandbox_webhook": {},
    # The order is cancelled by a job of its own.
    "unpaid_orders": {},
    "verification": {},
}
