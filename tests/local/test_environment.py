"""Settings of payments: what they take, and that a wrong value is one clear line and no start."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment, secrets
from config.local.options import ROOT

NAME = "SHOP_SETTING"
BYTES_16 = base64.b64encode(b"0123456789abcdef").decode()


def given(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", 1800), ("45", 45), ("90s", 90), ("30min", 1800), ("30m", 1800), ("2 h", 7200)],
)
def test_a_time_is_read_in_seconds(
    monkeypatch: pytest.MonkeyPatch, value: str, seconds: int
) -> None:
    given(monkeypatch, value)
    assert environment.seconds(NAME, default="30min") == seconds


@pytest.mark.parametrize("value", ["0", "0s", "-5", "1.5h", "5d", "h", "٣s", "1e3", "9" * 5000])
def test_what_is_no_time_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, value)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        environment.seconds(NAME, default="30min")


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("", "http://127.0.0.1:8000"),
        ("https://books.example.com/", "https://books.example.com"),
        ("http://[::1]:1000", "http://[::1]:1000"),
    ],
)
def test_an_address_without_a_path(
    monkeypatch: pytest.MonkeyPatch, value: str, address: str
) -> None:
    given(monkeypatch, value)
    assert environment.web_address(NAME, default="http://127.0.0.1:8000", bare=True) == address


@pytest.mark.parametrize(
    "value",
    [
        *("books.example.com", "ftp://books.example.com", "http://", "https:///path", "http://a b"),
        *("http://a/b", "http://a?b", "http://a#b", "http://me:pw@a", "http://a:0", "http://[::1"),
        *("http://a:99999", "http://a:http", "http://é", "javascript:alert(1)"),
    ],
)
def test_what_is_no_such_address_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, value)
    with pytest.raises(ImproperlyConfigured, match=NAME) as caught:
        environment.web_address(NAME, default="http://127.0.0.1:8000", bare=True)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("value", [BYTES_16, f"whsec_{BYTES_16}", f"  whsec_{BYTES_16} "])
def test_a_webhooks_secret_may_be_given_with_its_prefix_or_without(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    given(monkeypatch, value)
    assert environment.webhook_secret(NAME) == f"whsec_{BYTES_16}"


def test_a_secret_for_webhooks_is_made_once_and_is_a_good_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = secrets.keep(directory=tmp_path, name="hooks", make=secrets.for_webhooks)
    assert secrets.keep(directory=tmp_path, name="hooks", make=secrets.for_webhooks) == made
    given(monkeypatch, made)
    assert environment.webhook_secret(NAME) == made


WRONG_SECRETS = ["whsec_", "whsec_short", BYTES_16[:-4], "not-base64-but-long-enough!", "é" * 40]


@pytest.mark.parametrize("value", WRONG_SECRETS)
def test_a_secret_that_signs_nothing_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    given(monkeypatch, value)
    with pytest.raises(ImproperlyConfigured, match=NAME) as caught:
        environment.webhook_secret(NAME)
    assert value not in str(caught.value).replace("whsec_ and", "")


@pytest.mark.parametrize(
    "setting",
    [
        "SHOP_SANDBOX_WEBHOOK_SECRET=whsec_short",
        "SHOP_PUBLIC_URL=https://books.example.com/shop",
        "SHOP_SANDBOX_WEBHOOK_URL=localhost",
        "SHOP_PAYMENT_WAIT=soon",
        "FLOWER_PORT=http",
    ],
)
def test_a_wrong_setting_is_one_line_and_no_start(setting: str, tmp_path: Path) -> None:
    name, _, value = setting.partition("=")
    code = "from config.local import options; options.check_settings()"
    done = subprocess.run(
        (sys.executable, "-c", code),
        env={**os.environ, "SHOP_DATA_DIR": str(tmp_path), name: value},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"config.local.problem.Problem: {name}")


def test_empty_ports_count_as_left_out(tmp_path: Path) -> None:
    code = "from config import settings; print(settings.GATEWAY_PORT, settings.FLOWER_PORT)"
    empty = {"GATEWAY_PORT": "", "FLOWER_PORT": ""}
    done = subprocess.run(
        (sys.executable, "-c", code),
        env={**os.environ, "SHOP_DATA_DIR": str(tmp_path), **empty},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "8000 5555\n")
