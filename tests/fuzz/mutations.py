"""How a request goes wrong."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

Mutation = Callable[[random.Random, bytes], bytes]
END = b"\r\n\r\n"
WORDS = [
    *(b"", b"\x00", b"\r\n", b"\n", b"\r", b"\xff", b"\x80", b"%00", b"%0d%0aX-Evil: 1", b"%ff"),
    *(b"..", b"../", b"%2e%2e%2f", b"//", b"\\", b"*", b"?", b"#", b"&", b"=", b";", b",", b":"),
    *(b"'", b'"', b"`", b"<script>", b"${7*7}", b"{{7*7}}", b"%s%n", b"; DROP TABLE x", b"' OR 1"),
    *(b"-1", b"0", b"9" * 20, b"9" * 5000, b"1e400", b"NaN", b"-0", b"0x10", b"\xd9\xa3"),
    *(b"null", b"true", b"[]", b"{}", b"[" * 5000, b'{"a":' * 5000, b"A" * 70_000, b"%41" * 3000),
    *("\u202e".encode(), "\ufeff".encode(), "e\u0301".encode(), b"\xed\xa0\x80", b"\xc0\xae"),
    *(b"chunked", b"gzip", b"identity", b"100-continue", b"http://evil.example/", b"HTTP/9.9"),
    *(b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI", b"get"),
]
HEADERS = [
    *(b"Transfer-Encoding: chunked", b"Content-Length: 0", b"Content-Length: 99999999999999999999"),
    *(b"Content-Length: 5", b"Content-Encoding: gzip", b"Expect: 100-continue", b"Host: evil"),
    *(b"Content-Type: application/json; charset=utf-16", b"Content-Type: multipart/form-data"),
    *(b"Authorization: Bearer a.b.c", b"Authorization: Basic YTpi", b"Prefer: wait=-1"),
    *(b"X-Forwarded-For: 1.2.3.4", b"X-Forwarded-Host: evil", b"Idempotency-Key: \xff", b" folded"),
    *(b"Cookie: " + b"a=b; " * 500, b"Range: bytes=9-1,-,5-", b"If-Match: W/*", b"no colon"),
    *(b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"TE: trailers", b"Trailer: Host"),
]
VALUES: list[Any] = [
    *(None, True, 0, -1, 2**31, 2**63, 10**400, 1.5, float("inf"), float("nan"), -0.0, [], {}),
    *("", " ", "a\x00b", "\ud800", "\u202eabc", "e\u0301", "A" * 70_000, "1e400", "0000-00-00"),
    *("9999-12-31", "%", "_", "tok_x", [[[[[[[]]]]]]], {"a": {"a": {"a": None}}}, ["a"] * 2000),
]


def mutate(rng: random.Random, sample: bytes) -> bytes:
    """Return the request with one to three things wrong."""
    for _ in range(rng.randint(1, 3)):
        sample = rng.choice(MUTATIONS)(rng, sample)
    return _with_its_length(sample) if rng.random() < 0.5 else sample


def _byte(rng: random.Random, sample: bytes) -> bytes:
    """Another byte."""
    at = rng.randrange(len(sample) + 1)
    return sample[:at] + rng.randbytes(1) + sample[at + 1 :]


def _word(rng: random.Random, sample: bytes) -> bytes:
    """One of its words is another one."""
    found = list(re.finditer(rb"[^\s/?&=,;:\"{}]+", sample))
    if not found:
        return rng.choice(WORDS)
    word = rng.choice(found)
    return sample[: word.start()] + rng.choice(WORDS) + sample[word.end() :]


def _more(rng: random.Random, sample: bytes) -> bytes:
    """A word more, anywhere."""
    at = rng.randrange(len(sample) + 1)
    return sample[:at] + rng.choice(WORDS) + sample[at:]


def _less(rng: random.Random, sample: bytes) -> bytes:
    """Some of it is missing."""
    at = rng.randrange(len(sample) + 1)
    return sample[:at] + sample[at + rng.randrange(1, 40) :]


def _end(rng: random.Random, sample: bytes) -> bytes:
    """It breaks off."""
    return sample[: rng.randrange(len(sample) + 1)]


def _twice(rng: random.Random, sample: bytes) -> bytes:
    """Some of it is there twice; or all, as in a pipeline."""
    at = rng.choice([0, rng.randrange(len(sample) + 1)])
    return sample + sample[at:]


def _header(rng: random.Random, sample: bytes) -> bytes:
    """A header more."""
    head, end, body = sample.partition(END)
    lines = head.split(b"\r\n")
    lines.insert(rng.randint(1, len(lines)), rng.choice(HEADERS))
    return b"\r\n".join(lines) + end + body


def _lines(rng: random.Random, sample: bytes) -> bytes:
    """Its lines are in another order."""
    head, end, body = sample.partition(END)
    lines = head.split(b"\r\n")
    rng.shuffle(lines)
    return b"\r\n".join(lines) + end + body


def _value(rng: random.Random, sample: bytes) -> bytes:
    """A value in its body is another one."""
    head, end, body = sample.partition(END)
    try:
        value = json.loads(body)
    except ValueError:
        return _word(rng, sample)
    if isinstance(value, dict) and value:
        value[rng.choice([*value, "unknown", ""])] = rng.choice(VALUES)
    return _with_its_length(head + end + json.dumps(value).encode())


def _chunks(rng: random.Random, sample: bytes) -> bytes:
    """Its body comes in chunks, and not always in good ones."""
    head, end, body = sample.partition(END)
    head = re.sub(rb"\r\nContent-Length: \d+", b"", head) + b"\r\nTransfer-Encoding: chunked"
    size = rng.choice([f"{len(body):x}".encode(), b"0", b"fffffffff", b"-1", b"zz", b"1;a=b"])
    return head + end + size + b"\r\n" + body + b"\r\n0\r\n\r\n"


def _with_its_length(sample: bytes) -> bytes:
    """Return the request with the length that its body has."""
    head, end, body = sample.partition(END)
    length = f"Content-Length: {len(body)}".encode()
    return re.sub(rb"Content-Length: \d+", length, head, count=1) + end + body


MUTATIONS: list[Mutation] = [
    *(_byte, _word, _more, _less, _end, _twice, _header, _lines, _chunks),
    # What gets past the server, and further.
    *(_word, _word, _header, _value, _value, _value, _value),
]
