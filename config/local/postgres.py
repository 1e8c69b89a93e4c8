"""The embedded PostgreSQL."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from config.local import placement
from config.local.problem import Problem
from config.local.processes import end_marked, spawn
from config.local.server import Server

ENCODING = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
)
SETTINGS = {
    "max_connections": "200",
    # A statement that fails may hold what nobody is to read, such as a password's hash.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
MIB = 2**20
# By default PostgreSQL keeps 128 MiB of tables in its own memory and asks the system for all else,
# page by page. Source: PostgreSQL's manual, 19.4.1, which begins at a quarter of the memory; this
# machine is not PostgreSQL's alone. What is not needed yet takes none.
CONTAINERS_LIMIT = Path("/sys/fs/cgroup/memory.max")
LEAST_BUFFERS, MOST_BUFFERS, PART_OF_MEMORY = 128 * MIB, 1024 * MIB, 8


def buffers() -> int:
    """Return how many bytes of tables PostgreSQL keeps in its own memory."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):  # No such limit.
        memory = min(memory, int(CONTAINERS_LIMIT.read_text()))
    return max(LEAST_BUFFERS, min(MOST_BUFFERS, memory // PART_OF_MEMORY))


class Postgres(Server):
    """PostgreSQL on a directory of its own, with the database and role `shop`.

    As root it runs as `nobody`, and `directory` is one whose parents everybody may enter.
    `durable=False` gives up safety from a power cut for speed, which suits tests.
    """

    name = "postgres"
    stage = 0
    stop_signal: int = signal.SIGINT  # A fast shutdown: sessions are ended, nothing is lost.

    def __init__(
        self,
        *,
        directory: Path,
        log: Path | None = None,
        port: int | None = None,
        password: str | None = None,
        mark: str | None = None,
        durable: bool = True,
    ) -> None:
        log = log or directory.with_name(f"{directory.name}.log")
        super().__init__(directory=directory, log=log, port=port, password=password, mark=mark)
        self.durable = durable
        self._account = placement.account()
        self._has_database = False

    @property
    def url(self) -> str:
        """The address of the database `shop`."""
        return self._url("shop")

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server, after making its data directory if there is none yet."""
        # Backends outlive a killed server for a moment and would keep a new one from starting.
        end_marked(self.mark)
        programs = placement.programs(self.directory.parent)
        if not (self.directory / "PG_VERSION").exists():
            self._make_data_directory(programs)
        # Nobody else serves this directory (see the lock in `directory.py`), and the process id in
        # the file may be a stranger's by now.
        (self.directory / "postmaster.pid").unlink(missing_ok=True)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "cluster_name": self.mark,
            **SETTINGS,
            "shared_buffers": f"{buffers() // MIB}MB",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        # SIGQUIT ends all of its processes at once; what was committed is in the log.
        self.process = self._run(
            programs / "postgres", "-D", self.directory, *options, death_signal=signal.SIGQUIT
        )
        return self.process

    def ready(self) -> bool:
        """Return whether the server answers, making the database `shop` the first time."""
        try:
            with psycopg.connect(
                self._url("postgres"), connect_timeout=2, autocommit=True
            ) as session:
                if not self._has_database:
                    self._make_database(session)
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, database: str) -> str:
        return f"postgresql://shop:{self.password}@127.0.0.1:{self.port}/{database}"

    def _make_database(self, session: psycopg.Connection) -> None:
        there = session.execute("SELECT 1 FROM pg_database WHERE datname = 'shop'").fetchone()
        if not there:
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("shop")))
        self._has_database = True

    def _make_data_directory(self, programs: Path) -> None:
        """Run initdb beside the final place: the data directory is there whole or not at all."""
        draft = self.directory.with_name(f"{self.directory.name}.new")
        word = self.directory.with_name(f"{self.directory.name}.password")
        shutil.rmtree(draft, ignore_errors=True)
        word.unlink(missing_ok=True)
        draft.mkdir(mode=0o700, parents=True)
        with os.fdopen(os.open(word, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.password)
        if self._account:
            for path in (draft, word):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        options = ("--username=shop", f"--pwfile={word}", "--auth=scram-sha-256", *ENCODING)
        sync = () if self.durable else ("--no-sync",)
        try:
            if self._run(programs / "initdb", "-D", draft, *options, *sync).wait() != 0:
                raise Problem(f"PostgreSQL cannot make its data directory; its log is {self.log}")
        finally:
            word.unlink()
        draft.rename(self.directory)

    def _run(
        self, *command: str | Path, death_signal: int = signal.SIGKILL
    ) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return spawn(
                command,
                environment=self._environment(),
                directory=Path("/"),
                output=log,
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
                death_signal=death_signal,
            )
