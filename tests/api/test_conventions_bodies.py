"""A body is whole, small enough, and read before anybody acts on it."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client

from api import bodies
from api.bodies import MAX_READERS, MAX_READERS_OF_ONE, MAX_WAITING
from api.middleware import ProblemMiddleware
from api.serializers.base import MAX_UNKNOWN


def send(body: bytes, **environ: Any) -> tuple[HttpResponse, list[bytes]]:
    """Send a body as it arrives from a server, and return the answer and what a view saw."""
    seen: list[bytes] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.read())
        return JsonResponse({})

    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/v1/anything",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(body),
            **environ,
        }
    )
    response = ProblemMiddleware(view)(request)
    assert isinstance(response, HttpResponse)
    return response, seen


def test_a_whole_body_reaches_the_view() -> None:
    assert send(b"{}", CONTENT_LENGTH="2")[1] == [b"{}"]
    assert send(b"{}", HTTP_TRANSFER_ENCODING="chunked")[1] == [b"{}"]


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": "40"},
        {"CONTENT_LENGTH": "x"},
        {"CONTENT_LENGTH": "٣"},
    ],
)
def test_a_body_that_is_cut_off_is_400_and_nothing_acts_on_it(environ: dict[str, str]) -> None:
    response, seen = send(b"{}", **environ)
    assert (response.status_code, seen) == (400, [])


def test_a_broken_chunk_is_400() -> None:
    response, seen = send(b"", HTTP_TRANSFER_ENCODING="chunked")
    assert (response.status_code, seen) == (400, [])


def test_a_length_above_the_limit_is_413_before_anything_is_read() -> None:
    response, seen = send(b"", CONTENT_LENGTH="99999999999")
    assert (response.status_code, seen) == (413, [])


class Silent(io.BytesIO):
    """A body that does not come as long as somebody else is to be heard."""

    def __init__(self, until: threading.Event) -> None:
        super().__init__(b"{}")
        self.until = until

    def read(self, size: int | None = -1) -> bytes:
        assert self.until.wait(10)
        return super().read(size)


@contextmanager
def silent(number: int, *, each: int) -> Iterator[list[Future[Any]]]:
    """Have so many wait for a body, so many of each address; at the end the bodies come."""
    until = threading.Event()
    with ThreadPoolExecutor(number) as pool:
        found = []
        for one in range(number):
            body = {"wsgi.input": Silent(until), "REMOTE_ADDR": f"10.0.0.{one // each}"}
            found.append(pool.submit(send, b"", CONTENT_LENGTH="2", **body))
        try:
            yield found
        finally:
            until.set()


def answers(found: list[Future[Any]]) -> list[int]:
    return [future.result()[0].status_code for future in found]


def test_slow_bodies_leave_room_for_other_requests() -> None:
    with silent(MAX_READERS, each=MAX_READERS_OF_ONE) as found:
        wait_for(lambda: bodies._all._free == 0)
        response, seen = send(b"{}", CONTENT_LENGTH="2", REMOTE_ADDR="10.1.0.1")
        assert (response.status_code, seen) == (503, [])
        assert response["Retry-After"]
        assert send(b"", REMOTE_ADDR="10.1.0.1")[0].status_code == 200
    assert answers(found) == [200] * MAX_READERS
    assert nobody_reads()
    assert send(b"{}", CONTENT_LENGTH="2", REMOTE_ADDR="10.1.0.1")[0].status_code == 200


def test_one_address_does_not_take_the_places_of_all() -> None:
    with silent(MAX_READERS, each=MAX_READERS) as found:
        refused = MAX_READERS - MAX_READERS_OF_ONE
        wait_for(lambda: sum(future.done() for future in found) == refused)
        for address, status in (("10.0.0.0", 503), ("10.0.0.1", 200)):
            response, _ = send(b"{}", CONTENT_LENGTH="2", REMOTE_ADDR=address)
            assert response.status_code == status
    assert sorted(answers(found)) == [200] * MAX_READERS_OF_ONE + [503] * refused
    assert nobody_reads()


def test_many_whole_bodies_of_one_address_are_read_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 10)
    monkeypatch.setattr(bodies, "BURST_SECONDS", 0)
    number = MAX_READERS_OF_ONE + MAX_READERS
    with silent(number, each=number) as found:
        wait_for(lambda: any(way.is_full for way, _ in bodies._ways.values()))
        assert send(b"{}", CONTENT_LENGTH="2", REMOTE_ADDR="10.0.0.0")[0].status_code == 503
    assert answers(found) == [200] * number
    assert nobody_reads()


def test_a_burst_of_one_address_is_read_to_the_last() -> None:
    number = MAX_READERS_OF_ONE + 4 * MAX_WAITING
    with ThreadPoolExecutor(number) as pool:
        address = {"REMOTE_ADDR": "10.0.0.0"}
        found = [pool.submit(send, b"{}", CONTENT_LENGTH="2", **address) for _ in range(number)]
        assert set(answers(found)) == {200}
    assert nobody_reads()


def nobody_reads() -> bool:
    return bodies._all._free == MAX_READERS and not bodies._ways


def wait_for(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.django_db
def test_sixty_thousand_unknown_fields_get_a_short_answer(client: Client) -> None:
    body = {f"k{number}": 1 for number in range(60_000)}
    response = client.post("/api/v1/auth/login", body, content_type="application/json")
    assert response.status_code == 422
    unknown = [e for e in response.json()["errors"] if e["code"] == "unknown_field"]
    assert len(unknown) == MAX_UNKNOWN


@pytest.mark.django_db
@pytest.mark.parametrize("domain", ["ü" * 63 + ".com", "。x.com"])
def test_an_address_that_mail_cannot_express_is_422(client: Client, domain: str) -> None:
    body = {"email": f"a@{domain}"}
    response = client.post("/api/v1/registrations", body, content_type="application/json")
    assert {"field": "email", "code": "invalid"} in [
        {"field": e["field"], "code": e["code"]} for e in response.json()["errors"]
    ]


@pytest.mark.django_db
def test_a_version_asked_of_the_schema_reaches_no_header(client: Client) -> None:
    response = client.get("/api/schema", {"version": "\na:b"})
    assert response.status_code == 200
    assert response.json()["info"]["version"] == "1"


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/metrics"])
def test_a_wrong_method_beside_the_api_is_405(path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/api/v1/books", "/admin/login/", "/nowhere"])
def test_methods_that_nobody_knows_are_405_and_leave_no_trace(path: str) -> None:
    for number in range(3):
        response = Client().generic(f"MADEUP{number}", path)
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
        assert "GET" in response["Allow"]
        assert response["X-Request-ID"]
    assert b"MADEUP" not in Client().get("/metrics").content
