"""The shop's data directory: who uses it, what runs, where things lie."""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from config import secrets
from config.local.problem import Problem

LARGEST_LOG = 10 * 1024 * 1024


class DataDirectory:
    """SHOP_DATA_DIR, made where it is missing. Raises Problem when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run"
        self.logs = path / "logs"
        # Names this shop among the processes of the machine.
        self.mark = f"bookshop-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
        self._lock: BinaryIO | None = None
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self.run, self.logs):
                part.mkdir(exist_ok=True)
            (self.run / "lock").touch()
        except OSError as error:
            raise Problem(f"SHOP_DATA_DIR {path} cannot be written: {error.strerror}") from None
        if "\n" in str(path) or '"' in str(path):
            raise Problem(f"SHOP_DATA_DIR {str(path)!r} may hold neither quotes nor line breaks")

    def lock(self) -> None:
        """Take this directory until the process ends. Raises Problem when another shop has it."""
        lock = (self.run / "lock").open("rb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Problem(
                f"a shop runs on {self.path} already (process {self.pid('main') or 'unknown'}):"
                " stop it first, or set another SHOP_DATA_DIR"
            ) from None
        self._lock = lock

    def release(self) -> None:
        """Give the directory up, as the end of the process does. May be repeated."""
        if self._lock:
            self._lock.close()

    def pid(self, name: str) -> int | None:
        """Return the process id in `run/NAME.pid`, if there is one."""
        try:
            return int((self.run / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None

    def write_pid(self, name: str, pid: int) -> None:
        """Keep a process's id in `run/NAME.pid`."""
        write(self.run / f"{name}.pid", f"{pid}\n", mode=0o644)

    def forget_pid(self, name: str) -> None:
        """Remove `run/NAME.pid`. May be repeated."""
        (self.run / f"{name}.pid").unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all process ids and the servers' addresses. May be repeated."""
        for file in (*self.run.glob("*.pid"), self.run / "env"):
            file.unlink(missing_ok=True)

    def write_addresses(self, *, database_url: str, redis_url: str) -> None:
        """Keep the servers' addresses for `manage.py` in another terminal."""
        text = f"DATABASE_URL={database_url}\nREDIS_URL={redis_url}\n"
        write(self.run / "env", text, mode=0o600)

    def secret(self, name: str, *, make: Callable[[], str] = secrets.urlsafe) -> str:
        """Return SHOP_NAME from the environment, else the secret kept under that name."""
        given = os.environ.get(f"SHOP_{name.upper()}", "")
        return given or secrets.keep(directory=self.path / "secrets", name=name, make=make)

    def log(self, name: str) -> Path:
        """Return the path of a process's log; its directory may have vanished meanwhile."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.logs / f"{name}.log"

    def trim_logs(self) -> None:
        """Put aside logs that have grown large, one generation of each."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LARGEST_LOG:
                log.rename(log.with_suffix(".log.1"))

    def read(self, name: str) -> dict[str, Any]:
        """Return the JSON object kept in a file, empty if there is none."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((self.path / name).read_text())
            if isinstance(found, dict):
                return found
        return {}

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Keep a JSON object in a file."""
        write(self.path / name, json.dumps(value, indent=1) + "\n", mode=0o600)


def write(path: Path, text: str, *, mode: int) -> None:
    """Replace a file whole: readers see the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    draft.replace(path)
