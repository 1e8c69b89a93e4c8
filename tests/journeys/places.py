"""Every place in which the shop leaves something, to look for what must be in none."""

import base64
import json
import os
import subprocess
import urllib.request
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import redis

from config.local.programs import Command
from tests.journeys.mail import Mailbox
from tests.journeys.processes import Shop


def collect(shop: Shop, flower: Command, mailbox: Mailbox, into: Path) -> dict[str, list[Path]]:
    """Return the files and folders of each place, by its name; what is in none is written there."""
    written = {
        "database": rows(shop.postgres.url),
        "Redis": values(shop.redis.url),
        "mail": mailbox.contents(),
        "Flower": [flower_says(flower, "tasks?limit=10000")],
        "Flower's workers": [flower_says(flower, "workers")],
        "command lines": command_lines(shop),
    }
    for name, parts in written.items():
        (into / name).write_bytes(b"\n".join(parts))
    home = shop.home
    return {name: [into / name] for name in written} | {
        "database's files": [shop.postgres.directory],
        "Redis's files": [shop.redis.directory],
        "logs": [home / "logs", shop.postgres.log, shop.redis.log],
        "other files": [home],
    }


def grep(words: Collection[bytes], where: Sequence[Path]) -> set[bytes]:
    """Return which of the words are in these files and folders.

    Secrets lie in a folder of that name, and that is left out.
    """
    done = subprocess.run(
        ("grep", "--exclude-dir=secrets", "-rhaoFf", "-", "--", *where),  # noqa: S607
        input=b"\n".join(words),
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
    # A file may go while it looks.
    assert done.returncode < 2 or b"No such file" in done.stderr, done.stderr
    return set(done.stdout.split(b"\n")) - {b""}


def rows(url: str) -> Iterator[bytes]:
    """Yield every row of every table of the database as text."""
    tables = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = %s"
    with psycopg.connect(url, autocommit=True) as session:
        for (table,) in session.execute(tables + "::regnamespace", ["public"]).fetchall():
            yield table.encode()
            with session.cursor() as cursor:
                statement = psycopg.sql.SQL("COPY {} TO STDOUT")
                name = psycopg.sql.Identifier(table.strip('"'))
                with cursor.copy(statement.format(name)) as copy:
                    yield b"".join(map(bytes, copy))


def values(url: str) -> Iterator[bytes]:
    """Yield every key of Redis with what it holds, in Redis's own format where it is no text."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=1000):
            yield key
            kind = client.type(key)
            if kind == b"string":
                yield bytes(client.get(key) or b"")
            elif kind == b"list":
                yield from client.lrange(key, 0, -1)
            elif kind == b"hash":
                yield from (part for pair in client.hgetall(key).items() for part in pair)
            elif kind == b"set":
                yield from client.smembers(key)
            elif kind == b"zset":
                yield from client.zrange(key, 0, -1)
            else:
                raise AssertionError(f"{key!r} is a {kind!r}, which nobody reads here")


def flower_says(flower: Command, what: str) -> bytes:
    """Return what Flower's API answers to its user."""
    password = flower.environment["SHOP_FLOWER_PASSWORD"]
    user = base64.b64encode(f"admin:{password}".encode()).decode()
    asked = urllib.request.Request(
        f"http://127.0.0.1:{flower.environment['FLOWER_PORT']}/api/{what}",
        headers={"Authorization": f"Basic {user}"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        found: Any = json.load(answer)
    return json.dumps(found, ensure_ascii=False).encode()


def command_lines(shop: Shop) -> list[bytes]:
    """Return how each process of the shop was called."""
    running = [process.pid for process in shop.processes.values()]
    return [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in running]
