"""A worker that is killed, or freezes for longer than its lease, at every point of its way through
every workflow, forward and back: a real process with a real session of PostgreSQL.

The points come from a run without a fault: a new step is tested by being listed.
"""

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from shop.core.errors import Refused
from tasks.engine import attempts, jobs, registry, turn, turns
from tasks.engine.models import Job, State
from tasks.engine.rows import SUSPECT
from tasks.engine.workflow import Call, Function, Outcome
from tests.workflows import forks, points, snapshots
from tests.workflows.cases import CASES, totals, visible
from tests.workflows.forks import Child, Point
from tests.workflows.snapshots import Snapshot
from tests.workflows.test_faults import EFFECTS

pytestmark = pytest.mark.django_db(transaction=True)

# What is changed by the jobs that such a job starts.
CONSEQUENCES = {
    "password_reset": {"mailed tokens": 1},
    "registration": {**EFFECTS["registration"], "mailed tokens": 1},
    "unpaid_orders": {
        "orders": -1,
        "reservations": -3,
        "copies reserved": -6,
        "notifications": 1,
    },
}
# Milliseconds in which PostgreSQL notices that a client is dead.
NOTICED_MS = 5_000


@pytest.fixture
def mail(settings: LazySettings, tmp_path: Path) -> Path:
    """Where all mail goes, that of children too."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


Way = Callable[[Job, pytest.MonkeyPatch], None]


def forward(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it go to its end."""


def failed(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the last step that can refuse it do so, after it has done its work."""
    _bring_to_last_link(job)
    workflow = registry.workflow_of(job)
    refusing = workflow.steps[: workflow.pivot + 1][-1].do
    real = attempts.attempt

    def attempt(function: Function, values: Mapping[str, Any]) -> Outcome:
        outcome = real(function, values)
        return Refused() if function is refusing else outcome

    monkeypatch.setattr(turn, "attempt", attempt)
    monkeypatch.setattr(turns, "attempt", attempt)


def cancelled(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel it as late as that can be done."""
    _bring_to_last_link(job)
    jobs.cancel(job_id=job.pk)


def _bring_to_last_link(job: Job) -> None:
    """Bring the job to the last link from which it can go back: `forward` dies on the way there."""
    workflow = registry.workflow_of(job)
    bounds = [workflow.bounds(link) for link in workflow.links]
    last = [steps for steps in bounds if steps[0] <= workflow.pivot][-1]
    while job.cursor not in last:
        forks.work(most=1)
        job.refresh_from_db()


def lost(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose its message."""
    forks.put_back({})


def suspected(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Suspect it of killing workers: who takes it says so first."""
    Job.objects.filter(pk=job.pk).update(publications=SUSPECT)


GOES_BACK: dict[Way, State] = {failed: State.FAILED, cancelled: State.CANCELLED}
WAYS = [
    pytest.param(workflow.kind, way, id=f"{workflow.kind}-{way.__name__}")
    for workflow in map(registry.newest, sorted(CASES))
    for way in (forward, failed, cancelled)
    if way is forward or not workflow.forward_only
]
# These are the engine's alone: one workflow is as good as another.
WAYS += [
    pytest.param("capacity_check", way, id=f"capacity_check-{way.__name__}")
    for way in (lost, suspected)
]


@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_a_worker_that_is_killed_or_freezes(
    kind: str, way: Way, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, total, job = _accepted(kind)
    way(job, monkeypatch)
    snapshot = Snapshot(files=mail)
    passed, end = _undisturbed(job, mail)
    assert end["state"] == GOES_BACK.get(way, State.SUCCEEDED)
    if way in GOES_BACK:
        assert visible() == before, "something is left of a job that went back"
    else:
        assert _changes(total, totals()) == CONSEQUENCES.get(kind, EFFECTS[kind])
    assert _least(kind, way) <= {point.name for point in passed}, "a point is not watched any more"
    within = [str(x) for x in passed if x.in_transaction and _is_outside(x, kind)]
    assert within == [], "in a transaction, which may yet be rolled back"

    for point in passed:
        snapshot.restore()
        with noted(f"killed at {point}"):
            _be_killed(job, point)
            assert _end(job, mail) == end
        # In a transaction its locks keep others away until PostgreSQL ends it: like a kill.
        if not point.in_transaction:
            snapshot.restore()
            with noted(f"frozen at {point}"), frozen(job, point):
                forks.finish()
            assert _end(job, mail) == end, f"frozen at {point}"


@pytest.mark.parametrize("kind", ["checkout", "payment"])
def test_a_job_that_is_cancelled_while_its_worker_is_frozen(kind: str, mail: Path) -> None:
    before, _, job = _accepted(kind)
    snapshot = Snapshot(files=mail)
    passed, end = _undisturbed(job, mail)
    answers = set()
    for point in (x for x in passed if not x.in_transaction):
        snapshot.restore()
        with noted(f"frozen at {point}"), frozen(job, point):
            answers.add(accepted := _cancel(job))
            forks.finish()
        job.refresh_from_db()
        if accepted:
            found = job.state, visible()
            assert found == (State.CANCELLED, before), f"frozen at {point}"
        else:
            assert _end(job, mail) == end, f"frozen at {point}"
    assert answers == {True, False}


def _accepted(kind: str) -> tuple[dict[str, list[Any]], dict[str, int], Job]:
    """Accept a job; return what could be seen of the shop before, how much, and the job."""
    forks.put_back({})
    accept = CASES[kind]()
    # What led here is over.
    forks.work()
    forks.finish()
    return visible(), totals(), accept()


def _undisturbed(job: Job, mail: Path) -> tuple[list[Point], dict[str, Any]]:
    """Return the points that a child passes to which nothing happens, and the end."""
    child = Child(job.pk)
    assert child.has_finished
    return child.points, _end(job, mail)


def _least(kind: str, way: Way) -> set[str]:
    """Return points that a job passes in any case."""
    if way is suspected:
        return {"look", "claim", "lock", "commit"}
    steps = registry.newest(kind).steps if way is forward else ()
    done = {points.name_of(step.do) for step in steps if not step.when}
    return {"look", "lock", "commit", *done}


def _is_outside(point: Point, kind: str) -> bool:
    """Return whether it is a call or a message: nothing that a rollback takes back."""
    calls = [step for step in registry.newest(kind).steps if isinstance(step, Call)]
    functions = [function for call in calls for function in (call.do, call.undo) if function]
    return point.name.startswith("message") or point.name in map(points.name_of, functions)


@contextmanager
def noted(what: str) -> Iterator[None]:
    """Say of whatever fails in here what was done to the worker."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


def _be_killed(job: Job, point: Point) -> None:
    child = Child(job.pk, until=point)
    assert (child.signal, child.points[-1]) == (signal.SIGKILL, point)
    _assert_nothing_is_locked()
    forks.finish()


@contextmanager
def frozen(job: Job, point: Point) -> Iterator[None]:
    """Have a worker frozen that thaws at the end, when nothing is left for it to do."""
    child = Child(job.pk, until=point, number=signal.SIGSTOP)
    try:
        assert (child.signal, child.points[-1]) == (signal.SIGSTOP, point)
        _assert_nothing_is_locked()
        yield
        (ended,) = Job.objects.filter(pk=job.pk).values()
    finally:
        child.go_on()
    assert child.has_finished
    forks.finish()
    assert [ended] == list(Job.objects.filter(pk=job.pk).values())


def _cancel(job: Job) -> bool:
    """Return whether the job can be cancelled, and has been."""
    try:
        jobs.cancel(job_id=job.pk)
    except (jobs.JobFinal, jobs.JobPastCancel):
        return False
    return True


def _assert_nothing_is_locked() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {NOTICED_MS}")
        cursor.execute("SELECT id FROM jobs_job FOR UPDATE")


def _end(job: Job, mail: Path) -> dict[str, Any]:
    """Return how a job ended, and all that there is then."""
    job.refresh_from_db()
    letters = [path.read_text() for path in mail.glob("*")]
    return {
        "state": job.state,
        "steps": [(step["name"], step["state"], step["attempts"]) for step in job.steps],
        "jobs": sorted(Job.objects.values_list("kind", "state")),
        "rows": snapshots.counts(),
        "totals": totals(),
        # One that is in doubt is sent again, under the same id.
        "mail": len({name for text in letters for name in re.findall(r"Message-ID: (.+)", text)}),
    }


def _changes(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {name: after[name] - old for name, old in before.items() if after[name] != old}
