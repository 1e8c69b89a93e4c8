"""The shop as `make run` starts it, in processes of its own that a test may kill: on free ports,
with PostgreSQL and Valkey that no other test uses."""

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from config.local import options, ports
from config.local.options import ROOT, Options
from config.local.processes import end_group
from config.local.programs import Command, table
from config.local.servers import Postgres, Redis
from tests.journeys.client import Client, poll

START_SECONDS = 60.0
CUSTOMERS, PRODUCTS = 800, 150


class Startable(Protocol):
    """What a process is started by: a program of the shop, or a server."""

    name: str
    log: Path
    stop_signal: int
    patience: float

    def spawn(self) -> subprocess.Popen[bytes]: ...

    def ready(self) -> bool: ...


class Process:
    """One program with all that it forks; it ends with the tests, however these end."""

    def __init__(self, program: Startable) -> None:
        self.program = program
        self.name = program.name
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process that it was last started as."""
        assert self._running
        return self._running.pid

    def children(self) -> list[int]:
        """Return the ids of the processes that it has forked, and not those that these have."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def start(self) -> None:
        """Start it and return at once; nothing happens where it runs already."""
        if not self.is_running:
            self._running = self.program.spawn()

    def await_ready(self) -> None:
        """Wait until it does its work."""
        deadline = time.monotonic() + START_SECONDS
        while not self.program.ready():
            assert self.is_running, f"{self.name} has ended:\n{self.logs()[-4000:]}"
            assert time.monotonic() < deadline, f"{self.name} is not up:\n{self.logs()[-4000:]}"
            time.sleep(0.05)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send the program and all that it forked a signal, and wait for the end."""
        if self._running is None:
            return
        if self.is_running:
            os.killpg(self._running.pid, number)
            try:
                self._running.wait(20)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait()
        end_group(self._running.pid)

    def stop(self) -> float:
        """Ask it to end as the supervisor does, and return the seconds until it has ended."""
        assert self._running
        begun_at = time.monotonic()
        self._running.send_signal(self.program.stop_signal)
        self._running.wait(self.program.patience)
        end_group(self._running.pid)
        return time.monotonic() - begun_at

    def restart(self) -> None:
        """Start it, stopping it before where it runs, and wait until it does its work."""
        self.kill(signal.SIGTERM)
        self.start()
        self.await_ready()

    def logs(self) -> str:
        """Return all that it has written to its log."""
        return self.program.log.read_text(errors="replace") if self.program.log.exists() else ""


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Freeze processes for as long as this lasts."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            # One that was about to end has, once its parent goes on.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@dataclass(frozen=True)
class Seed:
    """Who and what is in the shop before the first test."""

    staff: str
    customers: Iterator[tuple[int, str]]
    products: Iterator[int]


class Shop:
    """Gateway, workers, recovery and both servers; one for all journeys of a test run."""

    def __init__(
        self,
        home: Path,
        *,
        mail_url: str,
        customers: int = CUSTOMERS,
        products: int = PRODUCTS,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._numbers = customers, products
        # Beside the test run's own servers, where `nobody` may go: see tests/servers.py.
        self.home = home
        self.postgres = Postgres(directory=home.with_name(f"{home.name}-postgres"), durable=False)
        self.redis = Redis(directory=home.with_name(f"{home.name}-redis"))
        wanted = Options(
            host="127.0.0.1",
            gateway_port=ports.free(),
            flower_port=ports.free(),
            data=home,
            database_url=self.postgres.url,
            redis_url=self.redis.url,
        )
        self.address = wanted.address
        self.environment = {
            **options.os_environment(),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "EMAIL_URL": mail_url,
            "SHOP_DATA_DIR": str(home),
            "SHOP_SECRET_KEY": secrets.token_urlsafe(32),
            "SHOP_THROTTLE": "off",
            "PYTHONUNBUFFERED": "1",
            **(settings or {}),
        }
        programs = table(
            options=wanted,
            environment=self.environment,
            flower_password=secrets.token_urlsafe(12),
            log=lambda name: home / "logs" / f"{name}.log",
        )
        (self.beat,) = (x for x in programs if x.name == "beat")
        (self.flower,) = (x for x in programs if x.name == "flower")
        self.servers = {x.name: self._process(x) for x in (self.postgres, self.redis)}
        self.processes = self.servers | {x.name: self._process(x) for x in self._needed(programs)}
        self.workers = [x for name, x in self.processes.items() if name.startswith("worker")]
        self._seed: Seed | None = None

    def _process(self, program: Startable) -> Process:
        return Process(program)

    def _needed(self, programs: list[Command]) -> list[Command]:
        """Return what is to run beside the servers."""
        return [x for x in programs if x.name not in {"flower", "beat"}]

    def start(self) -> None:
        """Start all of it and fill the shop."""
        for server in self.servers.values():
            server.start()
        for server in self.servers.values():
            server.await_ready()
        self._seed = self._fill()
        self.mend()

    def mend(self) -> None:
        """Start what a test has killed and not started again."""
        dead = [process for process in self.processes.values() if not process.is_running]
        for process in dead:
            process.start()
        for process in dead:
            process.await_ready()
        # What it knew of servers that were away the gateway finds out with a 503, as clients see.
        if dead:
            poll(self._is_serving, seconds=START_SECONDS, what="the gateway serves again")

    def _is_serving(self) -> bool:
        return self.anyone().get("/readyz").status == HTTPStatus.OK

    def stop(self) -> None:
        """End all of it. May be repeated."""
        for process in reversed(self.processes.values()):
            process.kill(signal.SIGINT if process.name == "postgres" else signal.SIGKILL)

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    @property
    def staff(self) -> Client:
        """Somebody of the staff."""
        assert self._seed
        return Client(self.address, token=self._seed.staff)

    def anyone(self) -> Client:
        """Nobody in particular."""
        return Client(self.address)

    def customers(self, number: int) -> list[Client]:
        """Return customers whom no other test has."""
        assert self._seed
        found = [
            Client(self.address, user_id=user_id, token=token)
            for user_id, token in islice(self._seed.customers, number)
        ]
        assert len(found) == number, f"raise CUSTOMERS: {self._numbers[0]} are not enough"
        return found

    def products(self, number: int) -> list[int]:
        """Return the ids of books, a thousand copies of each in stock, that no other test has."""
        assert self._seed
        found = list(islice(self._seed.products, number))
        assert len(found) == number, f"raise PRODUCTS: {self._numbers[1]} are not enough"
        return found

    def page(self, method: str, path: str, form: str = "") -> tuple[int, str]:
        """Ask for a page as a browser does, and return its status and text."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
            connection.request(method, path, body=form or None, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Kill one of the processes, and start it again at the end."""
        self[name].kill()
        try:
            yield
        finally:
            self.mend()

    def wipe_redis(self) -> None:
        """Remove all that the killed Valkey has kept."""
        shutil.rmtree(self.redis.directory)

    def _fill(self) -> Seed:
        answer = self._asked(f"from tests.journeys import seed; seed.main(*{self._numbers})")
        return Seed(answer["staff"], iter(answer["customers"]), iter(answer["products"]))

    def _asked(self, code: str) -> Any:
        """Run code in a process of its own, on the shop's database; return the JSON it prints."""
        done = subprocess.run(
            (sys.executable, "-c", f"import django; django.setup(); {code}"),
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])
