"""What a container becomes, and how it is seen to work."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from config.local import container, health, options
from config.local.problem import Problem
from config.local.programs import table


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    for name in ("postgres", "redis"):
        (tmp_path / "servers" / name).mkdir(parents=True)
    return tmp_path / "servers"


@pytest.fixture
def data(tmp_path: Path, servers: Path) -> Path:
    container.make_secrets(data=tmp_path / "data", servers=servers)
    return tmp_path / "data"


def test_secrets_are_made_once_and_each_server_may_read_its_own(data: Path, servers: Path) -> None:
    files = [servers / "postgres" / "password", servers / "redis" / "redis.conf"]
    before = [file.read_text() for file in files]
    kept = health.kept_addresses(data)
    container.make_secrets(data=data, servers=servers)
    assert [file.read_text() for file in files] == before
    assert health.kept_addresses(data) == kept
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o444, 0o444]
    assert stat.S_IMODE((data / "run" / "env").stat().st_mode) == 0o600
    assert urlsplit(kept["DATABASE_URL"]).password == before[0].strip()
    assert f"requirepass {urlsplit(kept['REDIS_URL']).password}\n" == before[1]
    assert before[0].strip() not in before[1]


def test_a_given_password_is_not_made(
    tmp_path: Path, servers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_ADMIN_PASSWORD", "given")
    container.make_secrets(data=tmp_path / "data", servers=servers)
    names = {path.name for path in (tmp_path / "data" / "secrets").iterdir()}
    assert names == {"flower_password", "postgres_password", "redis_password"}
    _, environment = container.process("prepare", data=tmp_path / "data")
    assert environment["SHOP_ADMIN_PASSWORD"] == "given"


def test_only_what_needs_a_password_is_given_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_ADMIN_PASSWORD", "hidden")
    password = (data / "secrets" / "flower_password").read_text()
    for name in ("gateway", "worker-shop", "worker-outside", "recovery", "beat"):
        arguments, environment = container.process(name, data=data)
        assert environment["SHOP_ROLE"] == name.partition("-")[0]
        assert not {"hidden", password} & {*arguments, *environment.values()}
    arguments, environment = container.process("flower", data=data)
    assert environment["SHOP_FLOWER_PASSWORD"] == password
    assert environment["FLOWER_HOST"] == container.EVERYWHERE
    assert password not in arguments


def test_containers_run_the_commands_of_make_run(data: Path) -> None:
    local = {
        program.name: program.arguments
        for program in table(
            options=options.read({}), environment={}, flower_password="", log=lambda _: data
        )
    }
    there = {name: tuple(container.process(name, data=data)[0]) for name in local}
    assert there == local
    _, environment = container.process("gateway", data=data)
    assert environment["GATEWAY_HOST"] == container.EVERYWHERE


def test_an_unknown_process_is_named(data: Path) -> None:
    with pytest.raises(Problem, match="there are beat, flower, gateway"):
        container.process("worker", data=data)


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    done = _main("secrets", {"SHOP_DATA_DIR": str(tmp_path), "SHOP_CURRENCY": "XXX"})
    assert done.count("\n") == 1
    assert done.startswith("secrets: SHOP_CURRENCY is 'XXX'")


def test_a_worker_works_while_it_asks_redis_for_messages() -> None:
    address = os.environ["REDIS_URL"]
    assert not health.works("worker-shop", addresses={"REDIS_URL": address})
    with _asking(address):
        assert health.works("worker-shop", addresses={"REDIS_URL": address})
    assert not health.works("worker-shop", addresses={"REDIS_URL": address})


@pytest.mark.parametrize(("name", "other"), [("recovery", "beat"), ("beat", "recovery")])
def test_recovery_and_beat_work_while_they_ask_postgresql(name: str, other: str) -> None:
    addresses = {"DATABASE_URL": os.environ["DATABASE_URL"]}
    assert not health.works(name, addresses=addresses)
    with psycopg.connect(addresses["DATABASE_URL"], application_name=f"shop-{name}") as session:
        session.execute("SELECT 1")
        assert health.works(name, addresses=addresses)
        assert not health.works(other, addresses=addresses)


def test_one_that_has_long_asked_nothing_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SECONDS", 0)
    addresses = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with psycopg.connect(addresses["DATABASE_URL"], application_name="shop-beat") as session:
        session.execute("SELECT 1")
        assert not health.works("beat", addresses=addresses)
    with _asking(addresses["REDIS_URL"]):
        assert not health.works("worker-shop", addresses=addresses)


@contextmanager
def _asking(address: str) -> Iterator[None]:
    """Wait for a message as a worker does."""
    with redis.Redis.from_url(address, socket_timeout=None) as client:
        asks = threading.Thread(target=client.brpop, args=("tests-of-health",))
        asks.start()
        try:
            with redis.Redis.from_url(address) as other:
                while not any(one["cmd"] == "brpop" for one in other.client_list()):
                    pass
                yield
                other.lpush("tests-of-health", "enough")
        finally:
            asks.join(10)


def _main(name: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        (sys.executable, "-m", "config.local.container", name),
        env=dict(environment),
        cwd=options.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stdout + done.stderr
