"""The shop's processes, in one table: what `make run` keeps running beside the servers."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.local.client import answers
from config.local.options import ROOT, Options
from config.local.processes import spawn

# Django's checks would import the whole gateway into each process; `make check` runs them.
CHECKED = {"CELERY_SKIP_CHECKS": "1"}
# Hashing a password takes 19 MiB for a moment: glibc is to give them back each time, where it would
# keep them for each of the gateway's threads. Source: mallopt(3).
GIVEN_BACK_FROM = str(1024 * 1024)
# Quiet: without its banner, whose print would end a process that can write no log.
CELERY = ("-m", "celery", "--quiet", "-A", "config.celery")
# Two processes in each; what workers tell each other about themselves is of no use here.
WORKER = (*CELERY, "worker", "-c", "2", "-E", "--without-gossip", "--without-mingle")


@dataclass
class Command:
    """A process that runs one of the project's commands, and how to see that it works."""

    name: str
    role: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    stage: int
    is_ready: Callable[["Command"], bool]
    needs_database: bool
    patience: float = 15.0
    stop_signal: int = signal.SIGTERM
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
    """Return the shop's processes in the order in which they start."""
    where = {"GATEWAY_HOST": options.host, "GATEWAY_PORT": str(options.gateway_port)}

    def command(
        name: str,
        *arguments: str,
        stage: int,
        is_ready: Callable[[Command], bool] = _lives,
        needs_database: bool = True,
        **more: str,
    ) -> Command:
        return Command(
            name=name,
            role=name.partition("-")[0],
            arguments=arguments,
            environment={**environment, **where, **CHECKED, **more},
            log=log(name),
            stage=stage,
            is_ready=is_ready,
            needs_database=needs_database,
        )

    return [
        command(
            "flower",
            *(*CELERY, "flower", f"--conf={ROOT / 'config' / 'local' / 'flower.py'}"),
            stage=2,
            is_ready=_serves(f"{options.flower_address}/healthcheck"),
            needs_database=False,
            FLOWER_HOST=options.flower_host,
            FLOWER_PORT=str(options.flower_port),
            SHOP_FLOWER_PASSWORD=flower_password,
        ),
        command(
            "worker-shop",
            *(*WORKER, "-Q", "customers,orders,inventory", "-n", "worker-shop@%h"),
            stage=2,
            is_ready=_has_greeted,
        ),
        command(
            "worker-outside",
            *(*WORKER, "-Q", "payments,mail", "-n", "worker-outside@%h"),
            stage=2,
            is_ready=_has_greeted,
        ),
        command("recovery", "manage.py", "recovery", "--skip-checks", stage=3),
        command("beat", *CELERY, "beat", stage=3),
        command(
            "gateway",
            *("-m", "config.local.gateway"),
            stage=4,
            is_ready=_serves(f"{options.address}/readyz"),
            MALLOC_MMAP_THRESHOLD_=GIVEN_BACK_FROM,
        ),
    ]


def _lives(_: Command) -> bool:
    return True


def _has_greeted(worker: Command) -> bool:
    return worker.has_logged(b" ready.")


def _serves(address: str) -> Callable[[Command], bool]:
    return lambda _: answers(address)
