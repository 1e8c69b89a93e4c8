"""The demo order, up to the gateway's door."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.local import demo, report
from config.local.client import Client, Refusal
from config.local.directory import DataDirectory

JOB = {
    "id": "0198",
    "kind": "checkout",
    "state": "failed",
    "created_at": "2026-01-02T03:04:04.000000Z",
    "error": {"code": "payment_declined"},
    "steps": [
        {
            "name": "place_order",
            "state": "undone",
            "attempts": 2,
            "started_at": "2026-01-02T03:04:05.006000Z",
            "finished_at": "2026-01-02T03:04:05.018000Z",
            "error": None,
        },
        {
            "name": "notify",
            "state": "skipped",
            "attempts": 0,
            "started_at": None,
            "finished_at": None,
            "error": None,
        },
    ],
}


class Gateway:
    """Answers as the gateway does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.fails_at = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        self.calls.append((method, path, headers))
        if path == self.fails_at:
            raise Refusal(f"{method} {path} was answered 503", status=503)
        kind = path.partition("?")[0]
        return {
            "/registrations": {
                "id": "0197",
                "kind": "registration",
                "state": "succeeded",
                "result": {"user_id": 7},
            },
            "/auth/login": {"access": "token"},
            "/books": {"results": [{"id": 3}]},
            "/checkouts": {**JOB, "state": "queued"},
            "/jobs/0198": {**JOB, "state": "succeeded"},
        }.get(kind, {})


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway()
    monkeypatch.setattr(Client, "call", gateway.call)
    return gateway


def at_once(condition: Callable[[], bool], *, seconds: float) -> bool:
    assert seconds > 0
    return condition()


def place(directory: DataDirectory) -> dict[str, Any] | None:
    return demo.job(
        directory=directory, address="http://x", wait=at_once, username="admin", password="word"
    )


def test_a_shop_that_was_not_filled_here_has_no_demo_order(
    tmp_path: Path, gateway: Gateway
) -> None:
    assert place(DataDirectory(tmp_path)) is None
    assert gateway.calls == []


def test_the_order_is_placed_once_and_its_job_shown_ever_after(
    tmp_path: Path, gateway: Gateway
) -> None:
    directory = DataDirectory(tmp_path)
    demo.want(directory)
    for _ in range(3):
        job = place(directory)
        assert job
        assert job["state"] == "succeeded"
    assert [path for _, path, _ in gateway.calls].count("/checkouts") == 1
    assert "password" not in directory.read(demo.FILE)


def test_an_order_that_was_interrupted_goes_on_under_the_same_keys(
    tmp_path: Path, gateway: Gateway
) -> None:
    directory = DataDirectory(tmp_path)
    demo.want(directory)
    gateway.fails_at = "/carts/7/items/3"
    with pytest.raises(Refusal):
        place(directory)
    gateway.fails_at = ""
    assert place(directory)
    keys = [headers for _, path, headers in gateway.calls if path == "/registrations"]
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_into_a_file_the_steps_are_plain_lines() -> None:
    line = f"from config.local import report; report.steps({JOB!r})"
    printed = subprocess.run(
        [sys.executable, "-c", line],
        check=True,
        capture_output=True,
        text=True,
        env={"FORCE_COLOR": "1"},
    ).stdout
    assert "\x1b" not in printed
    assert "place_order" in printed
    assert "12 ms" in printed


def test_a_step_that_never_ran_shows_no_times() -> None:
    assert report.rows(JOB["steps"])[1] == ("notify", "skipped", "0", "", "")  # type: ignore[arg-type]


def test_a_gateway_that_is_not_there_is_a_refusal() -> None:
    with pytest.raises(Refusal, match="POST /auth/login was not answered"):
        Client("http://127.0.0.1:1").log_in(username="a", password="b")
