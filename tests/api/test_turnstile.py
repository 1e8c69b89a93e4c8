"""More at once than the gateway works on: some wait for their turn, the others come again."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from prometheus_client import REGISTRY

from api import security, turnstile, waiting
from api.turnstile import Crowded, Door, Turnstile, TurnstileMiddleware

SECONDS = 10.0
TURNED_AWAY = "shop_gateway_refused_total"


class Visitor:
    """A thread that enters and stays until it is told to go."""

    def __init__(self, gate: Turnstile) -> None:
        self.came_in, self._may_go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._visit, args=(gate,), daemon=True)
        self._thread.start()

    def _visit(self, gate: Turnstile) -> None:
        try:
            gate.enter()
        except Crowded:
            return
        self.came_in.set()
        self._may_go.wait(SECONDS)
        gate.leave()

    def go(self) -> None:
        self._may_go.set()
        self._thread.join(SECONDS)


Visit = Callable[[Turnstile], Visitor]


@pytest.fixture
def visit() -> Iterator[Visit]:
    visitors: list[Visitor] = []

    def begin(gate: Turnstile) -> Visitor:
        visitors.append(Visitor(gate))
        return visitors[-1]

    yield begin
    for one in visitors:
        one.go()


def await_line(gate: Turnstile) -> None:
    """Wait until the line is full."""
    poll = threading.Event()
    for _ in range(1000):
        if gate.is_full:
            return
        poll.wait(SECONDS / 1000)
    pytest.fail("nobody waits in line")


def test_who_finds_no_place_waits_for_one(visit: Visit) -> None:
    gate = Turnstile(working=1, line=1, patience=SECONDS)
    first = visit(gate)
    assert first.came_in.wait(SECONDS)
    assert not gate.is_full
    second = visit(gate)
    await_line(gate)
    assert not second.came_in.is_set()
    with pytest.raises(Crowded):
        gate.enter()
    first.go()
    assert second.came_in.wait(SECONDS)
    assert not gate.is_full


def test_a_line_may_be_longer_for_a_moment(visit: Visit) -> None:
    gate = Turnstile(working=1, line=1, patience=SECONDS, burst=0.5)
    inside = visit(gate)
    assert inside.came_in.wait(SECONDS)
    crowd = [visit(gate) for _ in range(5)]
    while len(gate._line) < len(crowd):
        time.sleep(0.001)
    assert not gate.is_full
    await_line(gate)
    with pytest.raises(Crowded):
        gate.enter()
    # One after the other goes, until one waits still, and then nobody.
    for one in (inside, *crowd[:3]):
        assert gate.is_full
        one.go()
    assert gate.is_full
    crowd[3].go()
    assert not gate.is_full


def test_who_comes_later_does_not_overtake_those_in_line(visit: Visit) -> None:
    gate = Turnstile(working=1, line=2, patience=SECONDS)
    gate.enter()
    waiting_for_long = visit(gate)
    while not gate._line:
        time.sleep(0.001)
    gate.leave()
    newcomer = visit(gate)
    assert waiting_for_long.came_in.wait(SECONDS)
    assert not newcomer.came_in.is_set()
    waiting_for_long.go()
    assert newcomer.came_in.wait(SECONDS)


def test_those_in_line_get_in_as_they_came(visit: Visit) -> None:
    gate = Turnstile(working=1, line=2, patience=SECONDS)
    inside = visit(gate)
    assert inside.came_in.wait(SECONDS)
    first = visit(gate)
    while not gate._line:
        time.sleep(0.001)
    second = visit(gate)
    await_line(gate)
    inside.go()
    assert first.came_in.wait(SECONDS)
    assert not second.came_in.is_set()


def test_a_turn_that_comes_at_the_last_moment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Turnstile(working=1, line=1, patience=0.0)
    gate.enter()
    line_up = gate._line_up

    def too_late() -> "threading.Lock | None":
        turn = line_up()
        # Whoever was in leaves: the place is this one's now, though it has not seen that in time.
        other = threading.Thread(target=pass_on)
        other.start()
        other.join()
        return turn

    def pass_on() -> None:
        gate._mine.place = True
        gate.leave()
        gate._free = 0

    gate._mine.place = False
    monkeypatch.setattr(gate, "_line_up", too_late)
    gate.enter()
    gate.leave()
    assert gate._free == 1


def test_nobody_waits_for_ever(visit: Visit) -> None:
    gate = Turnstile(working=1, line=1, patience=0.05)
    assert visit(gate).came_in.wait(SECONDS)
    with pytest.raises(Crowded):
        gate.enter()
    assert not gate.is_full


def test_who_waits_for_a_job_holds_no_place(monkeypatch: pytest.MonkeyPatch, visit: Visit) -> None:
    gate = Turnstile(working=1, line=0, patience=0.0)
    monkeypatch.setattr(waiting, "turnstile", gate)
    others: list[Visitor] = []

    class Looking(waiting.Watcher):
        def _wait(self, job_id: UUID, seconds: float) -> None:
            others.append(visit(gate))
            assert others[0].came_in.wait(SECONDS)

    gate.enter()
    Looking().wait(uuid4(), seconds=1)
    # What it gave back is somebody else's now.
    gate.leave()
    with pytest.raises(Crowded):
        gate.enter()


def nothing_left() -> Turnstile:
    return Turnstile(working=0, line=0, patience=0.0)


def test_a_request_that_finds_no_place_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(turnstile, "turnstile", nothing_left())
    before = REGISTRY.get_sample_value(TURNED_AWAY)
    assert before is not None
    response = client.get("/api/v1/books")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "unavailable"
    assert REGISTRY.get_sample_value(TURNED_AWAY) == before + 1
    page = client.get("/admin/", headers={"Accept": "text/html"})
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "try again later" in page.content.decode()
    assert client.get("/livez").status_code == 200


def test_a_place_is_given_back_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Turnstile(working=1, line=0, patience=0.0)
    monkeypatch.setattr(turnstile, "turnstile", gate)

    def fail(_: HttpRequest) -> HttpResponse:
        raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            TurnstileMiddleware(fail)(RequestFactory().get("/"))


class Asked(dict[str, Any]):
    """A request as a server hands it on, and what was answered."""

    def __init__(self, **environ: str) -> None:
        super().__init__({"REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/checkouts", **environ})
        self.status = ""
        self.headers: dict[str, str] = {}

    def answer(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(turnstile, "turnstile", nothing_left())
    return Door(lambda environ, start_response: [b"in"])


def test_where_the_line_is_full_nobody_gets_as_far_as_django(door: Door) -> None:
    asked = Asked(HTTP_X_REQUEST_ID="mine")
    before = REGISTRY.get_sample_value(TURNED_AWAY)
    assert before is not None
    [body] = door(asked, asked.answer)
    assert asked.status == "503 Service Unavailable"
    assert json.loads(body)["code"] == "unavailable"
    assert asked.headers.items() >= security.HEADERS.items()
    assert asked.headers["Retry-After"] == "5"
    assert asked.headers["X-Request-ID"] == "mine"
    assert asked.headers["Content-Length"] == str(len(body))
    assert REGISTRY.get_sample_value(TURNED_AWAY) == before + 1


def test_an_id_that_is_none_is_not_passed_on(door: Door) -> None:
    asked = Asked(HTTP_X_REQUEST_ID="a\r\nSet-Cookie: b")
    door(asked, asked.answer)
    assert UUID(asked.headers["X-Request-ID"]).version == 4


def test_a_head_has_no_body(door: Door) -> None:
    asked = Asked(REQUEST_METHOD="HEAD")
    assert door(asked, asked.answer) == []
    assert asked.status.startswith("503")


def test_who_looks_after_the_shop_always_gets_in(door: Door) -> None:
    for path in turnstile.ALWAYS:
        asked = Asked(PATH_INFO=path)
        assert door(asked, asked.answer) == [b"in"]


def test_where_there_is_room_all_get_in(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Turnstile(working=1, line=1, patience=0.0)
    monkeypatch.setattr(turnstile, "turnstile", gate)
    asked = Asked()
    assert door(asked, asked.answer) == [b"in"]


def test_a_crowd_is_a_line_a_second_in_the_log(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> int:
        return sum("turned_away" in str(line.msg) for line in caplog.records)

    monkeypatch.setattr(turnstile, "_quiet_until", 0.0)
    for expected in (1, 2):
        for _ in range(5):
            asked = Asked()
            door(asked, asked.answer)
        assert lines() == expected
        monkeypatch.setattr(turnstile, "_quiet_until", 0.0)


def test_a_body_is_read_before_a_place_is_taken() -> None:
    # Whoever sends slowly would hold it, for as long as it likes.
    names = [name.rpartition(".")[2] for name in settings.MIDDLEWARE]
    assert names.index("ProblemMiddleware") < names.index("TurnstileMiddleware")
