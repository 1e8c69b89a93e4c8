"""What happens around every request, the API's and the others'."""

import io
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api import errors, parsers
from shop.core.errors import Unavailable

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
log = structlog.get_logger("gateway")
# What /metrics counts by; a client can think of any number of others.
IN_USE = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
METHODS = (*IN_USE, "OPTIONS", "TRACE", "CONNECT")
# Of the gateway's 64 threads, how many may read a body, in all and for one address; the others may
# wait for jobs (api/waiting.py). Nothing ends a read but the client, who may be silent for as long
# as it likes: the server knows no deadline for bodies. A whole body takes milliseconds, and who
# sends many at once waits so long for a turn, as long as it is not one of too many.
MAX_READERS = 24
MAX_READERS_OF_ONE = 6
PATIENCE_SECONDS = 0.5
_readers: Counter[str] = Counter()
_waiting: Counter[str] = Counter()
_turn = threading.Condition()


class RequestIdMiddleware:
    """Name every request, and write one line about it: neither its body nor its parameters."""

    def __init__(self, get_response: GetResponse) -> None:
        """Stand in front of `get_response`."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the `X-Request-ID` that came, or a new one."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
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
            _take_body(request)
        except (errors.TooLarge, BadRequest, Unavailable) as error:
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


def _take_body(request: HttpRequest) -> None:
    """Read the body, before anybody acts on it, and give the request what was read.

    Raises TooLarge above 1 MiB; BadRequest for a body that ends too early; Unavailable when too
    many slow ones are being read, of all or of this address.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    chunked = "HTTP_TRANSFER_ENCODING" in request.META
    if length in {"", "0"} and not chunked:
        return
    if length and not (length.isascii() and length.isdigit()):
        raise BadRequest("The body's length is no number.")
    if length and int(length) > parsers.MAX_BODY:
        raise errors.TooLarge
    with _place(request.META.get("REMOTE_ADDR", "")):
        # WSGIRequest's own stream ends where the length says; for chunks there is no length.
        body = parsers.read(request._stream if length else request.META["wsgi.input"])
    # A server cannot tell a broken chunk from the end, but no chunk at all is no body.
    if (length and len(body) < int(length)) or (chunked and not body):
        raise BadRequest("The body ends too early.")
    request.META["CONTENT_LENGTH"] = str(len(body))
    # Whoever reads the request from here on reads this.
    request._stream = io.BytesIO(body)


@contextmanager
def _place(address: str) -> Iterator[None]:
    """Hold a place of those who read a body. Raises Unavailable when none is left, or gets free."""
    with _turn:
        if not _has_place(address):
            raise Unavailable("Too many requests are being sent slowly; try again later.")
        _readers[address] += 1
    try:
        yield
    finally:
        with _turn:
            _leave(_readers, address)
            _turn.notify_all()


def _has_place(address: str) -> bool:
    """Return whether one more may read, having waited while others of this address do."""
    if _readers[address] >= MAX_READERS_OF_ONE:
        if _waiting[address] >= MAX_READERS:
            return False
        _waiting[address] += 1
        _turn.wait_for(lambda: _readers[address] < MAX_READERS_OF_ONE, PATIENCE_SECONDS)
        _leave(_waiting, address)
    return _readers[address] < MAX_READERS_OF_ONE and _readers.total() < MAX_READERS


def _leave(counted: Counter[str], address: str) -> None:
    """Count one less, and forget an address of which there is none."""
    counted[address] -= 1
    if not counted[address]:
        del counted[address]


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
