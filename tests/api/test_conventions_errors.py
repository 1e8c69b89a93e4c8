"""Every error is a problem, wherever it comes from."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.testing import capture_logs

from api import errors, middleware
from api.serializers.base import Form
from api.serializers.fields import TextField
from api.views.base import OpenView
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as real
from shop.core.errors import NotFound, Refused, ShopError, Unavailable

__all__ = ["handler400", "handler403", "handler404", "handler500"]


class CartEmpty(Refused):
    code = "cart_empty"
    detail = "There is nothing in the cart."


class NoAuthor(NotFound):
    field = "author_id"


class Echo(Form):
    text = TextField()


class Raising(OpenView):
    authentication_classes = ()
    error: BaseException | None = None

    def get(self, request: Request) -> Response:
        assert self.error
        raise self.error

    def post(self, request: Request) -> Response:
        return Response(Echo.parse(request))


RAISED: dict[str, Exception] = {}


def plain(request: HttpRequest, name: str) -> HttpResponse:
    raise RAISED[name]


class Api(OpenView):
    authentication_classes = ()

    def get(self, request: Request, name: str) -> Response:
        raise RAISED[name]


urlpatterns = [
    *real,
    path("plain/<name>", plain),
    path("api/v1/raise/<name>", Api.as_view()),
    path("api/v1/echo", Raising.as_view()),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    RAISED.clear()


def ended() -> InternalError:
    """Return what Django raises where PostgreSQL has ended a session that stood still."""
    error = InternalError("terminating connection due to idle-in-transaction timeout")
    error.__cause__ = psycopg.errors.IdleInTransactionSessionTimeout()
    return error


ERRORS: list[tuple[Exception, int, str]] = [
    (CartEmpty(), 409, "cart_empty"),
    (NoAuthor(), 422, "invalid_input"),
    (NotFound(), 404, "not_found"),
    (Unavailable(), 503, "unavailable"),
    (Http404(), 404, "not_found"),
    (PermissionDenied(), 403, "forbidden"),
    (SuspiciousOperation(), 400, "bad_request"),
    (OperationalError("at 10.0.0.1"), 503, "database_unavailable"),
    (InterfaceError("closed"), 503, "database_unavailable"),
    (psycopg.OperationalError("closed"), 503, "database_unavailable"),
    (ended(), 503, "database_unavailable"),
    (InternalError("current transaction is aborted"), 500, "internal_error"),
    (drf.NotAuthenticated(), 401, "not_authenticated"),
    (drf.AuthenticationFailed(), 401, "invalid_token"),
    (drf.Throttled(wait=7.2), 429, "too_many_requests"),
    (drf.NotAcceptable(), 406, "not_acceptable"),
    (errors.TooLarge(), 413, "too_large"),
    (KeyError("secret"), 500, "internal_error"),
    (ShopError(), 500, "internal_error"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("where", ["/plain/x", "/api/v1/raise/x"])
def test_an_error_is_a_problem(
    client: Client, where: str, error: Exception, status: int, code: str
) -> None:
    RAISED["x"] = error
    response = client.get(where)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert (body["status"], body["code"]) == (status, code)
    assert {"type", "title", "detail"} <= set(body)
    assert b"secret" not in response.content
    assert b"10.0.0.1" not in response.content
    assert ("Retry-After" in response) == (status in {429, 503})
    assert ("WWW-Authenticate" in response) == (status == 401)


def test_a_refused_field_is_named(client: Client) -> None:
    RAISED["x"] = NoAuthor()
    assert client.get("/api/v1/raise/x").json()["errors"] == [
        {"field": "author_id", "code": "not_found", "detail": "There is no such thing."}
    ]


def test_who_is_throttled_learns_for_how_long(client: Client) -> None:
    RAISED["x"] = drf.Throttled(wait=7.2)
    assert client.get("/api/v1/raise/x")["Retry-After"] == "8"


def test_a_bug_is_logged_with_the_requests_id(client: Client, caplog: Any) -> None:
    RAISED["x"] = KeyError("secret")
    client.get("/api/v1/raise/x", headers={"X-Request-ID": "abc"})
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_the_status_of_every_code_is_one() -> None:
    assert {code for _, code in errors.CODES} <= set(errors.STATUSES)
    assert set(errors.DETAILS) <= set(errors.STATUSES)


@pytest.mark.parametrize("where", ["/nope", "/api/v1/nope", "/api/v1/jobs/", "/api/v1/customers/x"])
def test_what_is_not_there_is_a_problem(client: Client, where: str) -> None:
    response = client.get(where)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_person_with_a_browser_gets_a_page(client: Client) -> None:
    response = client.get("/nope", headers={"Accept": "text/html,*/*"})
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
    assert client.get("/api/v1/nope", headers={"Accept": "text/html"}).json()["status"] == 404


def test_another_host_is_refused(client: Client) -> None:
    response = client.get("/livez", headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert "SHOP_HOSTS" in response.json()["detail"]


def test_a_request_that_cannot_be_understood_is_told_why(client: Client) -> None:
    kind = "application/x-www-form-urlencoded; charset=latin1"
    response = client.post(f"/sandbox/payments/{uuid4()}", b"a=%ff", content_type=kind)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert "UTF-8" in response.json()["detail"]


def test_a_wrong_method_outside_the_api_names_the_right_ones(client: Client) -> None:
    response = client.post("/livez")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"


def chunked(body: bytes) -> WSGIRequest:
    environ = {
        **RequestFactory().generic("POST", "/api/v1/echo").environ,
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": BytesIO(body),
    }
    return WSGIRequest(environ)


def answer_chunked(body: bytes) -> Any:
    handler = middleware.ProblemMiddleware(lambda request: Raising.as_view()(request).render())
    return handler(chunked(body))


def test_a_body_in_chunks_is_read() -> None:
    assert json.loads(answer_chunked(b'{"text": "a"}').content) == {"text": "a"}


def test_a_body_in_chunks_is_read_up_to_a_limit() -> None:
    response = answer_chunked(b'{"text": "' + b"a" * 1024 * 1024 + b'"}')
    assert (response.status_code, json.loads(response.content)["code"]) == (413, "too_large")


@pytest.mark.parametrize("given", ["abc", "A-b_c.9", "x" * 128])
def test_a_sane_request_id_is_kept(client: Client, given: str) -> None:
    assert client.get("/livez", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\nb", "ü", '{"a":1}'])
def test_another_request_id_is_replaced(client: Client, given: str) -> None:
    made = client.get("/livez", headers={"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert len(made) == 36


def test_every_answer_has_a_request_id(client: Client) -> None:
    RAISED["x"] = KeyError()
    for where in ("/nope", "/api/v1/raise/x", "/plain/x", "/static/nope", "/admin/"):
        assert client.get(where)["X-Request-ID"]
    assert client.get("/livez", headers={"Host": "evil.example"})["X-Request-ID"]


def test_a_request_is_one_line_without_what_it_says(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "log", structlog.get_logger())
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        client.get("/nope?secret=1", headers={"X-Request-ID": "abc"})
    assert [{**line, "ms": 0} for line in lines] == [
        {
            "event": "request",
            "log_level": "info",
            "request_id": "abc",
            "method": "GET",
            "path": "/nope",
            "status": 404,
            "ms": 0,
        }
    ]


def test_answers_of_the_api_are_not_kept_by_caches(client: Client) -> None:
    assert client.get("/api/v1/nope")["Cache-Control"] == "no-store"
