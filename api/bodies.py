"""A request's body, read whole before anybody acts on it, however slowly it comes."""

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from api import errors, parsers
from shop.core.errors import Unavailable

# Of the gateway's threads, how many may read a body, in all and for one address. Nothing ends a
# read but the client, who may be silent for as long as it likes: the server knows no deadline for
# bodies. A whole body takes milliseconds, and who sends many at once waits so long for a turn, as
# long as it is not one of too many.
MAX_READERS = 24
MAX_READERS_OF_ONE = 6
PATIENCE_SECONDS = 0.5
_readers: Counter[str] = Counter()
_waiting: Counter[str] = Counter()
_turn = threading.Condition()


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
        if _waiting.total() >= MAX_READERS:
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
