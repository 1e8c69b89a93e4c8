"""Which errors an operation can answer.

Some all can, some follow from what the view says anyway (who may ask, what the path and the form
hold), and the rest its decorator declares.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from api import errors
from api.pagination import InvalidCursor, PageQuery
from api.schema.decorators import Declared, Refusal
from api.schema.headers import refer
from api.serializers.base import NoParameters, Query
from api.serializers.fields import CustomerIdField
from shop.core.errors import NotFound, PreconditionFailed, Unavailable
from tasks.engine.jobs import KeyReused

ALL = (
    *("bad_request", "not_acceptable", "too_large", "invalid_input", "internal_error"),
    *("database_unavailable", Unavailable),
)
WITH_A_BODY = ("malformed_json", "unsupported_media_type")
# Beside what every answer has.
HEADERS = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
PROBLEM = {"$ref": "#/components/schemas/Problem"}


def admits_anyone(view: APIView, method: str) -> bool:
    """Return whether the view's permissions let somebody in who has no token."""
    asked = HttpRequest()
    asked.method = method
    request = Request(asked)
    request.user = AnonymousUser()
    return all(one.has_permission(request, view) for one in view.get_permissions())


def responses(
    view: APIView, *, method: str, path: str, form: Any, matches: bool, declared: Declared
) -> dict[str, Any]:
    """Return an operation's error answers by status, each with its codes and an example of each.

    `matches` says whether it takes `If-Match`.
    """
    by_status: dict[int, list[errors.Answer]] = defaultdict(list)
    for refusal in _all(view, method, path, form, matches, declared):
        answer = _answer(refusal)
        if answer not in by_status[answer.status]:
            by_status[answer.status].append(answer)
    return {
        str(status): _response(status, answers) for status, answers in sorted(by_status.items())
    }


def _all(
    view: APIView, method: str, path: str, form: Any, matches: bool, declared: Declared
) -> Iterator[Refusal]:
    """Yield whatever it can be refused for, maybe twice."""
    query: type[Query] = getattr(view, "query", NoParameters)
    yield from ALL
    if method != "GET":
        yield from WITH_A_BODY
    if view.throttle_classes:
        yield "too_many_requests"
    yield from _of_callers(view, method)
    if "{" in path or _names_a_customer(form) or (method == "GET" and _names_a_customer(query)):
        yield NotFound
    if method == "GET" and issubclass(query, PageQuery):
        yield InvalidCursor
    if declared.kind:
        yield KeyReused
    if matches:
        yield PreconditionFailed
    yield from declared.refuses


def _of_callers(view: APIView, method: str) -> Iterator[str]:
    """Yield what a caller is refused for because of who they are, or are not."""
    if view.authentication_classes:
        yield "invalid_token"
    if admits_anyone(view, method):
        return
    yield "not_authenticated"
    if not set(view.permission_classes) <= {AllowAny, IsAuthenticated}:
        yield "forbidden"


def _names_a_customer(kind: Any) -> bool:
    """Return whether a form or query holds the id of a customer: another's is `404`."""
    return kind is not None and any(
        isinstance(field, CustomerIdField) for field in kind().fields.values()
    )


def _answer(refusal: Refusal) -> errors.Answer:
    """Return what a client is told."""
    if isinstance(refusal, str):
        return errors.of_code(refusal)
    answer = errors.describe(refusal())
    if answer is None:
        raise ValueError(f"{refusal} has no answer.")
    return answer


def _response(status: int, answers: list[errors.Answer]) -> dict[str, Any]:
    """Return the answers of one status as OpenAPI has them."""
    codes = list(dict.fromkeys(answer.code for answer in answers))
    return {
        "x-name": "Or".join(_camel(name) for name in _names(answers)),
        "description": "\n".join(_told(answers)),
        "headers": refer("X-Request-ID", *HEADERS.get(status, ())),
        "content": {
            errors.CONTENT_TYPE: {
                "schema": {
                    "allOf": [PROBLEM],
                    "properties": {"status": {"const": status}, "code": {"enum": codes}},
                },
                "examples": {
                    name: {"value": _example(answer)}
                    for name, answer in zip(_names(answers), answers, strict=True)
                },
            }
        },
    }


def _names(answers: Iterable[errors.Answer]) -> list[str]:
    """Return a name for each: its code, or that of the field which is to blame."""
    return [
        f"{answer.errors[0]['code']}_of_{answer.errors[0]['field']}"
        if answer.errors
        else answer.code
        for answer in answers
    ]


def _told(answers: Iterable[errors.Answer]) -> Iterator[str]:
    """Yield a line of Markdown for each."""
    for answer in answers:
        if answer.errors:
            wrong = answer.errors[0]
            yield f"- `{answer.code}`, `{wrong['code']}` of `{wrong['field']}`: {wrong['detail']}"
        else:
            yield f"- `{answer.code}`: {answer.detail}"


def _example(answer: errors.Answer) -> dict[str, Any]:
    """Return a problem as the gateway writes it."""
    wrong = answer.errors
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and answer.code == "invalid_input":
        unknown = {"field": "colour", "code": "unknown_field", "detail": "There is no such field."}
        wrong = wrong or [unknown]
    return errors.problem(answer.code, answer.detail, status=answer.status, errors=wrong)


def _camel(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))
