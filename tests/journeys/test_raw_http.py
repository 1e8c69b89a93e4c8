"""The gateway's port, and clients that speak no good HTTP, or hardly speak at all."""

import resource
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.fuzz import samples, trial
from tests.fuzz.wire import exchange
from tests.journeys.books import Books
from tests.journeys.processes import Shop

HEAD = b"Host: localhost\r\nConnection: close\r\n"
JSON = HEAD + b"Content-Type: application/json\r\n"
GET = b"GET /livez HTTP/1.1\r\n" + HEAD
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\n" + JSON
BIG = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
# What is said, and the status of the one answer: one more would be a request smuggled in.
SAID = {
    "no host": (b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    "two hosts": (b"Host: evil.example\r\n".join([GET, b"\r\n"]), 400),
    "another host": (
        b"GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        400,
    ),
    "an address of another host": (
        b"GET http://evil.example/livez HTTP/1.1\r\n" + HEAD + b"\r\n",
        200,
    ),
    "a tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HEAD + b"\r\n", 405),
    "two different lengths": (
        LOGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        400,
    ),
    "chunks that are none": (
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "an unknown coding": (LOGIN + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "chunks by another name": (LOGIN + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks in an old request": (
        LOGIN.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a negative length": (LOGIN + b"Content-Length: -2\r\n\r\n{}", 400),
    "a length that is too long": (LOGIN + b"Content-Length: 99999999999\r\n\r\n{}", 413),
    "a folded header": (GET + b"X-A: b\r\n c\r\n\r\n", 400),
    "a carriage return in a header": (GET + b"X-A: b\rX-B: c\r\n\r\n", 400),
    "a NUL in a header": (GET + b"X-A: b\x00\r\n\r\n", 400),
    "a NUL in the address": (b"GET /api/v1/books/\x00 HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
    "an escaped NUL": (b"GET /api/v1/books/%00 HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
    "an escaped line": (b"GET /admin%0d%0aX-Evil:%201 HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
    "a way up": (b"GET /static/../../manage.py HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
    "an escaped way up": (b"GET /static/..%2f..%2fmanage.py HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
    "a long address": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 414),
    "a long header": (GET + b"X-A: " + b"a" * 600_000 + b"\r\n\r\n", 431),
    "many headers": (GET + b"X-A: b\r\n" * 200 + b"\r\n", 431),
    "a deep body": (LOGIN + b"Content-Length: 400000\r\n\r\n" + b"[" * 400_000, 400),
    "a number without an end": (
        LOGIN + b'Content-Length: 5020\r\n\r\n{"username": ' + b"9" * 5006 + b"}",
        400,
    ),
    "a number that is too large": (LOGIN + b'Content-Length: 19\r\n\r\n{"username": 1e400}', 422),
    "a compressed body": (LOGIN + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
    "a ping of TLS": (bytes.fromhex("1603010200010001fc0303") + b"\r\n\r\n", 400),
    "another protocol": (b"EHLO evil.example\r\n\r\n", 400),
}


@pytest.mark.parametrize("what", SAID)
def test_what_is_no_good_http_is_refused_at_once(shop: Shop, what: str) -> None:
    said, status = SAID[what]
    answer = exchange(shop.address, said)
    assert answer.ended
    assert answer.statuses == [status], answer.received[:500]
    assert b"X-Evil" not in answer.received


def test_nothing_is_smuggled_in_behind_a_body_of_two_lengths(shop: Shop) -> None:
    chunked, length = b"Transfer-Encoding: chunked\r\n", b"Content-Length: 2\r\n"
    kept = LOGIN.replace(b"Connection: close\r\n", b"")
    for lengths in (chunked + length, length + chunked):
        said = kept + lengths + b"\r\n2\r\n{}\r\n0\r\n\r\n" + GET + b"\r\n"
        answer = exchange(shop.address, said)
        # Read by the chunks, answered, and closed. Source: RFC 9112, 6.3.
        assert (answer.ended, answer.statuses) == (True, [422])


def test_headers_are_not_taken_apart_again(shop: Shop) -> None:
    for header in (b"X-Request-ID: a\tb", b"X-Request-ID: a\r\nX-Request-ID: b"):
        answer = exchange(shop.address, GET + header + b"\r\n\r\n")
        assert answer.statuses == [200]
        assert b"x-request-id: a\r\n" not in answer.received.lower()


def expect_to_be_served(shop: Shop) -> None:
    """Expect the gateway to say that it lives, long before it ends silent connections: 30 s."""
    answer = shop.anyone().get("/livez")
    answer.expect(200)
    assert answer.seconds < 10


@contextmanager
def connected(shop: Shop, number: int, *, saying: bytes = b"") -> Iterator[list[socket.socket]]:
    """Have so many connections, on each of which this has been said."""
    parts = urlsplit(shop.address)
    with ExitStack() as stack:
        found = []
        for _ in range(number):
            one = stack.enter_context(socket.socket())
            # What is not read stays with the gateway, and not with us.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.settimeout(30)
            one.connect((parts.hostname, parts.port))
            one.sendall(saying)
            found.append(one)
        yield found


def test_ten_thousand_silent_connections_are_in_nobodys_way(shop: Shop) -> None:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = 10_000 if most == resource.RLIM_INFINITY else min(10_000, most - 500)
    assert number > 2000, "the limit of open files is too low here to see anything: ulimit -Hn"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number + 200), most))
    try:
        with connected(shop, number):
            expect_to_be_served(shop)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    expect_to_be_served(shop)


@pytest.mark.parametrize(
    "saying",
    [
        GET + b"X-Slow: ",
        LOGIN + b"Content-Length: 100\r\n\r\n{",
        f"GET {BIG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
    ],
    ids=["headers", "bodies", "readers"],
)
def test_slow_clients_are_in_nobodys_way(shop: Shop, saying: bytes) -> None:
    with connected(shop, 100, saying=saying):
        expect_to_be_served(shop)


def test_clients_that_hang_up_leave_nothing_behind(shop: Shop) -> None:
    books = b"GET /api/v1/books HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connected(shop, 100, saying=books) as found:
        for one in found:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # More than the pool has connections to the database, one after the other.
    for _ in range(30):
        shop.anyone().get("books").expect(200)


def test_mutated_requests_do_no_harm(shop: Shop, books: Books) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    good = samples.samples(user_id=customer.user_id, token=customer.token, product_id=product)
    secrets = [samples.PASSWORD, samples.CARD, customer.token, shop.environment["SHOP_SECRET_KEY"]]
    gateway = shop["gateway"]
    pids, log = [gateway.pid, *gateway.children()], len(gateway.logs())
    verdict = trial.run(
        shop.address, good, seed=6, number=800, secrets=[secret.encode() for secret in secrets]
    )
    assert verdict.faults == []
    # They got far enough to be answered in most of the ways there are.
    assert {"200", "400", "401", "404", "405", "415", "422"} <= set(verdict.statuses)
    assert [gateway.pid, *gateway.children()] == pids
    expect_to_be_served(shop)
    written = gateway.logs()[log:]
    assert '"status": 500' not in written
    assert "Traceback" not in written
    for secret in secrets:
        assert secret not in written
    books.await_all_final(seconds=60)
    assert books.differences() == []
