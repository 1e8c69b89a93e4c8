"""The proxies as the harness holds them: it switches them through a pipe."""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from config.local.options import ROOT, os_environment
from config.local.processes import spawn
from tests.chaos.proxy import Place, Way
from tests.chaos.resp import Mode


class Links:
    """All links of a stack. Threads may share them."""

    def __init__(self, places: list[Place], *, log: Path) -> None:
        self.places = {place.name: place for place in places}
        self._log = log
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Open all links. They end with the thread that calls this."""
        # The places hold passwords: they go through the pipe, not on the command line.
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._process = spawn(
            (sys.executable, "-m", "tests.chaos.proxy"),
            environment=os_environment(),
            directory=ROOT,
            input=subprocess.PIPE,
            output=subprocess.PIPE,
        )
        self._ask({"log": str(self._log), "places": [asdict(x) for x in self.places.values()]})

    def stop(self) -> None:
        """Close all of them. May be repeated."""
        if self._process:
            self._process.kill()
            self._process.communicate()

    def switch(self, name: str, *, way: Way = "open", mode: Mode = "plain") -> None:
        """Have a link be like this from now on. May be repeated."""
        self._ask({"link": name, "way": way, "mode": mode})

    def await_released(self, name: str, *, seconds: float) -> None:
        """Wait until all messages that a link held back are sent."""
        deadline = time.monotonic() + seconds
        while held := self._ask({"link": name}):
            assert time.monotonic() < deadline, f"{name} still holds {held} messages"
            time.sleep(0.1)

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(f"{json.dumps(order)}\n".encode())
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the proxies have ended"
        return int(answer)
