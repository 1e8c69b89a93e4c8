"""From error to answer: the one table of HTTP statuses, in the shape of RFC 9457.

An error has a code, and the code has a status. Whatever the shop refuses and is not named here
conflicts with the present state: `409`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any

import psycopg
from django.core import exceptions as django
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from shop.core.errors import NotFound, Refused, ShopError, Unavailable

CONTENT_TYPE = "application/problem+json"
# The name that `errors[].field` gives to the request's body as a whole.
BODY = "body"

STATUSES = {
    "bad_request": 400,
    "malformed_json": 400,
    "invalid_signature": 400,
    "not_authenticated": 401,
    "invalid_token": 401,
    "invalid_credentials": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "precondition_failed": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid_input": 422,
    "invalid_cursor": 422,
    "idempotency_key_reused": 422,
    "too_many_attempts": 429,
    "too_many_letters": 429,
    "too_many_requests": 429,
    "internal_error": 500,
    "unavailable": 503,
    "database_unavailable": 503,
}
CONFLICT = 409

# The codes of errors that are not the shop's own, the more special ones first.
CODES: tuple[tuple[type[Exception], str], ...] = (
    (drf.ParseError, "malformed_json"),
    (drf.NotAuthenticated, "not_authenticated"),
    (drf.AuthenticationFailed, "invalid_token"),
    (drf.PermissionDenied, "forbidden"),
    (drf.NotFound, "not_found"),
    (drf.MethodNotAllowed, "method_not_allowed"),
    (drf.NotAcceptable, "not_acceptable"),
    (drf.UnsupportedMediaType, "unsupported_media_type"),
    (drf.ValidationError, "invalid_input"),
    (drf.Throttled, "too_many_requests"),
    (Http404, "not_found"),
    (django.PermissionDenied, "forbidden"),
    (django.RequestDataTooBig, "too_large"),
    (django.SuspiciousOperation, "bad_request"),
    (django.BadRequest, "bad_request"),
    (OperationalError, "database_unavailable"),
    (InterfaceError, "database_unavailable"),
    (psycopg.OperationalError, "database_unavailable"),
)
# PostgreSQL ended the session, for its transaction had been held up too long: by a server or a
# gateway that stood still. Django passes these on as errors of ours.
SESSION_ENDED = (psycopg.errors.IdleInTransactionSessionTimeout, psycopg.errors.TransactionTimeout)

DETAILS = {
    "bad_request": "The request cannot be understood.",
    "malformed_json": "The body is not JSON.",
    "not_authenticated": "Send an access token: `Authorization: Bearer …`.",
    "invalid_token": "The access token is not valid, or no longer; log in again.",
    "forbidden": "This account may not do this; log in with one that may.",
    "not_found": "There is no such thing.",
    "method_not_allowed": "This cannot be asked here; see `Allow`.",
    "not_acceptable": "Answers are `application/json`.",
    "too_large": "The body is larger than 1 MiB.",
    "unsupported_media_type": "Send `Content-Type: application/json`.",
    "invalid_input": "Some of the input is not valid; see `errors`.",
    "too_many_requests": "Too many requests; try again later.",
    "internal_error": "Something went wrong here; the request's id leads to the cause.",
    "database_unavailable": "The database does not answer; try again later.",
}
OTHER_HOST = "The gateway does not answer to this host name; the setting SHOP_HOSTS names others."
# Seconds to wait before the same request again, where nothing better is known.
RETRY_AFTER = 5
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}


class TooLarge(drf.APIException):
    """The body is larger than a request may be."""

    status_code = STATUSES["too_large"]
    default_code = "too_large"
    default_detail = DETAILS["too_large"]


class EncodedBody(drf.APIException):
    """The body is compressed: one that is small could become any number of bytes."""

    status_code = STATUSES["unsupported_media_type"]
    default_code = "unsupported_media_type"
    default_detail = "Send the body as it is, without `Content-Encoding`."


@dataclass(frozen=True)
class Answer:
    """What a client is told of an error."""

    code: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the answer's body."""
        return problem(self.code, self.detail, status=self.status, errors=self.errors)


def problem(
    code: str,
    detail: str,
    *,
    status: int | None = None,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Return a problem's members (RFC 9457); the status is the code's where none is given.

    The `code` is what tells problems apart, so that `type` adds nothing: `about:blank`, whose
    title is the status's own.
    """
    status = status or STATUSES.get(code, CONFLICT)
    title = _PHRASES.get(status) or HTTPStatus(status).phrase
    found: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    found |= {"detail": detail, "code": code}
    return found if errors is None else {**found, "errors": errors}


def invalid(field: str, code: str, detail: str) -> drf.ValidationError:
    """Return the error, to be raised, of one field of the input: `422`."""
    return drf.ValidationError({field: [drf.ErrorDetail(detail, code)]})


def describe(error: BaseException) -> Answer | None:
    """Return what a client is told of this error, or None when it is a bug."""
    if isinstance(error, ShopError):
        return _of_the_shop(error)
    if isinstance(error, TooLarge | EncodedBody):
        return Answer(
            error.default_code, error.status_code, str(error.detail), headers=_headers(error, 0)
        )
    code = next((code for kind, code in CODES if isinstance(error, kind)), None)
    if isinstance(error.__cause__, SESSION_ENDED):
        code = "database_unavailable"
    if code is None:
        return None
    return Answer(
        code,
        STATUSES[code],
        _detail(error, code),
        errors=_field_errors(error) if isinstance(error, drf.ValidationError) else None,
        headers=_headers(error, STATUSES[code]),
    )


def _of_the_shop(error: ShopError) -> Answer | None:
    """Return the answer to an error that the shop knows, or None for one that it does not."""
    if isinstance(error, Unavailable):
        return Answer(error.code, 503, error.detail, headers={"Retry-After": str(RETRY_AFTER)})
    if not isinstance(error, Refused):
        return None
    if error.field is not None:
        errors = [{"field": error.field, "code": error.code, "detail": error.detail}]
        return Answer("invalid_input", 422, DETAILS["invalid_input"], errors)
    default = STATUSES["not_found"] if isinstance(error, NotFound) else CONFLICT
    status = STATUSES.get(error.code, default)
    return Answer(error.code, status, error.detail, headers=_headers(error, status))


def _detail(error: BaseException, code: str) -> str:
    """Return a sentence for people that shows nothing from inside."""
    if isinstance(error, drf.ParseError):
        return str(error.detail)
    if isinstance(error, django.DisallowedHost):
        return OTHER_HOST
    # Raised with a sentence for whoever asks, by the shop and by Django.
    if isinstance(error, django.BadRequest):
        return str(error) or DETAILS[code]
    return DETAILS[code]


def _headers(error: BaseException, status: int) -> dict[str, str]:
    """Return the headers that belong to this status."""
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": getattr(error, "auth_header", None) or "Bearer"}
    if isinstance(error, EncodedBody):
        return {"Accept-Encoding": "identity"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds: float | None = getattr(error, "wait", None)
        return {"Retry-After": str(max(1, ceil(seconds or 1)))}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER)}
    return {}


def _field_errors(error: drf.ValidationError) -> list[dict[str, str]]:
    """Return a flat list of what is wrong with each field."""
    return [
        {"field": ".".join(path) or BODY, "code": str(item.code), "detail": str(item)}
        for path, item in _leaves(error.detail, ())
    ]


def _leaves(detail: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every error in the tree that a serializer makes, with the way to its field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _leaves(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping)
            yield from _leaves(inner, (*path, str(index)) if nested else path)
    else:
        yield path, detail


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:  # noqa: ARG001
    """Answer an error raised in a view of REST framework; a bug goes on to `internal_error`."""
    answer = describe(error)
    if answer is None:
        return None
    return Response(
        answer.body(),
        status=answer.status,
        headers=dict(answer.headers),
        content_type=CONTENT_TYPE,
    )


def response(answer: Answer) -> HttpResponse:
    """Return the answer for a view of Django itself."""
    return JsonResponse(
        answer.body(),
        status=answer.status,
        headers=dict(answer.headers),
        content_type=CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def of_code(code: str) -> Answer:
    """Return the answer with this code, its status and its usual sentence."""
    headers = {"Retry-After": str(RETRY_AFTER)} if STATUSES[code] == 503 else {}
    return Answer(code, STATUSES[code], DETAILS[code], headers=headers)


def wants_html(request: HttpRequest) -> bool:
    """Return whether a person with a browser asks, for something that is not the API."""
    accepted = request.headers.get("Accept", "")
    return "text/html" in accepted and not request.path.startswith("/api/")
