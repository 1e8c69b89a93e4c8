"""Jobs that come in quick succession share a message, where they are collected."""

import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from django.db import transaction

from tasks.engine import collecting, jobs, publish
from tasks.engine.collecting import Collector
from tasks.engine.models import Job
from tests.engine.conftest import begin
from tests.workflows.test_batches import several

pytestmark = pytest.mark.django_db(transaction=True)
# Far above a moment on a busy machine.
SECONDS = 20.0


class Broker:
    """What was sent, each message with its jobs, and how many messages wait."""

    def __init__(self) -> None:
        self.sent: list[list[Job]] = []
        self.depth = 0
        self.fault: Exception | None = None

    def send(self, group: Sequence[Job]) -> bool:
        self.sent.append(list(group))
        return True

    def depths(self, queues: Sequence[str]) -> dict[str, int]:
        if self.fault:
            raise self.fault
        return dict.fromkeys(queues, self.depth)

    @property
    def sizes(self) -> list[int]:
        return [len(group) for group in self.sent]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    found = Broker()
    monkeypatch.setattr(publish, "_send", found.send)
    monkeypatch.setattr(collecting, "depths", found.depths)
    return found


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setattr(jobs, "collector", made)
    made.switch_on()
    yield made
    made.switch_off()


def at_once(*tokens: str) -> None:
    """Have checkouts be accepted, all at the same moment."""
    with transaction.atomic():
        several(*tokens)


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_one_that_comes_alone_goes_at_once(broker: Broker, collector: Collector) -> None:
    broker.depth = collecting.BACKLOG
    several("tok_ok")
    assert until(lambda: broker.sizes == [1])


def alone(broker: Broker) -> None:
    """Have a job go at once, so that those after it wait for each other."""
    several("tok_ok")
    assert until(lambda: broker.sizes == [1])


def test_those_that_follow_go_together(
    broker: Broker, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "MOMENT", 1.0)
    alone(broker)
    at_once(*["tok_ok"] * 5)
    assert until(lambda: sum(broker.sizes) == 6)
    assert broker.sizes == [1, 5]


def test_while_messages_wait_more_jobs_wait_with_them_but_not_for_long(
    broker: Broker, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.depth = collecting.BACKLOG
    for name, value in {"MOMENT": 1.0, "LONGEST": 60.0}.items():
        monkeypatch.setattr(collecting, name, value)
    alone(broker)
    at_once("tok_ok", "tok_ok")
    time.sleep(2.0)
    assert broker.sizes == [1]
    broker.depth = 0
    assert until(lambda: broker.sizes == [1, 2])
    broker.depth = collecting.BACKLOG
    monkeypatch.setattr(collecting, "LONGEST", 0.1)
    at_once("tok_ok", "tok_ok")
    assert until(lambda: sum(broker.sizes) == 5)


@pytest.mark.parametrize("fault", [ConnectionError("away"), AttributeError("a bug of its client")])
def test_where_nobody_knows_what_waits_jobs_go_now_and_go_on(
    fault: Exception, broker: Broker, collector: Collector
) -> None:
    broker.fault = fault
    for number in (3, 6):
        at_once("tok_ok", "tok_ok", "tok_ok")
        assert until(lambda expected=number: sum(broker.sizes) == expected)  # type: ignore[misc]


def test_a_message_that_is_full_waits_for_nobody(
    broker: Broker, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"MOST": 2, "MOMENT": 60.0, "LONGEST": 60.0}.items():
        monkeypatch.setattr(collecting, name, value)
    broker.depth = collecting.BACKLOG
    alone(broker)
    at_once("tok_ok", "tok_ok")
    assert until(lambda: broker.sizes == [1, 2])


def test_what_cannot_share_a_message_goes_at_once(broker: Broker, collector: Collector) -> None:
    for _ in range(3):
        begin()
    assert broker.sizes == [1, 1, 1]


def test_at_the_end_what_is_in_hand_is_sent(
    broker: Broker, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "MOMENT", 60.0)
    alone(broker)
    at_once("tok_ok", "tok_ok")
    assert broker.sizes == [1]
    collector.switch_off()
    assert until(lambda: broker.sizes == [1, 2])
    several("tok_ok")
    assert broker.sizes == [1, 2, 1]
