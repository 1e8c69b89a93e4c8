"""The servers that a test run has for itself: on free ports, in a directory that goes with it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.local.servers import Postgres, Redis

PREFIX = "bookshop-tests-"
# What would make the tests depend on who runs them, or lead them to a running shop.
FOREIGN = ("DATABASE_URL", "EMAIL_URL", "REDIS_URL", "FLOWER_", "GATEWAY_", "PG", "SHOP_")


class Servers:
    """PostgreSQL, Valkey and a data directory for one test run."""

    def __init__(self) -> None:
        # Under /tmp also as root: PostgreSQL then runs as `nobody`, who must be able to get there.
        base = Path("/tmp") if os.getuid() == 0 else Path(tempfile.gettempdir())  # noqa: S108
        remove_what_killed_runs_left(base)
        self.home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
        self.home.chmod(0o755)
        # Nothing outlives the run, so nothing need survive a power cut.
        self.postgres = Postgres(directory=self.home / "postgres", durable=False)
        self.redis = Redis(directory=self.home / "redis")

    def start(self) -> None:
        """Start both servers and have the settings find them."""
        atexit.register(self.stop)
        self.postgres.start()
        self.redis.start()
        for name in [name for name in os.environ if name.startswith(FOREIGN)]:
            del os.environ[name]
        os.environ.update(
            DATABASE_URL=self.postgres.url,
            REDIS_URL=self.redis.url,
            SHOP_DATA_DIR=str(self.home / "shop"),
        )

    def stop(self) -> None:
        """Stop both and remove all they kept. May be repeated."""
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def start() -> Servers | None:
    """Start this run's servers, or, in a worker of pytest-xdist, take a part of its parent's."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        servers = Servers()
        servers.start()
        return servers
    # PostgreSQL's share is made by pytest-django: it names its database after the worker.
    address, _, _ = os.environ["REDIS_URL"].rpartition("/")
    number = int(worker.removeprefix("gw")) % 15 + 1
    os.environ["REDIS_URL"] = f"{address}/{number}"
    os.environ["SHOP_DATA_DIR"] += f"-{worker}"
    return None


def remove_what_killed_runs_left(base: Path, *, prefix: str = PREFIX) -> None:
    """Remove the directories of test runs that were killed before they could."""
    for left in base.glob(f"{prefix}*"):
        pid = left.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists() and left.stat().st_uid == os.getuid():
            shutil.rmtree(left, ignore_errors=True)
