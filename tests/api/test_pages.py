"""What stands beside the API."""

import re
import socket
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from api.views import pages

EXTERNAL = re.compile(rb"""(?:src|href)=["'](?:https?:)?//(?!testserver[:/])[^"']*""")


def test_the_process_is_up(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_can_serve(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_without_the_broker_it_can_serve(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "database": "ok", "broker": "unreachable"}


def test_a_broker_that_is_silent_is_not_waited_for(client: Client, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.monotonic()
        response = client.get("/readyz")
    assert response.json()["broker"] == "unreachable"
    assert time.monotonic() - started < 2


def test_without_the_database_it_cannot(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        time.sleep(1.5)

    monkeypatch.setattr(pages, "_reach_database", silent)
    started = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - started < 1.4
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
    assert response.json()["status"] == "unavailable"


def test_metrics_are_open_on_loopback_only(client: Client) -> None:
    assert b"python_info" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    for outside in ({"REMOTE_ADDR": "192.0.2.1"}, {"headers": {"X-Forwarded-For": "192.0.2.1"}}):
        response = client.get("/metrics", **outside)
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_the_first_page_leads_to_everything(client: Client, settings: Any) -> None:
    settings.FLOWER_PORT = 5678
    page = client.get("/")
    for address in (
        "/api/docs",
        "/api/redoc",
        "/api/schema",
        "/admin/",
        "/readyz",
        "/livez",
        "/metrics",
    ):
        assert f'href="{address}"'.encode() in page.content
    assert b'href="http://testserver:5678/"' in page.content
    assert not EXTERNAL.findall(page.content)


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_the_documentation_takes_no_file_from_another_host(client: Client, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 200
    assert not EXTERNAL.findall(page.content)
    files = re.findall(r'(?:src|href)="(/[^"]+)"', page.content.decode())
    assert len(files) >= 2
    for address in files:
        file = client.get(address)
        assert file.status_code == 200
        assert b"".join(file)


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc", "/api/schema"])
@pytest.mark.parametrize("accepted", ["image/png", "text/html;q=0", "*", "a/b;q=nan", ""])
def test_whatever_a_client_accepts_a_page_is_what_it_is(
    client: Client, path: str, accepted: str
) -> None:
    assert client.get(path, headers={"Accept": accepted}).status_code == 200


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc", "/api/schema", "/"])
def test_a_page_can_only_be_read(client: Client, path: str) -> None:
    refused = client.post(path)
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")


def test_the_schema_is_openapi_31_and_names_every_operation_once(client: Client) -> None:
    schema = client.get("/api/schema").json()
    assert schema["openapi"].startswith("3.1")
    names = [
        operation["operationId"]
        for operations in schema["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names)) > 10
    assert "get_jobs_by_job_id" in names


def test_the_schema_is_made_without_a_guess(tmp_path: Any) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", file=str(tmp_path / "schema.yaml"))
