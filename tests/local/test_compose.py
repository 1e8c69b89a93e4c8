"""compose.yaml and the Dockerfile: what they promise, and that they agree with `make run`.

They are run for real by `make compose-check`.
"""

import re
import shlex
from typing import Any

import pytest
import yaml

from config.local import container
from config.local.health import SERVED
from config.local.options import ROOT
from config.local.postgres import ENCODING
from config.local.postgres import SETTINGS as POSTGRES_SETTINGS
from config.local.valkey import SETTINGS as REDIS_SETTINGS
from tasks.engine.workflow import LEASE

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROGRAMS = {program.name: program for program in container.programs(flower_password="")}
SERVERS, ONCE = {"postgres", "redis"}, {"secrets", "prepare"}
# What a container has, or is given another way.
NOT_PASSED_ON = {
    "DATABASE_URL",
    "FLOWER_HOST",
    "GATEWAY_HOST",
    "GATEWAY_PORT",
    "REDIS_URL",
    "SHOP_DATA_DIR",
}


def seconds(text: str) -> float:
    assert text.endswith("s")
    return float(text.removesuffix("s"))


def test_there_is_a_service_for_each_process_of_make_run() -> None:
    assert set(SERVICES) == set(PROGRAMS) | SERVERS | ONCE


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_service_runs_its_process_and_looks_after_it(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == "bookshop"
    assert service["command"] == [name]
    check = ["CMD", "python", "-m", "config.local.health", name]
    assert service["healthcheck"]["test"] == check
    assert service["depends_on"] == {
        "prepare": {"condition": "service_completed_successfully"},
        "redis": {"condition": "service_healthy"},
    }
    assert service["restart"] == "unless-stopped"
    assert service["init"] is True
    # Otherwise a server that is down can cost a request ten seconds.
    assert service["dns_opt"] == ["timeout:1", "attempts:1"]


def test_the_order_of_start_is_secrets_servers_database_shop() -> None:
    assert "depends_on" not in SERVICES["secrets"]
    made = {"secrets": {"condition": "service_completed_successfully"}}
    assert SERVICES["postgres"]["depends_on"] == SERVICES["redis"]["depends_on"] == made
    assert SERVICES["prepare"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert {SERVICES[name]["command"][0] for name in ONCE} == ONCE
    assert {SERVICES[name]["restart"] for name in ONCE} == {"no"}


def test_the_image_is_built_once() -> None:
    assert [name for name, service in SERVICES.items() if "build" in service] == ["secrets"]


def test_only_the_gateway_is_published_beyond_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "gateway": [f"${{GATEWAY_PORT:-1000}}:{container.GATEWAY_PORT}"],
        "flower": [f"127.0.0.1:${{FLOWER_PORT:-5555}}:{container.FLOWER_PORT}"],
    }
    assert SERVED["gateway"].startswith(f"http://127.0.0.1:{container.GATEWAY_PORT}/")
    assert SERVED["flower"].startswith(f"http://127.0.0.1:{container.FLOWER_PORT}/")


def test_the_servers_are_on_a_network_that_leads_nowhere() -> None:
    assert COMPOSE["networks"]["servers"] == {"internal": True}
    for name in SERVERS:
        assert SERVICES[name]["networks"] == ["servers"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_container_may_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is (name != "postgres")
    assert not {"privileged", "cap_add", "container_name", "pid"} & set(service)
    if name in SERVERS:
        assert service["user"] == name
    else:
        assert "user" not in service
        data = [one for one in service["volumes"] if one.startswith("data:")]
        assert data == ["data:/data" if name == "secrets" else "data:/data:ro"]


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["shop"]
    assert DOCKERFILE.index("USER shop") > DOCKERFILE.index("RUN python -m compileall")


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) | SERVERS))
def test_a_container_has_longer_to_stop_than_a_link_may_take(name: str) -> None:
    assert seconds(SERVICES[name]["stop_grace_period"]) > LEASE + 5


def test_no_secret_has_a_value() -> None:
    for name, service in SERVICES.items():
        for setting, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|KEY", setting):
                assert value is None or setting.endswith("_FILE"), (name, setting)
    assert not re.search(r"^(ARG|ENV)\b.*(PASSWORD|SECRET|TOKEN|KEY)", DOCKERFILE, re.MULTILINE)
    passwords = {"SHOP_ADMIN_PASSWORD", "SHOP_FLOWER_PASSWORD"}
    known = {
        name: passwords & set(service.get("environment", ())) for name, service in SERVICES.items()
    }
    assert {name: given for name, given in known.items() if given} == {
        "secrets": passwords,
        "prepare": {"SHOP_ADMIN_PASSWORD"},
        "flower": {"SHOP_FLOWER_PASSWORD"},
    }


def test_every_setting_of_the_readme_reaches_the_shop() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme.partition("## Settings")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    passed = {name for service in SERVICES.values() for name in service.get("environment", ())}
    assert documented - NOT_PASSED_ON == passed - {
        name for name in passed if name.startswith("POSTGRES_")
    }


def test_the_servers_are_set_up_as_those_of_make_run() -> None:
    command = SERVICES["postgres"]["command"]
    assert command == [
        "postgres",
        *(f"-c{key}={value}" for key, value in POSTGRES_SETTINGS.items()),
    ]
    given = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert set(shlex.split(given)) == set(ENCODING)
    redis = SERVICES["redis"]["command"][2:]
    pairs = zip(redis[::2], redis[1::2], strict=True)
    assert {key.removeprefix("--"): value for key, value in pairs} == {
        key: value.strip('"') for key, value in REDIS_SETTINGS.items()
    }


def test_the_image_holds_nothing_but_what_the_shop_runs_on() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    admitted = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert admitted == {"api", "config", "shop", "tasks", "manage.py", "requirements.lock"}
    assert all((ROOT / name).exists() for name in admitted)


def test_the_dockerfile_needs_no_registry_but_for_its_base() -> None:
    assert re.findall(r"^FROM (.*)$", DOCKERFILE, re.MULTILINE) == ["python:3.11-slim"]
    assert "--require-hashes" in DOCKERFILE
    assert not re.search(r"^# syntax=|<<|://", DOCKERFILE, re.MULTILINE)
