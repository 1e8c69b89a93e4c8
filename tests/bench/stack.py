"""The shop as `make run` starts it, in a directory of its own that goes with it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local import options, ports
from config.local.directory import DataDirectory
from config.local.options import ROOT
from config.local.processes import MARK, end_marked, spawn
from tests.servers import FOREIGN, remove_what_killed_runs_left

PREFIX = "bookshop-bench-"
READY = "ready after "
READY_SECONDS, STOP_SECONDS = 240.0, 60.0


class NotUp(Exception):
    """The shop does not start."""


class Stack:
    """`python -m config.local` and all that it runs."""

    def __init__(self, home: Path, *, is_kept: bool = False) -> None:
        self.home = home
        self._is_kept = is_kept
        self.gateway_port = ports.free()
        self.logs = home / "logs"
        self._output = home / "bench.output" if is_kept else home.with_name("output")
        self._process: subprocess.Popen[bytes] | None = None
        self._is_up = False
        self._addresses: dict[str, str] = {}

    @property
    def database_url(self) -> str:
        return self._addresses["DATABASE_URL"]

    @property
    def postgres_log(self) -> Path:
        return self.logs / "postgres.log"

    @property
    def redis_url(self) -> str:
        return self._addresses["REDIS_URL"]

    def start(self) -> None:
        """Start it and wait until it is ready. Raises NotUp with what it printed."""
        environment = {
            name: value
            for name, value in options.os_environment().items()
            if not name.startswith(FOREIGN) and name != MARK
        }
        with self._output.open("wb") as output:
            self._process = spawn(
                (sys.executable, "-m", "config.local"),
                environment={
                    **environment,
                    "SHOP_DATA_DIR": str(self.home),
                    "GATEWAY_PORT": str(self.gateway_port),
                    "FLOWER_PORT": str(ports.free()),
                    "SHOP_THROTTLE": "off",
                },
                directory=ROOT,
                output=output,
                # It stops all that it runs in order, also when this process is killed.
                death_signal=signal.SIGTERM,
            )
        deadline = time.monotonic() + READY_SECONDS
        while READY not in (said := self._output.read_text(errors="replace")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotUp(f"the shop does not start:\n{said}")
            time.sleep(0.1)
        self._is_up = True
        lines = (self.home / "run" / "env").read_text().splitlines()
        self._addresses = dict(line.split("=", 1) for line in lines)

    def pids(self) -> dict[str, int]:
        """Return the process ids of what runs, by name; `main` is the supervisor."""
        return {file.stem: int(file.read_text()) for file in (self.home / "run").glob("*.pid")}

    def stop(self) -> None:
        """End all of it. May be repeated."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._is_kept and not self._is_up:
            return  # Somebody else runs it, perhaps, and its processes bear the same mark.
        mark = DataDirectory(self.home).mark
        for one in (mark, f"{mark}-postgres", f"{mark}-redis"):
            end_marked(one)

    def remove(self) -> None:
        """Remove all that it kept."""
        _remove_data(self.home)
        shutil.rmtree(self.home.parent, ignore_errors=True)


def _remove_data(home: Path) -> None:
    """Remove PostgreSQL's data where they lie elsewhere, as root; see config/local/placement.py."""
    data = home / "postgres"
    if data.is_symlink():
        shutil.rmtree(data.resolve().parent, ignore_errors=True)


def _remove_what_killed_runs_left(base: Path) -> None:
    for home in base.glob(f"{PREFIX}*/shop"):
        pid = home.parent.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", pid).exists():
            _remove_data(home)
    remove_what_killed_runs_left(base, prefix=PREFIX)


@contextmanager
def running(kept: Path | None = None) -> Iterator[Stack]:
    """Run the shop for a while: a new one, or one that is kept in a directory. Raises NotUp."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        with _started(Stack(kept.resolve(), is_kept=True)) as stack:
            yield stack
        return
    # Not in /tmp, which may lie in memory, where fsync costs nothing.
    base = Path("/var/tmp")  # noqa: S108
    _remove_what_killed_runs_left(base)
    stack = Stack(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base)) / "shop")
    try:
        with _started(stack):
            yield stack
    finally:
        stack.remove()


@contextmanager
def _started(stack: Stack) -> Iterator[Stack]:
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
