"""A request's body, read whole before anybody acts on it, however slowly it comes."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from api import errors, parsers
from api.turnstile import BURST_SECONDS, Crowded, Turnstile
from shop.core.errors import Unavailable

# How many bodies are read at once, in all and of one address. Nothing ends a read but the client,
# who may be silent for as long as it likes: the server knows no deadline for bodies. A whole body
# takes milliseconds, and of those that many send at once each waits for its turn; so many of them,
# unless it is a burst.
MAX_READERS = 24
MAX_READERS_OF_ONE = 6
MAX_WAITING = 24
PATIENCE_SECONDS = 0.5


def _new_way(places: int) -> Turnstile:
    return Turnstile(
        working=places, line=MAX_WAITING, patience=PATIENCE_SECONDS, burst=BURST_SECONDS
    )


_all = _new_way(MAX_READERS)
# Of each address that has bodies under way the way in, and how many they are.
_ways: dict[str, tuple[Turnstile, int]] = {}
_changing = threading.Lock()


def take(request: HttpRequest) -> None:
    """Read the body, before anybody acts on it, and give the request what was read.

    Raises TooLarge above 1 MiB; EncodedBody for a compressed one; BadRequest for one that ends too
    early; Unavailable when too many slow ones are being read, of all or of this address.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    chunked = "HTTP_TRANSFER_ENCODING" in request.META
    if length in {"", "0"} and not chunked:
        return
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() != "identity":
        raise errors.EncodedBody
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
    with _way(address) as own:
        try:
            own.enter()
            _all.enter()
        except Crowded:
            own.leave()
            slow = "Too many requests are being sent slowly; try again later."
            raise Unavailable(slow) from None
        try:
            yield
        finally:
            _all.leave()
            own.leave()


@contextmanager
def _way(address: str) -> Iterator[Turnstile]:
    """Have a way in for this address, as long as it has bodies under way."""
    with _changing:
        way, users = _ways.get(address) or (_new_way(MAX_READERS_OF_ONE), 0)
        _ways[address] = way, users + 1
    try:
        yield way
    finally:
        with _changing:
            way, users = _ways.pop(address)
            if users > 1:
                _ways[address] = way, users - 1
