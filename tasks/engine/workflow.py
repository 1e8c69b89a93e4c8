"""How a workflow is written: links of steps, checked for their wiring when they are imported.

compensatable steps ─ each with its undo
one pivot           ─ the money moves; once that is recorded, there is no way back
retriable steps     ─ tried until they are done
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, get_type_hints

from tasks.engine.models import Job, StepState

# What the engine itself hands to a step that asks for it: the job's id, the step's idempotency key
# (`{job_id}:{step}`), whose request it was, who started the job and whom it is for, and how far the
# step came before it asked for another turn; for an undo also what it ends in, `failed` or
# `cancelled`, and who cancelled it.
PROVIDED = frozenset({"job_id", "key", "owner_id", "beneficiary_id", "request_id", "so_far"})
PROVIDED_TO_UNDO = PROVIDED | {"outcome", "cancelled_by"}
# Seconds until a link that was published is published again. Above every timeout of a database
# session, so that a frozen worker has lost its locks by then, and above that of every call.
LEASE = 10.0

Function = Callable[..., Mapping[str, Any] | None]
# What came of a step: what it gave, or why it failed.
Outcome = Mapping[str, Any] | Exception
# The same for several jobs at once: given what the step asks for of each, it answers for each.
Many = Callable[[Sequence[Mapping[str, Any]]], Sequence[Outcome | None]]


class NotYet(Exception):
    """Raised by a step that waits for something outside, or has more to do than fits into a turn.

    Nothing that it wrote is kept, and it is run again, given `so_far`, a JSON value.

    `seconds` until it looks again, unless `jobs.wake` has it look earlier; with none, at once, by a
    message of its own. `action` is what the job's owner can do meanwhile. After `limit` seconds
    since its first try the step fails with `then`; without a limit it waits for as long as it says
    so.
    """

    def __init__(
        self,
        *,
        seconds: float,
        action: Mapping[str, Any] | None = None,
        limit: float | None = None,
        then: Exception | None = None,
        so_far: Any = None,
    ) -> None:
        """Wait."""
        super().__init__()
        self.seconds, self.action, self.limit, self.then = seconds, action, limit, then
        self.so_far = so_far


class MiswiredError(Exception):
    """A workflow asks for what nobody gives. Raised at import, so no worker starts with it."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change of the database, in the same commit as the note that it was done.

    `undo` may use the step's own result; a step without one leaves nothing to take back. `when`
    names an input or an earlier result: where that is null, the step is skipped. `pivot` marks the
    point of no return of a workflow that moves no money outside.

    `many` does what `do` does, for several jobs in as few statements as for one, and answers for
    each: a refusal leaves nothing of that job. What it raises undoes the work for all of them, and
    each is then done by itself.
    """

    name: str
    do: Function
    many: Many | None = None
    undo: Function | None = None
    when: str | None = None
    pivot: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """One conversation with the outside, under the key `{job_id}:{step}`.

    `do` and `undo` run outside any transaction and may be repeated with the same key. What they
    return goes to `record` and `record_undo`, which write to the database in the commit that
    notes the step as done or undone, and `record_wait` in that which notes that it waits. `undo`
    must leave a tombstone: it also runs when nobody knows whether `do` arrived, and `do` may still
    arrive later. `many` and `record_many` are `do` and `record` for several jobs, as in a Step;
    `many` takes no longer than `timeout` for all of them.
    """

    name: str
    do: Function
    timeout: float
    many: Many | None = None
    record: Function | None = None
    record_many: Many | None = None
    record_wait: Function | None = None
    undo: Function | None = None
    record_undo: Function | None = None
    when: str | None = None
    pivot: bool = False


@dataclass(frozen=True)
class Link:
    """What one message does, on one queue, in one commit. A Call may only stand first."""

    queue: str
    steps: tuple[Step | Call, ...]

    def __init__(self, queue: str, *steps: Step | Call) -> None:
        object.__setattr__(self, "queue", queue)
        object.__setattr__(self, "steps", steps)

    @property
    def name(self) -> str:
        """Return the link's steps, as Flower shows them."""
        return "+".join(step.name for step in self.steps)

    @cached_property
    def takes_many(self) -> bool:
        """Return whether one message may carry several jobs through all of its steps at once."""
        return all(
            step.many and (isinstance(step, Step) or not step.record or step.record_many)
            for step in self.steps
        )


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """The steps of one kind of job, in order.

    `input` is a TypedDict; `secrets` are further arguments, kept encrypted until last needed.
    `undo` takes back what accepting the job did, after all steps are undone. `result` names the
    values that the job answers with, or the one value that is the answer; `personal` names the
    members of that answer that are erased with the account of whom the job is for. One that is
    `forward_only` is past its pivot from the start: it can neither be cancelled nor fail.
    """

    kind: str
    input: type
    links: tuple[Link, ...]
    result: tuple[str, ...] | str
    secrets: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    undo: Function | None = None
    forward_only: bool = False
    version: int = 1
    steps: tuple[Step | Call, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Raise MiswiredError unless the workflow can be carried out as it is written."""
        object.__setattr__(self, "steps", tuple(s for link in self.links for s in link.steps))
        _check_shape(self)
        _check_wiring(self)

    @cached_property
    def pivot(self) -> int:
        """Return the index of the step after which only forward is possible."""
        if self.forward_only:
            return -1
        return next((i for i, step in enumerate(self.steps) if step.pivot), len(self.steps))

    def is_past_pivot(self, job: Job) -> bool:
        """Return whether there is no way back; a pivot that was skipped moved nothing."""
        if self.forward_only or job.cursor <= self.pivot:
            return self.forward_only
        return bool(job.steps[self.pivot]["state"] == StepState.DONE)

    def bounds(self, link: Link) -> range:
        """Return the indexes of the link's steps."""
        start = sum(len(earlier.steps) for earlier in self.links[: self.links.index(link)])
        return range(start, start + len(link.steps))

    def first_position(self, given: Mapping[str, Any]) -> int:
        """Return where a job of this input begins: at the first link that is not left out whole."""
        position = 0
        for link in self.links[:-1]:
            if not all(step.when and given.get(step.when, step) is None for step in link.steps):
                break
            position += len(link.steps)
        return position

    def links_from(self, cursor: int) -> list[Link]:
        """Return the links that are still to run when `cursor` is the next step."""
        return [link for link in self.links if cursor < self.bounds(link).stop]

    def task_name(self, link: Link) -> str:
        """Return the name of the link's Celery task, such as `checkout.place_order`."""
        return f"{self.kind}{'' if self.version == 1 else f'.v{self.version}'}.{link.name}"

    @property
    def undo_task_name(self) -> str:
        """Return the name of the Celery task that takes the job back."""
        return f"{self.kind}{'' if self.version == 1 else f'.v{self.version}'}.undo"

    def queue_at(self, cursor: int) -> str:
        """Return the queue of the step at `cursor`, or of the first one for the acceptance."""
        return next((x.queue for x in self.links if cursor in self.bounds(x)), self.links[0].queue)

    def needs_secret(self, name: str, cursor: int) -> bool:
        """Return whether a step from `cursor` on still asks for this secret."""
        return any(name in arguments(step.do) for step in self.steps[cursor:])


@cache
def arguments(function: Function) -> frozenset[str]:
    """Return the names that a step's function asks for."""
    return frozenset(inspect.signature(function).parameters)


def _returns(function: Function) -> frozenset[str]:
    returned = get_type_hints(function).get("return")
    return frozenset(getattr(returned, "__annotations__", {}))


def _check_shape(workflow: Workflow) -> None:
    names = [step.name for step in workflow.steps]
    if len(set(names)) != len(names):
        raise MiswiredError(f"{workflow.kind}: two steps have the same name.")
    if sum(step.pivot for step in workflow.steps) > 1:
        raise MiswiredError(f"{workflow.kind}: there can be one pivot only.")
    for link in workflow.links:
        for position, step in enumerate(link.steps):
            if not isinstance(step, Call):
                continue
            if position:
                raise MiswiredError(f"{workflow.kind}: the call {step.name} must begin its link.")
            if step.timeout >= LEASE:
                raise MiswiredError(f"{workflow.kind}: {step.name} may outlast its lease.")
            if step.undo is None and workflow.steps.index(step) <= workflow.pivot < len(names):
                raise MiswiredError(f"{workflow.kind}: {step.name} cannot be taken back.")


def _check_wiring(workflow: Workflow) -> None:
    given = frozenset(workflow.input.__annotations__)
    secrets = frozenset(workflow.secrets)
    _check_names(workflow, given | secrets)
    # What earlier steps gave, and the condition under which they did.
    results: dict[str, str | None] = {}
    for step in workflow.steps:
        if step.when and step.when not in given | set(results):
            raise MiswiredError(f"{workflow.kind}: {step.name} depends on something unknown.")
        # What is there when the step runs: a condition that is a result implies that result's own.
        holds = (None, step.when, results.get(step.when or ""))
        known = given | {name for name, when in results.items() if when in holds}
        for function, names in _needs(step, known, secrets):
            _check(workflow, step.name, function, names)
        gives = step.record if isinstance(step, Call) and step.record else step.do
        _check_names(workflow, _returns(gives))
        results |= dict.fromkeys(_returns(gives), step.when)
    if workflow.undo:
        _check(workflow, "its undo", workflow.undo, given | PROVIDED_TO_UNDO)
    wanted = {workflow.result} if isinstance(workflow.result, str) else set(workflow.result)
    if unknown := wanted - given - set(results):
        raise MiswiredError(f"{workflow.kind}: no step gives the result {', '.join(unknown)}.")


def _check_names(workflow: Workflow, names: frozenset[str]) -> None:
    if taken := names & PROVIDED:
        raise MiswiredError(f"{workflow.kind}: the engine itself gives {', '.join(sorted(taken))}.")


def _needs(
    step: Step | Call, known: frozenset[str], secrets: frozenset[str]
) -> Iterator[tuple[Function, frozenset[str]]]:
    """Yield each function of a step with the names that it may ask for."""
    gives = _returns(step.do)
    yield step.do, known | secrets | PROVIDED
    if isinstance(step, Step):
        if step.undo:
            yield step.undo, known | gives | PROVIDED_TO_UNDO
        return
    if step.record:
        yield step.record, known | gives | PROVIDED
    if step.record_wait:
        yield step.record_wait, known | PROVIDED
    # A call that is undone may never have answered: its own result is not known.
    if step.undo:
        yield step.undo, known | PROVIDED_TO_UNDO
    if step.record_undo:
        answer = _returns(step.undo) if step.undo else frozenset[str]()
        yield step.record_undo, known | answer | PROVIDED_TO_UNDO


def _check(workflow: Workflow, place: str, function: Function, known: frozenset[str]) -> None:
    if missing := arguments(function) - known:
        raise MiswiredError(
            f"{workflow.kind}: {place} ({function.__name__}) asks for {', '.join(sorted(missing))},"
            " which is neither in the input nor an earlier step's result."
        )
