"""Messages leave when what they tell of is committed; that they cannot leave harms nobody."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from celery import current_app
from celery.canvas import Signature
from django.db import transaction

from shop.core.errors import Refused
from tasks.engine import jobs, registry
from tasks.engine import publish as publishing
from tasks.engine.models import Job, State
from tasks.engine.workflow import NotYet
from tests.engine.conftest import begin, deliver, finish, script

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_pause() -> Iterator[None]:
    publishing._paused_until = 0.0
    yield
    publishing._paused_until = 0.0


def _start() -> Callable[[], Any]:
    return begin


def _turn_back() -> Callable[[], Any]:
    script.errors["ask"] = [Refused("no")]
    job = deliver(begin())
    return lambda: deliver(job)


def _wake() -> Callable[[], Any]:
    script.errors["ask"] = [NotYet(seconds=60)]
    job = deliver(deliver(begin()))
    return lambda: jobs.wake(job_id=job.pk)


def _resume() -> Callable[[], Any]:
    script.errors["last"] = [Refused("no")]
    job = finish(begin())
    return lambda: jobs.resume(job_id=job.pk)


@pytest.mark.parametrize("prepare", [_start, _turn_back, _wake, _resume])
def test_a_message_leaves_when_its_transaction_is_over_and_not_before(
    prepare: Callable[[], Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Job] = []

    def send(jobs: Sequence[Job]) -> bool:
        sent.extend(jobs)
        return True

    act = prepare()
    monkeypatch.setattr(publishing, "_send", send)
    with transaction.atomic():
        act()
        assert sent == []
    assert len(sent) == 1
    stored = Job.objects.get(pk=sent[0].pk)
    assert (stored.seq, stored.state) == (sent[0].seq, sent[0].state)


def test_an_accepted_job_stays_accepted_whatever_happens_to_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Sequence[Job]) -> bool:
        raise RuntimeError("nobody has thought of this")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_send", fail)
        with transaction.atomic():
            job = begin()
    assert finish(job).state == State.SUCCEEDED


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_frozen_broker_costs_one_short_wait_and_not_one_for_each_job(
    mute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = current_app.connection_for_write(url=mute)
    real = Signature.apply_async

    def to_the_frozen(self: Signature, *args: Any, **more: Any) -> Any:
        return real(self, *args, **{**more, "connection": frozen})

    took: list[float] = []

    def send_five() -> None:
        began = time.monotonic()
        for _ in range(5):
            publishing._send([Job(kind="low_stock", version=registry.newest("low_stock").version)])
        took.append(time.monotonic() - began)

    monkeypatch.setattr(Signature, "apply_async", to_the_frozen)
    # In a thread that need not end: without its time limits it would not.
    thread = threading.Thread(target=send_five, daemon=True)
    thread.start()
    thread.join(4)
    assert took, "it waits for good"
    assert took[0] < 2
