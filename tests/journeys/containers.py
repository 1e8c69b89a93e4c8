"""Processes in the place of the Docker containers that pytest-celery knows.

Each has the few members of a container that pytest-celery 1.3 calls, so that its nodes, clusters
and `celery_setup` work on the shop's own processes.
"""

import signal as signals
import socket
import time
from typing import Any

from pytest_celery import CeleryTestContainer, CeleryTestWorker, RedisTestBroker
from pytest_docker_tools.exceptions import (  # type: ignore[import-untyped]  # it has no types
    TimeoutError as NotInTime,
)

from config.local.servers import Redis
from tests.journeys.processes import Process


class ProcessAsContainer:
    """A process with the face of docker-py's `Container`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.id = self.name = process.name
        # On loopback there is neither a network to be joined nor a port to be mapped.
        self.attrs: dict[str, Any] = {"NetworkSettings": {"Networks": {}, "Ports": {}}}

    @property
    def status(self) -> str:
        return "running" if self._process.is_running else "exited"

    def reload(self) -> None:
        """Do nothing: what is asked of a process is never an old answer."""

    def kill(self, signal: str | int) -> None:
        """Send a signal to all processes that a container would hold."""
        number = signals.Signals[signal] if isinstance(signal, str) else signal
        self._process.kill(number)

    def restart(self, timeout: int) -> None:
        self._process.restart()

    def logs(self) -> bytes:
        return self._process.logs().encode()


class WorkerContainer(CeleryTestContainer):  # type: ignore[misc]  # pytest-celery has no types
    """A worker of the shop."""

    ready_prompt = " ready."


class BrokerContainer(CeleryTestContainer):  # type: ignore[misc]  # pytest-celery has no types
    """The shop's Valkey."""

    ready_prompt = "Ready to accept connections"

    def __init__(self, process: Process, server: Redis) -> None:
        super().__init__(ProcessAsContainer(process))
        self._server = server

    @property
    def celeryconfig(self) -> dict[str, str]:
        return {"url": self._server.url, "host_url": self._server.url}


class Prompt:
    """A node that looks at its log twenty times a second; pytest-celery would once."""

    def wait_for_log(self, log: str, message: str = "", timeout: int = 60) -> None:
        deadline = time.monotonic() + timeout
        while log not in self.logs():  # type: ignore[attr-defined]  # of the node it is mixed into
            if time.monotonic() > deadline:
                raise NotInTime(message or f"not in the log after {timeout} s: {log}")
            time.sleep(0.05)


class Worker(Prompt, CeleryTestWorker):  # type: ignore[misc]  # pytest-celery has no types
    """A node that is a worker of the shop."""

    @property
    def worker_name(self) -> str:
        return str(self.name())

    def hostname(self) -> str:
        """Return the name under which the worker answers to Celery's remote control."""
        return f"{self.worker_name}@{socket.gethostname()}"


class Broker(Prompt, RedisTestBroker):  # type: ignore[misc]  # pytest-celery has no types
    """The node that is the shop's broker."""
