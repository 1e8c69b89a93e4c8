"""The shop's processes, in one table: what `make run` keeps running beside the servers."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from config.local.client import answers
from config.local.options import ROOT, Options
from config.local.processes import spawn

# Threads that answer requests; one that waits for a job is such a thread, and holds no connection.
GATEWAY_THREADS = 64


@dataclass
class Command:
    """A process that runs one of the project's commands, and how to see that it works."""

    name: str
    role: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[["Command"], bool]
    patience: float = 15.0
    stop_signal: int = signal.SIGTERM
    needs_database: bool = True
    _log_from: int = field(default=0, init=False)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process and return at once; what it prints goes to the end of its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_from = log.tell()
            return spawn(
                (sys.executable, *self.arguments),
                environment={**self.environment, "SHOP_ROLE": self.role},
                directory=ROOT,
                output=log,
            )

    def ready(self) -> bool:
        """Return whether the process does its work."""
        return self.is_ready(self)

    def has_logged(self, text: bytes) -> bool:
        """Return whether this start of the process has written `text` to its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._log_from)
                return text in log.read()
        except OSError:
            return False


def table(
    *,
    options: Options,
    environment: Mapping[str, str],
    flower_password: str,
    log: Callable[[str], Path],
) -> list[Command]:
    """Return the shop's processes in the order in which they start; they stop the other way."""
    celery = ("-m", "celery", "-A", "config.celery")
    quiet = ("--without-gossip", "--without-mingle")
    gateway = (
        *("-m", "granian", "--interface", "wsgi", "--workers", "1"),
        *("--host", options.host, "--port", str(options.gateway_port)),
        *("--blocking-threads", str(GATEWAY_THREADS), "config.wsgi:application"),
    )

    def worker(queues: str, name: str) -> tuple[str, ...]:
        return (*celery, "worker", "-Q", queues, "-n", f"{name}@%h", "-c", "2", "-E", *quiet)

    def command(
        name: str,
        role: str,
        arguments: tuple[str, ...],
        is_ready: Callable[[Command], bool] = lambda _: True,
    ) -> Command:
        return Command(name, role, arguments, environment, log(name), is_ready)

    def logged_ready(worker: Command) -> bool:
        return worker.has_logged(b" ready.")

    def gateway_serves(_: Command) -> bool:
        return answers(f"{options.address}/readyz")

    def flower_serves(_: Command) -> bool:
        return answers(f"{options.flower_address}/healthcheck")

    flower = replace(
        command(
            "flower",
            "flower",
            (*celery, "flower", f"--conf={ROOT / 'config' / 'local' / 'flower.py'}"),
            flower_serves,
        ),
        environment={
            **environment,
            "FLOWER_PORT": str(options.flower_port),
            "SHOP_FLOWER_PASSWORD": flower_password,
        },
        needs_database=False,
    )
    return [
        flower,
        command(
            "worker-shop",
            "worker",
            worker("customers,orders,inventory", "worker-shop"),
            logged_ready,
        ),
        command(
            "worker-outside", "worker", worker("payments,mail", "worker-outside"), logged_ready
        ),
        command("recovery", "recovery", ("manage.py", "recovery")),
        command("beat", "beat", (*celery, "beat")),
        command("gateway", "gateway", gateway, gateway_serves),
    ]
