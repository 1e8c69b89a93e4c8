"""How faults begin and end: each is a context in which it holds. At its end all is well again."""

import os
import random
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import redis

from config.local.options import ROOT
from config.local.programs import Command
from tests.chaos.proxy import LATE_SECONDS, RELEASE_SECONDS, Way
from tests.chaos.resp import Mode
from tests.chaos.stack import GATEWAY_REDIS, WORKERS_REDIS, Stack
from tests.chaos.trouble import Trouble
from tests.journeys.client import poll
from tests.journeys.processes import Process

# Every write to it fails as on a full disk.
FULL = Path("/dev/full")
SKEWED = {"PYTHONPATH": os.pathsep.join((str(Path(__file__).parent / "skewed"), str(ROOT)))}
# The patience of a supervisor.
STOP_SECONDS = 20.0
SHOPS_SESSIONS = "FROM pg_stat_activity WHERE application_name LIKE 'shop-%%'"


@contextmanager
def killed(stack: Stack, target: str) -> Iterator[None]:
    """Kill a process alone: what it has forked must notice by itself."""
    _tell(stack[target], signal.SIGKILL)
    try:
        yield
    finally:
        stack[target].kill()
        stack.bring_up(target)


@contextmanager
def killed_child(stack: Stack, target: str) -> Iterator[None]:
    """Kill one of the processes that a process has forked to do its work."""
    _send([_some_child(stack, target)], signal.SIGKILL)
    try:
        yield
    finally:
        stack.bring_up(target)


@contextmanager
def killed_backend(stack: Stack, target: str) -> Iterator[None]:
    """Kill the server process of one of the shop's sessions: PostgreSQL then ends them all."""
    session = stack.books.rows(f"SELECT pid {SHOPS_SESSIONS} ORDER BY random() LIMIT 1")
    _send([row["pid"] for row in session], signal.SIGKILL)
    try:
        yield
    finally:
        stack.bring_up(target)


@contextmanager
def ended_backends(stack: Stack, target: str) -> Iterator[None]:
    """End about half of the shop's sessions, as an operator may."""
    stack.books.rows(f"SELECT pg_terminate_backend(pid) {SHOPS_SESSIONS} AND random() < 0.5")
    yield


@contextmanager
def lost(stack: Stack, target: str) -> Iterator[None]:
    """Kill Valkey and remove all that it kept."""
    with killed(stack, target):
        stack[target].kill()
        stack.wipe_redis()
        yield


@contextmanager
def frozen(stack: Stack, target: str) -> Iterator[None]:
    """Stop a process and all that it forked."""
    parent = stack[target].pid
    stopped = [parent]
    try:
        # First the parent: after it nobody forks.
        _send([parent], signal.SIGSTOP)
        stopped += _children(parent)
        _send(stopped, signal.SIGSTOP)
        yield
    finally:
        _send(reversed(stopped), signal.SIGCONT)


@contextmanager
def frozen_child(stack: Stack, target: str) -> Iterator[None]:
    """Stop one of the processes that a process has forked to do its work."""
    child = [_some_child(stack, target)]
    try:
        _send(child, signal.SIGSTOP)
        yield
    finally:
        _send(child, signal.SIGCONT)


@contextmanager
def garbled(stack: Stack, target: str, *, mode: Mode) -> Iterator[None]:
    """Have all messages sent thrice, out of order or late; at the end all of them are sent."""
    links = (GATEWAY_REDIS, WORKERS_REDIS)
    try:
        for link in links:
            stack.links.switch(link, mode=mode)
        yield
    finally:
        for link in links:
            stack.links.switch(link)
        for link in links:
            stack.links.await_released(link, seconds=LATE_SECONDS + RELEASE_SECONDS + 5)


@contextmanager
def switched(stack: Stack, target: str, *, way: Way) -> Iterator[None]:
    """Have a network between some processes and a server swallow or refuse everything."""
    try:
        stack.links.switch(target, way=way)
        yield
    finally:
        stack.links.switch(target)


@contextmanager
def full(stack: Stack, target: str) -> Iterator[None]:
    """Have Valkey refuse whatever needs memory."""
    with redis.Redis.from_url(stack.redis.url, socket_timeout=5) as session:
        try:
            session.config_set("maxmemory", 1)
            yield
        finally:
            session.config_set("maxmemory", 0)


@contextmanager
def troubled(stack: Stack, target: str, *, trouble: Trouble) -> Iterator[None]:
    """Have the payment provider do something wrong."""
    try:
        stack.trouble.write_text(trouble)
        yield
    finally:
        stack.trouble.unlink(missing_ok=True)


@contextmanager
def ahead(stack: Stack, target: str) -> Iterator[None]:
    """Have a process live some minutes in the future."""
    program = _program(stack, target)
    with _as_another(
        stack, target, replace(program, environment={**program.environment, **SKEWED})
    ):
        stack.bring_up(target)
        yield


@contextmanager
def without_log(stack: Stack, target: str) -> Iterator[None]:
    """Have a process live although nothing can be written to its log."""
    program = _program(stack, target)
    # That a worker is ready would stand in its log.
    is_ready = (lambda _: True) if target.startswith("worker") else program.is_ready
    with _as_another(stack, target, replace(program, log=FULL, is_ready=is_ready)):
        poll(stack[target].program.ready, seconds=60, what=f"{target} is up without a log")
        yield
        assert stack[target].is_running, f"{target} ended because it could write no log"


@contextmanager
def _as_another(stack: Stack, target: str, program: Command) -> Iterator[None]:
    """Have a process run in another way, stopping it in order before and after."""
    process, usual = stack[target], _program(stack, target)
    try:
        _stop(process)
        process.program = program
        process.start()
        yield
    finally:
        _stop(process)
        process.program = usual
        stack.bring_up(target)


def _stop(process: Process) -> None:
    """Stop a process in order, as a supervisor does: its children hear of it from itself."""
    _tell(process, signal.SIGTERM)
    with suppress(AssertionError):
        poll(lambda: not process.is_running, seconds=STOP_SECONDS, what="it has ended")
    process.kill()


def _program(stack: Stack, target: str) -> Command:
    program = stack[target].program
    assert isinstance(program, Command)
    return program


def _some_child(stack: Stack, target: str) -> int:
    """Return one of a process's children; one that was killed just now is replaced soon."""
    found = poll(lambda: _children(stack[target].pid), seconds=10, what=f"{target} has children")
    return random.choice(found)


def _children(parent: int) -> list[int]:
    """Return a process's children; PostgreSQL's are in sessions of their own, so by parent."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # After the name, which may hold anything: state, parent.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _tell(process: Process, number: int) -> None:
    """Send a process alone a signal; where it has ended its id may be a stranger's by now."""
    if process.is_running:
        _send([process.pid], number)


def _send(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
