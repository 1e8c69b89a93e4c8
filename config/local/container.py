"""What runs in a container: `python -m config.local.container NAME`; see compose.yaml.

`secrets` makes what is missing, `prepare` makes the database ready, and every other name is one of
the table that `make run` uses, too. Each then is the container's own process, with no other above.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from config import secrets
from config.local import options, report
from config.local.directory import DataDirectory, write
from config.local.options import Options
from config.local.problem import Problem
from config.local.programs import Command, table

# Inside a container; where these are published is said in compose.yaml.
EVERYWHERE, GATEWAY_PORT, FLOWER_PORT = "0.0.0.0", 8000, 5555  # noqa: S104
# One volume for each server, in which it finds its password and nobody else's.
SERVERS = Path("/servers")


def main(name: str) -> int:
    """Be the process of that name. Returns an exit code only where there is nothing to become."""
    report.set_up()
    try:
        data = Path(os.environ["SHOP_DATA_DIR"])
        if name == "secrets":
            # It runs before all others, with the same settings.
            options.check_settings()
            make_secrets(data=data, servers=SERVERS)
        else:
            arguments, environment = process(name, data=data)
            os.execve(sys.executable, [sys.executable, *arguments], dict(environment))  # noqa: S606
    except Problem as problem:
        sys.stderr.write(f"{name}: {problem}\n")
        return 1
    return 0


def make_secrets(*, data: Path, servers: Path) -> None:
    """Make the secrets that are neither given nor there. May be repeated: those stay."""
    directory = DataDirectory(data)
    for name in ("admin_password", "flower_password"):
        directory.secret(name)
    postgres, redis = (directory.secret(f"{name}_password") for name in ("postgres", "redis"))
    # Each server runs as a user of its own, who must be able to read it.
    write(servers / "postgres" / "password", f"{postgres}\n", mode=0o444)
    write(servers / "redis" / "redis.conf", f"requirepass {redis}\n", mode=0o444)
    directory.write_addresses(
        database_url=f"postgresql://shop:{postgres}@postgres:5432/shop",
        redis_url=f"redis://:{redis}@redis:6379/0",
    )


def process(name: str, *, data: Path) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return the arguments and the environment of a process. Raises Problem for an unknown one."""
    if name == "prepare":
        environment = {**options.os_environment(), "SHOP_ADMIN_PASSWORD": secret(data, "admin")}
        return ("-m", "config.local.prepare"), environment
    found = {command.name: command for command in programs(flower_password=secret(data, "flower"))}
    if name not in found:
        raise Problem(f"there is no such process; there are {', '.join(sorted(found))}")
    return found[name].arguments, {**found[name].environment, "SHOP_ROLE": found[name].role}


def programs(*, flower_password: str) -> list[Command]:
    """Return the shop's processes as they run in containers."""
    return table(
        options=Options(
            host=EVERYWHERE,
            gateway_port=GATEWAY_PORT,
            flower_host=EVERYWHERE,
            flower_port=FLOWER_PORT,
            data=Path(),
            # All of them read the servers' addresses where `manage.py` does.
            database_url="",
            redis_url="",
        ),
        environment=options.os_environment(),
        flower_password=flower_password,
        log=lambda _: Path(os.devnull),
    )


def secret(data: Path, user_of: str) -> str:
    """Return the password `admin_password` or `flower_password`, given or kept."""
    name = f"{user_of}_password"
    given = os.environ.get(f"SHOP_{name.upper()}", "")
    return given or secrets.keep(directory=data / "secrets", name=name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
