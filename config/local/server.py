"""What the embedded servers have in common."""

import os
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from config.local import ports
from config.local.problem import Problem
from config.local.processes import MARK, end_group

START_SECONDS = 60


class Server(ABC):
    """What both servers have in common: how they are started, awaited and stopped."""

    name: str
    stage: int
    stop_signal: int = signal.SIGTERM
    patience = 20.0

    def __init__(
        self,
        *,
        directory: Path,
        log: Path,
        port: int | None,
        password: str | None,
        mark: str | None,
    ) -> None:
        self.directory = directory
        self.log = log
        self.port = port or ports.free()
        self.password = password or secrets.token_urlsafe(24)
        self.mark = mark or f"bookshop-{secrets.token_hex(6)}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The server's address, with its password."""

    @abstractmethod
    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process and return at once. May be repeated when it has ended."""

    @abstractmethod
    def ready(self) -> bool:
        """Return whether the server answers."""

    def start(self) -> None:
        """Start the server and wait until it answers. Raises Problem when it does not."""
        process = self.spawn()
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Problem(f"{self.name} does not start; its log is {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, losing nothing. May be repeated."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        end_group(self.process.pid)

    def kill(self) -> None:
        """Kill the server without warning, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _environment(self) -> dict[str, str]:
        """Return all the variables that the server sees, none of them the caller's."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", MARK: self.mark}
