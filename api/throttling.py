"""How many requests a caller may send in a minute.

Counters live in Redis, and Redis is never in the way: when it is away, requests pass. After a
failure it is left alone for a while, so that a frozen one costs one short timeout, once.
"""

import threading
import time
from math import ceil
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

# Requests per minute: of one account, or of one address where nobody is logged in. A view that
# is dearer names its own row in `throttle`, which counts by address whoever asks.
RATES = {
    "authenticated": 3000,
    "anonymous": 600,
    "login": 120,
    "password": 120,
    "registration": 120,
    "letter": 120,
    "export": 60,
}
WINDOW_SECONDS = 60
BREAK_SECONDS = 10.0
log = structlog.get_logger("gateway.throttling")


class Breaker:
    """Keep requests away from something that does not answer, but for one now and then."""

    def __init__(self, *, seconds: float = BREAK_SECONDS) -> None:
        """Let one request try again after so many seconds."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._closed_until: float | None = None

    def passes(self) -> bool:
        """Return whether this request may try; of many at once after a failure, one."""
        if self._closed_until is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._closed_until is None or now < self._closed_until:
                return self._closed_until is None
            self._closed_until = now + self._seconds
            return True

    def failed(self) -> bool:
        """Note a failure, and return whether it is the first of a row."""
        with self._lock:
            first = self._closed_until is None
            self._closed_until = time.monotonic() + self._seconds
            return first

    def worked(self) -> None:
        """Note that it answers."""
        self._closed_until = None


breaker = Breaker()


class Throttle(BaseThrottle):
    """Count requests in windows of a minute, and refuse those above the rate."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether the request may go on, and note on it how many more may."""
        if not settings.SHOP_THROTTLE:
            return True
        rate, caller = _rule(request, view)
        window = int(time.time()) // WINDOW_SECONDS
        count = _count(f"throttle:{rate}:{caller}:{window}")
        if count is None:
            return True
        left = RATES[rate] - count
        request.rate_limit = _headers(rate, max(left, 0), self.wait())  # type: ignore[attr-defined]
        return left >= 0

    def wait(self) -> float:
        """Return how many seconds the window still lasts."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS


def headers_of(request: Request) -> dict[str, str]:
    """Return what the answer says of the caller's rate; nothing where nobody has counted."""
    return getattr(request, "rate_limit", {})


def _headers(rate: str, left: int, seconds: float) -> dict[str, str]:
    """Return the rate and what is left of it. Source: draft-ietf-httpapi-ratelimit-headers-10."""
    return {
        "RateLimit-Policy": f'"{rate}";q={RATES[rate]};w={WINDOW_SECONDS}',
        "RateLimit": f'"{rate}";r={left};t={ceil(seconds)}',
    }


def _rule(request: Request, view: Any) -> tuple[str, str]:
    """Return the name of the rate, and who is counted."""
    address = request.META.get("REMOTE_ADDR", "")
    own = getattr(view, "throttle", None)
    if own is not None:
        return own, address
    if request.user.is_authenticated:
        return "authenticated", str(request.user.pk)
    return "anonymous", address


def _count(key: str) -> int | None:
    """Return how often this was called with the key, or None when Redis is away."""
    if not breaker.passes():
        return None
    try:
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        count = int(cache.incr(key))
    except (RedisError, OSError) as error:
        if breaker.failed():
            log.warning("Redis is away: requests are not counted.", error=type(error).__name__)
        return None
    except ValueError:  # Evicted between the two.
        return None
    breaker.worked()
    return count
