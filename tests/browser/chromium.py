"""A headless Chromium, driven over its DevTools protocol."""

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0", "--window-size=1280,1000"),
)
PATIENCE = 90.0
MAX_MESSAGE = 64 * 1024 * 1024


class Failed(Exception):
    """The page is not, or does not, what it should."""


class Page:
    """One tab. What its console and its network complain of is kept in `complaints`."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.complaints: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises Failed when it has none."""
        number = next(self._numbers)
        self._answers[number] = awaited = asyncio.get_running_loop().create_future()
        await self._connection.write_message(
            json.dumps({"id": number, "method": method, "params": parameters})
        )
        answer = await asyncio.wait_for(awaited, PATIENCE)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, address: str) -> None:
        """Go there and wait until all is loaded."""
        await self.send("Page.navigate", url=address)
        await self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def run(self, script: str) -> Any:
        """Return the value of a script. Raises Failed when it throws."""
        answer = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise Failed(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def wait(self, condition: str) -> None:
        """Return once a script's value is true. Raises Failed when it never is."""
        deadline = time.monotonic() + PATIENCE
        while not await self.run(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                raise Failed(f"after {PATIENCE:.0f} s still not: {condition}")
            await asyncio.sleep(0.1)

    async def picture(self, path: Path) -> None:
        """Write a picture of what is to be seen."""
        shot = await self.send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    async def _read(self) -> None:
        while (message := await self._connection.read_message()) is not None:
            event = json.loads(message)
            if "id" in event:
                answer = self._answers.pop(event["id"])
                # Whoever asked may have lost patience.
                if not answer.done():
                    answer.set_result(event)
            elif complaint := _complaint(event.get("method", ""), event.get("params", {})):
                self.complaints.append(complaint)


def _complaint(method: str, what: dict[str, Any]) -> str | None:
    """Return what an event complains of, if anything."""
    if method == "Log.entryAdded" and what["entry"]["level"] == "error":
        return f"{what['entry']['text']} ({what['entry'].get('url', '')})"
    if method == "Runtime.exceptionThrown":
        return json.dumps(what["exceptionDetails"])
    if method == "Runtime.consoleAPICalled" and what["type"] in {"error", "warning"}:
        return " ".join(str(arg.get("value", arg.get("description"))) for arg in what["args"])
    return None


def program() -> str | None:
    """Return the path of the machine's Chromium, or None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def page(chromium: str) -> AsyncIterator[Page]:
    """Start a browser that nobody has used, and have a tab of it."""
    home = Path(tempfile.mkdtemp(prefix="bookshop-browser-"))
    process = await asyncio.create_subprocess_exec(
        *(chromium, *OPTIONS, f"--user-data-dir={home}", "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        connection = await websocket_connect(await _tab(home), max_message_size=MAX_MESSAGE)
        tab = Page(connection)
        for domain in ("Page", "Runtime", "Log"):
            await tab.send(f"{domain}.enable")
        yield tab
    finally:
        process.kill()
        await process.wait()
        shutil.rmtree(home, ignore_errors=True)


async def _tab(home: Path) -> str:
    """Return where the tab of a browser that starts listens. Raises Failed when it does not."""
    deadline = time.monotonic() + PATIENCE
    # Its port, and then its path, once it listens.
    while not (said := home / "DevToolsActivePort").exists() or "\n" not in said.read_text():
        if time.monotonic() > deadline:
            raise Failed("Chromium does not start.")
        await asyncio.sleep(0.1)
    port = said.read_text().split("\n")[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
