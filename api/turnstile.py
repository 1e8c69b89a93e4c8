"""How many requests are worked on at once, and how many wait for their turn.

More at once would only wait for each other. And a line without an end would have the shop work for
clients who have gone, and answer nobody in time: whoever finds it full comes again.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter

from api import errors, naming, security
from api.views.errors import answer
from shop.core.errors import Unavailable

# One for each of the gateway's database connections, but for those that are for its own threads.
WORKING = 20
# A quarter of a second's work or so of a small machine. A line that is longer is a burst, at first;
# each who waits in it holds one of the gateway's threads.
LINE = 60
BURST_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
# Whoever looks after the shop is to see what it does, just then.
ALWAYS = {"/livez", "/readyz", "/metrics"}
LOG_SECONDS = 1.0
log = structlog.get_logger("gateway.turnstile")
refused = Counter(
    "shop_gateway_refused",
    "Requests that were answered 503 for there was no place, or none in time",
)
_quiet_until = float("-inf")
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class Crowded(Unavailable):
    """So many requests wait already that one more would wait too long."""

    detail = "More is asked of the shop at the moment than it can answer; try again later."


_PROBLEM = errors.describe(Crowded()) or errors.of_code("unavailable")
_BODY = json.dumps(_PROBLEM.body()).encode()
_HEADERS = {
    **security.HEADERS,
    "Content-Security-Policy": security.PLAIN,
    "Content-Type": errors.CONTENT_TYPE,
    "Content-Length": str(len(_BODY)),
    "Cache-Control": "no-store",
    **_PROBLEM.headers,
}


class Turnstile:
    """Lets so many in at once, and the others in the order in which they came. Threads share it."""

    def __init__(self, *, working: int, line: int, patience: float, burst: float = 0.0) -> None:
        """Let `working` in, and `line` wait, or more for `burst` seconds; each for `patience`."""
        self._free = working
        self._most_in_line = line
        self._patience = patience
        self._burst = burst
        # Since when so many wait; in no time at all where nobody may.
        self._long_since = float("inf") if line else float("-inf")
        # Of each who waits a lock that is released when its turn has come.
        self._line: deque[threading.Lock] = deque()
        self._changing = threading.Lock()
        self._mine = threading.local()

    @property
    def is_full(self) -> bool:
        """Return whether nobody else may even wait."""
        return self._free <= 0 and time.monotonic() - self._long_since >= self._burst

    def enter(self) -> None:
        """Take a place for this thread, when it is its turn. Raises Crowded if that is too late."""
        if turn := self._line_up():
            self._wait(turn)
        self._mine.place = True

    def leave(self) -> None:
        """Give this thread's place to who has waited longest, if it has one. May be repeated."""
        if not getattr(self._mine, "place", False):
            return
        self._mine.place = False
        with self._changing:
            if self._line:
                self._line.popleft().release()
                self._look()
            else:
                self._free += 1

    def _line_up(self) -> "threading.Lock | None":
        """Return what to wait for; None for a place that is free. Raises Crowded."""
        with self._changing:
            if self._free > 0:
                self._free -= 1
                return None
            if self.is_full:
                raise Crowded
            turn = threading.Lock()
            turn.acquire()
            self._line.append(turn)
            self._look()
            return turn

    def _wait(self, turn: threading.Lock) -> None:
        if turn.acquire(timeout=self._patience):
            return
        with self._changing:
            # Whose turn came at the last moment is not in line any more, and has a place.
            if turn in self._line:
                self._line.remove(turn)
                self._look()
                raise Crowded

    def _look(self) -> None:
        """Note whether the line is a long one."""
        if len(self._line) < self._most_in_line:
            self._long_since = float("inf")
        else:
            self._long_since = min(self._long_since, time.monotonic())


turnstile = Turnstile(working=WORKING, line=LINE, patience=PATIENCE_SECONDS, burst=BURST_SECONDS)


class TurnstileMiddleware:
    """Begin with a request when it is its turn."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Stand in front of `get_response`."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as `get_response` does, or `503` where it waited in vain."""
        if request.path in ALWAYS:
            return self.get_response(request)
        try:
            turnstile.enter()
        except Crowded:
            _note()
            return answer(request, _PROBLEM)
        try:
            return self.get_response(request)
        finally:
            turnstile.leave()


class Door:
    """Stands in front of Django, and turns away whom there is no room for, at hardly any cost.

    Django would take ten times as long to say the same, from those whose turn it is.
    """

    def __init__(self, application: Application) -> None:
        """Let in to `application`."""
        self._application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer as the application does, or `503`."""
        if not turnstile.is_full or environ.get("PATH_INFO") in ALWAYS:
            return self._application(environ, start_response)
        _note()
        name = naming.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        start_response("503 Service Unavailable", [*_HEADERS.items(), ("X-Request-ID", name)])
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [_BODY]


def _note() -> None:
    """Count somebody who is turned away, and tell the log of it once a second, not of each."""
    global _quiet_until  # noqa: PLW0603 (one log)
    refused.inc()
    if (now := time.monotonic()) >= _quiet_until:
        _quiet_until = now + LOG_SECONDS
        log.warning("turned_away")
