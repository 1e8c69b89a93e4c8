"""What happens around every request, the API's and the others'."""

import time
from collections.abc import Callable

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api import bodies, errors, naming
from shop.core.errors import Unavailable

GetResponse = Callable[[HttpRequest], HttpResponseBase]
log = structlog.get_logger("gateway")
# What /metrics counts by; a client can think of any number of others.
IN_USE = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
METHODS = (*IN_USE, "OPTIONS", "TRACE", "CONNECT")


class RequestIdMiddleware:
    """Name every request, and write one line about it: neither its body nor its parameters."""

    def __init__(self, get_response: GetResponse) -> None:
        """Stand in front of `get_response`."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the `X-Request-ID` that came, or a new one."""
        request_id = naming.request_id(request.headers.get("X-Request-ID", ""))
        request.request_id = request_id  # type: ignore[attr-defined]  # ours, for the jobs
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        # Django would write a second line of each error, without the id.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


class ProblemMiddleware:
    """Make every error outside the back office a problem, whoever answered it.

    Bodies are read here: Django takes those in chunks for empty and those that break off for whole.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Stand in front of `get_response`."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as `get_response` does, its errors as problems."""
        if request.method not in METHODS:
            refused = errors.response(errors.of_code("method_not_allowed"))
            refused["Allow"] = ", ".join(IN_USE)
            return refused
        try:
            bodies.take(request)
        except (errors.TooLarge, errors.EncodedBody, BadRequest, Unavailable) as error:
            return errors.response(errors.describe(error) or errors.of_code("bad_request"))
        response = self.get_response(request)
        if request.path.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
        if isinstance(response, HttpResponse) and _is_bare_error(request, response):
            return _as_problem(response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view of Django itself raised; a bug goes on to `internal_error`."""
        answer = errors.describe(error)
        if answer is None or errors.wants_html(request):
            return None
        return errors.response(answer)


def _is_bare_error(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether this is an error that does not say what it is to a program."""
    if response.status_code < 400 or errors.wants_html(request):
        return False
    return "json" not in response.get("Content-Type", "")


def _as_problem(response: HttpResponse) -> HttpResponse:
    """Return the same error as a problem, with the headers that it has."""
    status = response.status_code
    code = next((code for code, known in errors.STATUSES.items() if known == status), "error")
    detail = errors.DETAILS.get(code, "The request was refused.")
    answer = errors.response(errors.Answer(code, status, detail))
    for name, value in response.items():
        if name not in {"Content-Type", "Content-Length"}:
            answer[name] = value
    answer.cookies = response.cookies
    return answer
