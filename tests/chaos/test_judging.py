"""The judges see what is wrong: jobs that end late, answers without JSON, books that disagree."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from tests.chaos import invariants, samples
from tests.chaos.injector import Injected
from tests.journeys.books import Books
from tests.journeys.client import Client
from tests.workflows.cases import new_book, write

# A job that took so many seconds, and what held it up: kind, target, from, to.
LATE = [
    ("registration", 61.0, []),
    ("checkout", 290.0, []),
    ("registration", 290.0, [("provider_slow", "provider", -20.0, -5.0)]),
    ("registration", 290.0, [("provider_slow", "provider", 1.0, 15.0)]),
    ("checkout", 290.0, [("provider_slow", "provider", -20.0, -5.0)]),
    ("registration", 290.0, [("kill_flower", "flower", float(at), at + 4.0) for at in range(290)]),
    ("registration", 80.0, [("kill_beat", "beat-1", 30.0, 32.0)]),
    # It had to be over when the fault began.
    ("registration", 130.0, [("kill_worker", "worker-customers", 65.0, 80.0)]),
]
IN_TIME = [
    ("registration", 59.0, []),
    ("registration", 120.0, [("kill_worker", "worker-customers", 55.0, 65.0)]),
    ("checkout", 290.0, [("provider_slow", "provider", 1.0, 15.0)]),
    (
        "registration",
        170.0,
        [("lose_redis", "redis", 50.0, 60.0), ("freeze_redis", "redis", 100.0, 114.0)],
    ),
]


def late(kind: str, seconds: float, faults: list[tuple[str, str, float, float]]) -> list[str]:
    """Return what the judge says of one job that began at 0."""
    row = {"kind": kind, "id": "one", "created": 0.0, "finished": seconds, "scope": ""}
    injected = [Injected(*fault) for fault in faults]
    seen: Any = SimpleNamespace(rows=[row], injected=injected, load=SimpleNamespace(accepted=[]))
    return invariants.is_soon(seen)[1]


@pytest.mark.parametrize(("kind", "seconds", "faults"), LATE)
def test_what_does_not_hold_a_job_up_excuses_nothing(
    kind: str, seconds: float, faults: list[tuple[str, str, float, float]]
) -> None:
    assert len(late(kind, seconds, faults)) == 1


@pytest.mark.parametrize(("kind", "seconds", "faults"), IN_TIME)
def test_what_holds_a_job_up_gives_it_time(
    kind: str, seconds: float, faults: list[tuple[str, str, float, float]]
) -> None:
    assert late(kind, seconds, faults) == []


def test_an_answer_that_is_no_json_is_an_answer() -> None:
    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(500)
            self.end_headers()
            self.wfile.write(b"Internal server error")

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        answer = Client(f"http://127.0.0.1:{server.server_port}").get("me")
    assert (answer.status, answer.body) == (500, "Internal server error")


@pytest.mark.django_db(transaction=True)
def test_a_sample_sees_books_that_disagree_though_each_number_is_allowed() -> None:
    name = settings.DATABASES["default"]["NAME"]
    database = settings.DATABASE_URL.rpartition("/")[0] + f"/{name}"
    new_book(copies=5)
    sampler = samples.Sampler(Books(database))
    sampler.look()
    assert sampler.breaches == set()
    write("UPDATE inventory_stock SET on_hand = on_hand + 1")
    sampler.look()
    assert sampler.breaches
    assert sampler.number == 2


def test_a_clock_that_has_stopped_is_seen() -> None:
    def judged(age: float) -> list[str]:
        kinds = ("unpaid_orders", "clean_up")
        rows = [{"kind": kind, "scope": "schedule", "age": age} for kind in kinds]
        seen: Any = SimpleNamespace(rows=rows)
        return invariants.goes_on(seen)[1]

    assert judged(70.0) == []
    assert len(judged(130.0)) == 2
    nothing: Any = SimpleNamespace(rows=[])
    assert len(invariants.goes_on(nothing)[1]) == 2
