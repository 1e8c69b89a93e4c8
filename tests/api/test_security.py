"""What answers tell browsers, and what is in the way of those who are up to no good."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from api import security
from api.views import pages
from config import wsgi
from config.local.options import ROOT
from tests.redirects import page_of, waiting

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTION = """
import json
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("check", deploy=True, fail_level="DEBUG")
names = ("DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
print(json.dumps([getattr(settings, name) for name in names]))
"""
PAGES = ("/", "/api/docs", "/api/redoc", "/nope")
INLINE = re.compile(r"<style|<script(?! src=)|\son[a-z]+=|\sstyle=|javascript:")


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, headers={"Accept": "text/html"})


def expect_headers(response: Any) -> None:
    found = {name: response.get(name) for name in security.HEADERS}
    assert found == security.HEADERS
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("path", [*PAGES, "/livez", "/api/v1/me", "/admin/", "/static/api/docs.js"])
def test_every_answer_says_what_browsers_may_do(client: Client, path: str) -> None:
    response = client.get(path)
    response.close()
    expect_headers(response)


def test_so_does_every_refusal(client: Client) -> None:
    for refused, status in (
        (client.generic("MADEUP", "/"), 405),
        (client.get("/livez", headers={"Host": "evil.example"}), 400),
        (client.post("/api/v1/auth/login", b" " * 1024 * 1025, content_type="text/plain"), 413),
    ):
        assert refused.status_code == status
        expect_headers(refused)


def test_no_page_lets_a_script_in_that_stands_in_it() -> None:
    for policy in (security.PLAIN, security.DOCS, security.REDOC, security.ADMIN):
        for directive in policy.split("; "):
            assert "unsafe-inline" not in directive or directive.startswith("style-src"), policy
    assert "script-src" not in security.policy("/sandbox/payments/1")
    assert "unsafe" not in security.policy("/") + security.policy("/api/docs")


def test_the_pages_have_neither_scripts_nor_styles_in_them(client: Client) -> None:
    for path in (*PAGES, page_of(waiting())):
        assert INLINE.findall(client.get(path).content.decode()) == [], path


@pytest.mark.parametrize("path", ["/api/v1/books", "/api/schema", "/static/api/docs.js", "/livez"])
def test_no_other_site_may_read_an_answer(client: Client, path: str) -> None:
    for method in ("GET", "OPTIONS"):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        response = client.generic(method, path, headers=asked)
        response.close()
        assert [name for name in response.headers if name.startswith("Access-Control")] == []


def test_behind_tls_django_has_nothing_to_add_and_debug_stays_off() -> None:
    done = subprocess.run(
        (sys.executable, "-W", "error", "-c", PRODUCTION),
        env={
            **{name: value for name, value in os.environ.items() if name != "SHOP_ROLE"},
            **dict.fromkeys(("DEBUG", "DJANGO_DEBUG", "SHOP_DEBUG"), "True"),
            "SHOP_PUBLIC_URL": "https://shop.example",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [False, True, True, 365 * 24 * 3600]


def test_where_the_public_address_is_of_tls_so_is_every_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    monkeypatch.setattr(wsgi, "_let_in", lambda environ, _: seen.append(environ["wsgi.url_scheme"]))
    for scheme in ("http", "https"):
        monkeypatch.setattr(wsgi, "_SCHEME", scheme)
        wsgi.application({"wsgi.url_scheme": "http", "HTTP_X_FORWARDED_PROTO": "gopher"}, None)
    assert seen == ["http", "https"]


def test_the_cookies_of_the_back_office_are_for_it_alone(client: Client) -> None:
    cookie = client.get("/admin/login/").cookies["csrftoken"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
)
def test_metrics_are_not_for_who_comes_through_a_proxy(
    client: Client, headers: dict[str, str]
) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers=headers).status_code == 403


def test_metrics_are_for_who_has_the_token(client: Client, settings: Any) -> None:
    def ask(authorization: str) -> int:
        given = {"Authorization": authorization}
        return client.get("/metrics", REMOTE_ADDR="192.0.2.1", headers=given).status_code

    assert [ask(given) for given in ("", "Bearer", "Bearer ", "Bearer x")] == [403] * 4
    settings.SHOP_METRICS_TOKEN = "a-token-of-some-length"
    wrong = ("", "Bearer", "Bearer a-token", "Basic a-token-of-some-length", "Bearer ü")
    assert [ask(given) for given in wrong] == [403] * len(wrong)
    assert ask("Bearer a-token-of-some-length") == ask("bearer a-token-of-some-length") == 200


def test_many_may_ask_for_the_schema_at_once(client: Client) -> None:
    pages._description.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(client.get, ["/api/schema"] * 6))
    assert {answer.status_code for answer in found} == {200}
    assert len({answer.content for answer in found}) == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "nope"])
def test_a_compressed_body_is_415(client: Client, coding: str) -> None:
    response = client.post(
        "/api/v1/auth/login",
        {"username": "a", "password": "b"},
        content_type="application/json",
        headers={"Content-Encoding": coding},
    )
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert response["Accept-Encoding"] == "identity"
    assert "Content-Encoding" in response.json()["detail"]
