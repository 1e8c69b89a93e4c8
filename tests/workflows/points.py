"""The points at which a process that carries out jobs may die: before each thing that it does to
what outlives it. Nothing lies between what it did last and such a point, so that dying there is
dying after that as well.

The engine's own functions are watched: a new step has its points by being listed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from kombu.messaging import Producer

from tasks.engine import rows, turn, turns


def watch(reached: Callable[[str], None]) -> None:
    """Have `reached` called with the name of each point from now on, in this process for good."""
    _before(rows, "look", lambda *_, **__: "look", reached)
    _before(rows, "_claim", lambda *_: "claim", reached)
    _before(rows, "lock", lambda *_, **__: "lock", reached)
    # A step's function, a call, or what is noted of its answer; each may be undone, too.
    for module in (turn, turns):
        _before(module, "attempt", lambda function, _: name_of(function), reached)
    _before(BaseDatabaseWrapper, "commit", lambda _: "commit", reached)
    # To begin a job, to go on with the next link of its chain, or to undo it.
    _before(Producer, "publish", _message, reached)


def name_of(function: Callable[..., Any]) -> str:
    """Return a step's function as the workflows write it, such as `payments.capture`."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _message(*_: Any, headers: Mapping[str, Any] | None = None, **__: Any) -> str | None:
    # What workers tell Flower is no task.
    return f"message {headers['task']}" if headers and "task" in headers else None


def _before(
    owner: Any, name: str, point: Callable[..., str | None], reached: Callable[[str], None]
) -> None:
    real = getattr(owner, name)

    def watched(*args: Any, **more: Any) -> Any:
        if found := point(*args, **more):
            reached(found)
        return real(*args, **more)

    setattr(owner, name, watched)
