"""The whole shop, larger than `make run` starts it, with proxies before its servers."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from config import secrets
from config.local import ports
from config.local.processes import end_marked
from config.local.programs import Command
from tests.chaos import trouble
from tests.chaos.links import Links
from tests.chaos.proxy import Place
from tests.journeys.books import Books
from tests.journeys.mail import Mailbox, mail_server
from tests.journeys.processes import CUSTOMERS, PRODUCTS, Process, Shop, Startable
from tests.servers import remove_what_killed_runs_left

PREFIX = "bookshop-chaos-"
QUEUES = ("customers", "orders", "inventory", "payments", "mail")
TWICE = {"recovery", "beat"}
# Seconds in which a process is back at the latest, also while other faults go on.
UP_SECONDS = 90.0
GATEWAY_REDIS, WORKERS_REDIS, WORKERS_POSTGRES = LINKS = (
    "gateway-redis",
    "workers-redis",
    "workers-postgres",
)


class Stack(Shop):
    """A worker for each queue, two of whatever may run twice, Flower, the gateway, both servers."""

    def __init__(
        self,
        home: Path,
        *,
        mailbox: Mailbox,
        customers: int = CUSTOMERS,
        products: int = PRODUCTS,
    ) -> None:
        # What a thread starts dies with that thread: this one lives as long as the stack.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
        self.mailbox = mailbox
        # Its content is what the payment provider does wrong; see trouble.py.
        self.trouble = home / "trouble"
        self.logs = home / "logs"
        # Whether the directory stays when all has ended, for people to look at.
        self.is_kept = False
        self.is_stopped = False
        super().__init__(
            home,
            mail_url=mailbox.url,
            customers=customers,
            products=products,
            settings={
                "SHOP_SANDBOX_WEBHOOK_SECRET": secrets.for_webhooks(),
                trouble.FILE: str(self.trouble),
            },
        )
        self.books = Books(self.postgres.url)

    def start(self) -> None:
        """Start all of it and fill the shop."""
        self._starter.submit(self.links.start).result()
        super().start()

    def stop(self) -> None:
        """End all of it. May be repeated."""
        self.is_stopped = True
        # First, so that no fault that ends now starts anything again.
        self._starter.shutdown()
        # What a fault has frozen hears no other signal, and its backends are in no group.
        for server in (self.postgres, self.redis):
            end_marked(server.mark)
        super().stop()
        self.links.stop()

    def bring_up(self, name: str) -> None:
        """Wait until a process does its work, starting it as often as it ends, as `make run` does.

        Raises AssertionError when it does not within UP_SECONDS.
        """
        process, deadline = self[name], time.monotonic() + UP_SECONDS
        while not (process.is_running and process.program.ready()):
            assert time.monotonic() < deadline, f"{name} is not up:\n{process.logs()[-4000:]}"
            process.start()
            time.sleep(0.1)

    def _process(self, program: Startable) -> Process:
        return _Started(program, self._starter)

    def _needed(self, programs: list[Command]) -> list[Command]:
        self.links = self._links()
        named = {program.name: program for program in programs}
        workers = [self._worker(named["worker-shop"], queue) for queue in QUEUES]
        others = [
            replace(program, name=name, log=self.logs / f"{name}.log")
            for program in programs
            if program not in (named["worker-shop"], named["worker-outside"])
            for name in _names(program.name)
        ]
        return [self._behind_proxies(program) for program in (*workers, *others)]

    def _worker(self, template: Command, queue: str) -> Command:
        """Return a worker of one queue alone, in the likeness of one of several."""
        name = f"worker-{queue}"
        options = template.arguments[: template.arguments.index("-Q")]
        more = ("-I", "tests.chaos.provider") if queue == "payments" else ()
        return replace(
            template,
            name=name,
            log=self.logs / f"{name}.log",
            arguments=(*options, "-Q", queue, "-n", f"{name}@%h", *more),
        )

    def _links(self) -> Links:
        places = [
            Place(GATEWAY_REDIS, ports.free(), self.redis.port, self.redis.password),
            Place(WORKERS_REDIS, ports.free(), self.redis.port, self.redis.password),
            Place(WORKERS_POSTGRES, ports.free(), self.postgres.port),
        ]
        return Links(places, log=self.logs / "links.log")

    def _behind_proxies(self, program: Command) -> Command:
        is_gateway = program.role == "gateway"
        redis = self.links.places[GATEWAY_REDIS if is_gateway else WORKERS_REDIS]
        more = {"REDIS_URL": _moved(self.redis.url, redis)}
        if program.role in {"worker", "recovery"}:
            place = self.links.places[WORKERS_POSTGRES]
            more["DATABASE_URL"] = _moved(self.postgres.url, place)
        return replace(program, environment={**program.environment, **more})


class _Started(Process):
    """A process that a thread of its own starts."""

    def __init__(self, program: Startable, starter: ThreadPoolExecutor) -> None:
        super().__init__(program)
        self._starter = starter

    def start(self) -> None:
        self._starter.submit(super().start).result()


def _names(name: str) -> list[str]:
    return [f"{name}-1", f"{name}-2"] if name in TWICE else [name]


def _moved(url: str, place: Place) -> str:
    """Return the same address by way of a proxy."""
    old = f":{urlsplit(url).port}/"
    head, _, tail = url.rpartition(old)
    return f"{head}:{place.port}/{tail}"


@contextmanager
def running(*, customers: int = CUSTOMERS, products: int = PRODUCTS) -> Iterator[Stack]:
    """Run a stack in a directory of its own, which goes with it unless it is to be kept."""
    base = Path("/tmp") if os.getuid() == 0 else Path(tempfile.gettempdir())  # noqa: S108
    remove_what_killed_runs_left(base, prefix=PREFIX)
    # Everybody may enter: PostgreSQL may have to run as `nobody`, see tests/servers.py.
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    home.chmod(0o755)
    with mail_server() as mailbox:
        stack = Stack(home / "shop", mailbox=mailbox, customers=customers, products=products)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
            if not stack.is_kept:
                shutil.rmtree(home, ignore_errors=True)
