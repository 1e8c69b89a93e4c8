"""The embedded servers, for real."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.local import ports, postgres, processes
from config.local.problem import Problem
from config.local.servers import Postgres, Redis
from config.local.valkey import ping
from tests.servers import Servers


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    servers = Servers()
    servers.postgres.start()
    servers.redis.start()
    yield servers
    servers.stop()


def test_postgres_speaks_unicode_and_takes_enough_sessions(servers: Servers) -> None:
    with psycopg.connect(servers.postgres.url) as session:
        row = session.execute(
            "SELECT current_setting('server_version_num')::int / 10000, getdatabaseencoding(),"
            " lower('ĐẮC NHÂN TÂM'), current_setting('max_connections')::int"
        ).fetchone()
    assert row == (18, "UTF8", "đắc nhân tâm", 200)


def test_postgres_asks_for_a_password(servers: Servers) -> None:
    wrong = servers.postgres.url.replace(servers.postgres.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(wrong)


def test_postgres_comes_back_from_a_kill_with_what_was_committed(servers: Servers) -> None:
    with psycopg.connect(servers.postgres.url) as session:
        session.execute("CREATE TABLE kept AS SELECT 1 AS value")
    with psycopg.connect(servers.postgres.url) as idle:
        servers.postgres.kill()
        servers.postgres.start()
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
    with psycopg.connect(servers.postgres.url) as session:
        assert session.execute("SELECT value FROM kept").fetchone() == (1,)


def test_redis_asks_for_a_password(servers: Servers) -> None:
    with pytest.raises(redis.AuthenticationError):
        ping(f"redis://127.0.0.1:{servers.redis.port}/0", seconds=5)


def test_redis_comes_back_from_a_kill_when_its_files_are_gone(servers: Servers) -> None:
    servers.redis.directory.rename(servers.home / "gone")
    servers.redis.kill()
    servers.redis.start()
    with redis.Redis.from_url(servers.redis.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_redis_puts_aside_files_on_which_it_cannot_start(servers: Servers) -> None:
    servers.redis.kill()
    for file in (servers.redis.directory / "appendonlydir").iterdir():
        file.write_bytes(b"no such format")
    with pytest.raises(Problem, match="redis does not start"):
        servers.redis.start()
    servers.redis.start()
    assert servers.redis.directory.with_name("redis.broken").exists()


def test_servers_end_with_a_killed_parent(tmp_path: Path) -> None:
    line = (
        "import os, signal\n"
        "from tests.servers import Servers\n"
        "servers = Servers()\n"
        "servers.postgres.start()\n"
        "servers.redis.start()\n"
        "print(servers.postgres.mark, servers.redis.mark, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", line], check=False, capture_output=True, text=True)
    marks = done.stdout.split()
    assert len(marks) == 2, done.stderr
    deadline = time.monotonic() + 10
    while any(map(processes.marked, marks)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(processes.marked, marks))
    assert tmp_path.exists()


def test_a_free_port_is_the_preferred_one_only_while_it_is_free(servers: Servers) -> None:
    taken = servers.redis.port
    assert not ports.is_free(taken)
    assert ports.free(preferred=taken) != taken
    other = ports.free()
    assert ports.free(preferred=other) == other


def test_both_kinds_refuse_to_start_on_a_taken_port(servers: Servers, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="redis does not start"):
        Redis(directory=tmp_path / "redis", port=servers.postgres.port).start()
    postgres = Postgres(directory=servers.home / "second", port=servers.redis.port, durable=False)
    with pytest.raises(Problem, match="postgres does not start"):
        postgres.start()


@pytest.mark.parametrize(
    ("memory", "limit", "expected"),
    [
        (2**29, None, 2**27),
        (2**32, None, 2**29),
        (2**36, "max", 2**30),
        (2**36, f"{2**32}\n", 2**29),
    ],
)
def test_postgres_keeps_a_part_of_the_memory_for_tables(
    memory: int,
    limit: str | None,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    sizes = {"SC_PHYS_PAGES": memory // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    monkeypatch.setattr(postgres, "CONTAINERS_LIMIT", tmp_path / "limit")
    if limit is not None:
        (tmp_path / "limit").write_text(limit)
    assert postgres.buffers() == expected
