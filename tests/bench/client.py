"""The load client: it sends a plan of requests over kept connections and notes what came of each.

A process of its own, with nothing of the shop in it, so that what it costs is told apart from what
the shop costs. The plan comes on stdin, what came of it goes to stdout, both as JSON.
"""

import asyncio
import json
import random
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_JOB = re.compile(rb"\r\nlocation: */api/v1/jobs/([0-9a-f-]{36})", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)


@dataclass
class Request:
    """One request; its body is JSON."""

    method: str
    path: str
    token: str = ""
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def message(self, host: str) -> bytes:
        """Return the bytes to send."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode("ascii")


@dataclass
class Plan:
    """What to send: `number` of the requests, from the first on, and then again.

    With a rate they arrive by chance, so many a second on the average, whether or not earlier ones
    were answered; without one each connection asks again once it was answered. Who was not answered
    within `patience` seconds goes away.
    """

    host: str
    port: int
    requests: list[Request]
    number: int
    connections: int
    rate: float | None = None
    patience: float = 60.0
    seed: int = 1


@dataclass
class Answer:
    """What came of one request: 0 is no answer; times are seconds, from the plan's begin.

    With a rate `seconds` count from when the request was to be sent, so that waiting for a free
    connection counts.
    """

    status: int
    at: float
    seconds: float
    job_id: str = ""
    retry_after: int | None = None


class Connection(asyncio.Protocol):
    """One connection, with one request at a time on it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._came = bytearray()
        self._answer: asyncio.Future[bytes] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, message: bytes, *, patience: float) -> bytes:
        """Send a request and return the head of its answer. Raises OSError without one."""
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(message)
        try:
            return await asyncio.wait_for(self._answer, patience)
        except TimeoutError:
            self._transport.abort()
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, body = self._came.partition(b"\r\n\r\n")
        if not found or not _is_whole(head, body):
            return
        self._came.clear()
        if self._answer and not self._answer.done():
            self._answer.set_result(bytes(head))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the gateway closed the connection"))


def _is_whole(head: bytearray, body: bytearray) -> bool:
    """Return whether this is all of an answer's body, of a known length or in chunks."""
    if found := _LENGTH.search(head):
        return len(body) >= int(found[1])
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    # No body at all, such as 204 has none.
    return True


class Load:
    """A plan while it is carried out."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        host = f"{plan.host}:{plan.port}"
        self._messages = [request.message(host) for request in plan.requests]
        self._answers: list[Answer] = [Answer(0, 0.0, 0.0)] * plan.number
        self._begun = 0.0

    async def run(self) -> dict[str, Any]:
        """Carry the plan out, and return what came of it."""
        connections = [await self._open() for _ in range(self._plan.connections)]
        cpu, wall = time.process_time(), time.time()
        self._begun = time.monotonic()
        arrivals: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
        askers = [asyncio.create_task(self._asker(one, arrivals)) for one in connections]
        for n in range(self._plan.number):
            arrivals.put_nowait((n, await self._arrival(n)))
        for _ in askers:
            arrivals.put_nowait(None)
        await asyncio.gather(*askers)
        return {
            "began_at": wall,
            "seconds": time.monotonic() - self._begun,
            "cpu_seconds": time.process_time() - cpu,
            "answers": [asdict(answer) for answer in self._answers],
        }

    async def _arrival(self, n: int) -> float:
        """Wait until a request is to be sent, and return when that is; 0: as soon as possible."""
        if self._plan.rate is None:
            return 0.0
        if n == 0:
            self._random, self._next = random.Random(self._plan.seed), 0.0
        self._next += self._random.expovariate(self._plan.rate)
        if (early := self._begun + self._next - time.monotonic()) > 0:
            await asyncio.sleep(early)
        return self._begun + self._next

    async def _asker(
        self, connection: Connection, arrivals: asyncio.Queue[tuple[int, float] | None]
    ) -> None:
        while (arrival := await arrivals.get()) is not None:
            n, wanted = arrival
            begun = wanted or time.monotonic()
            patience = begun + self._plan.patience - time.monotonic()
            head = b""
            if patience > 0:
                try:
                    if not connection.is_open:
                        connection = await self._open()
                    message = self._messages[n % len(self._messages)]
                    head = await connection.ask(message, patience=patience)
                except OSError:
                    # No answer; it is counted as such.
                    head = b""
            seconds = time.monotonic() - begun
            self._answers[n] = _read(head, at=begun - self._begun, seconds=seconds)

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, self._plan.host, self._plan.port)
        return made


def _read(head: bytes, *, at: float, seconds: float) -> Answer:
    status, job, again = _STATUS.match(head), _JOB.search(head), _RETRY_AFTER.search(head)
    return Answer(
        status=int(status[1]) if status else 0,
        at=at,
        seconds=seconds,
        job_id=job[1].decode() if job else "",
        retry_after=int(again[1]) if again else None,
    )


def main() -> None:
    told = json.load(sys.stdin)
    requests = [Request(**one) for one in told.pop("requests")]
    load = Load(Plan(**told, requests=requests))
    json.dump(asyncio.run(load.run()), sys.stdout)


if __name__ == "__main__":
    main()
