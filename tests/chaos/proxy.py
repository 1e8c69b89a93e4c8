"""Proxies between the shop's processes and its servers, all in one process of its own.

The first line on the standard input of `python -m tests.chaos.proxy` says which links to open; each
further one switches a link. Each is answered by a line. It ends with its standard input.
"""

import asyncio
import contextlib
import json
import random
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.chaos.resp import Mode, Rewriter, encode

Way = Literal["open", "hole", "refused"]
# Longer than the lease of a published message.
LATE_SECONDS = 12.0
SHUFFLE_SECONDS = 1.5
RELEASE_SECONDS = 5.0
CHUNK = 1 << 16


@dataclass(frozen=True)
class Place:
    """Where a link listens and whereto it leads; with a password its messages can be held back."""

    name: str
    port: int
    to: int
    password: str = ""


class Link:
    """Connections from some processes to one server.

    open     everything passes
    hole     connections are kept, and made, and nothing passes; what was sent arrives at the end
    refused  connections are reset, and no new one is taken
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.mode: Mode = "plain"
        # Messages that were held back and have not been sent yet.
        self.held = 0
        self._shuffled: list[tuple[bytes, bytes]] = []
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def switch(self, *, way: Way = "open", mode: Mode = "plain") -> None:
        """Be like this from now on. May be repeated."""
        self.mode = mode
        if way == "refused":
            if self._server:
                self._server.close()
                self._server = None
            for writer in list(self._connections):
                _reset(writer)
        elif not self._server:
            self._server = await asyncio.start_server(
                self._connect, "127.0.0.1", self.place.port, backlog=512
            )
        if way == "hole":
            self._passing.clear()
        else:
            self._passing.set()

    async def _connect(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        rewriter = Rewriter(mode=lambda: self.mode, hold=self._hold)
        with contextlib.suppress(OSError):
            async with self._known(answers):
                await self._passing.wait()
                server, commands = await asyncio.open_connection("127.0.0.1", self.place.to)
                async with self._known(commands):
                    change = rewriter if self.place.password else None
                    there = asyncio.create_task(self._pump(client, commands, change))
                    back = asyncio.create_task(self._pump(server, answers))
                    await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
                # Whoever ended it, both sides are closed by now.
                await asyncio.gather(there, back)

    @contextlib.asynccontextmanager
    async def _known(self, writer: asyncio.StreamWriter) -> Any:
        self._connections.add(writer)
        try:
            yield
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        rewriter: Rewriter | None = None,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                await self._passing.wait()
                sink.write(rewriter.feed(data) if rewriter else data)
                await sink.drain()
            await self._passing.wait()
        sink.close()

    def _hold(self, queue: bytes, message: bytes) -> None:
        self.held += 1
        if self.mode == "late":
            self._later(LATE_SECONDS, [(queue, message)])
            return
        if not self._shuffled:
            self._shuffled = []
            self._later(SHUFFLE_SECONDS, self._shuffled)
        self._shuffled.append((queue, message))

    def _later(self, seconds: float, messages: list[tuple[bytes, bytes]]) -> None:
        task = asyncio.create_task(self._release(seconds, messages))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _release(self, seconds: float, messages: list[tuple[bytes, bytes]]) -> None:
        await asyncio.sleep(seconds)
        if messages is self._shuffled:
            self._shuffled = []
        try:
            # Without a server they are lost, as all that it held.
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(RELEASE_SECONDS):
                    await self._push(random.sample(messages, len(messages)))
        finally:
            self.held -= len(messages)

    async def _push(self, messages: list[tuple[bytes, bytes]]) -> None:
        answers, commands = await asyncio.open_connection("127.0.0.1", self.place.to)
        try:
            commands.write(encode(b"AUTH", self.place.password.encode()))
            for queue, message in messages:
                commands.write(encode(b"LPUSH", queue, message))
            await commands.drain()
            for _ in range(len(messages) + 1):
                await answers.readline()
        finally:
            commands.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crashed machine does that is back."""
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def serve() -> None:
    """Open the links, and obey the lines on the standard input until that ends."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    wanted = json.loads(await lines.readline())
    # What goes wrong here is not to stand among the answers.
    sys.stderr = Path(wanted["log"]).open("a", buffering=1)  # noqa: SIM115  (until the end)
    links = {place["name"]: Link(Place(**place)) for place in wanted["places"]}
    for link in links.values():
        await link.switch()
    _say(0)
    while line := await lines.readline():
        order = json.loads(line)
        link = links[order.pop("link")]
        if order:
            await link.switch(**order)
        _say(link.held)


def _say(held: int) -> None:
    sys.stdout.write(f"{held}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())
