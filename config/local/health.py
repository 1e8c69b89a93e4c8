"""Say whether a container's process does its work: `python -m config.local.health NAME`.

Those that serve are asked. Of the others the servers are asked what they see of this container: a
worker asks Redis for messages every second, recovery and beat ask PostgreSQL for what is due.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from config.local.client import answers

# Far above a second, and above what a worker may be busy with: its longest link ends before the
# lease of 10 s does.
SECONDS = 30
SERVED = {
    "gateway": "http://127.0.0.1:8000/readyz",
    "flower": "http://127.0.0.1:5555/healthcheck",
}
SEEN = """
    SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT DISTINCT FROM inet_client_addr()
    AND application_name = %s AND state_change > now() - %s * interval '1 second'"""


def works(name: str, *, addresses: Mapping[str, str]) -> bool:
    """Return whether the process of that name works, given the addresses of the servers."""
    if name in SERVED:
        return answers(SERVED[name])
    if name.startswith("worker-"):
        return asks_redis(addresses["REDIS_URL"])
    return asks_postgres(addresses["DATABASE_URL"], application=f"shop-{name}")


def asks_redis(address: str) -> bool:
    """Return whether somebody at this address has just waited for a message, or still does."""
    import redis  # noqa: PLC0415  (only what is needed: this runs every few seconds)

    with redis.Redis.from_url(address, socket_timeout=3, socket_connect_timeout=3) as client:
        here = _host(client.client_info()["addr"])
        return any(
            _host(other["addr"]) == here
            and other["cmd"] == "brpop"
            and int(other["idle"]) < SECONDS
            for other in client.client_list()
        )


def asks_postgres(address: str, *, application: str) -> bool:
    """Return whether an application at this address has just asked for something."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(address, connect_timeout=3) as session:
        row = session.execute(SEEN, [application, SECONDS]).fetchone()
    return bool(row and row[0])


def kept_addresses(data: Path) -> dict[str, str]:
    """Return the addresses of the servers that the shop on this directory uses."""
    lines = (data / "run" / "env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def _host(address: str) -> str:
    return address.rpartition(":")[0]


if __name__ == "__main__":
    _addresses = kept_addresses(Path(os.environ["SHOP_DATA_DIR"]))
    sys.exit(0 if works(sys.argv[1], addresses=_addresses) else 1)
