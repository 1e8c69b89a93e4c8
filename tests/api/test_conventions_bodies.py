"""A body is whole, small enough, and read before anybody acts on it."""

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client

from api import middleware
from api.middleware import MAX_READERS, ProblemMiddleware
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


def test_slow_bodies_leave_room_for_other_requests() -> None:
    for _ in range(MAX_READERS):
        assert middleware._readers.acquire(blocking=False)
    try:
        response, seen = send(b"{}", CONTENT_LENGTH="2")
        assert (response.status_code, seen) == (503, [])
        assert response["Retry-After"]
        assert send(b"")[0].status_code == 200
    finally:
        for _ in range(MAX_READERS):
            middleware._readers.release()
    assert send(b"{}", CONTENT_LENGTH="2")[0].status_code == 200


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
