"""POST /auth/login, /auth/refresh and /auth/logout (1.2)."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings as shop_settings
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisAway
from structlog.testing import capture_logs

from api import throttling
from shop.customers.guessing import BOTH
from shop.customers.models import Account, Login
from tests.api.callers import Caller, codes

PASSWORD = "chín mươi chín đoá hồng"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lan(customer: Caller, settings: Settings) -> Account:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    assert customer.account_id is not None
    account = Account.objects.get(pk=customer.account_id)
    account.username = "Lan"
    account.set_password(PASSWORD)
    account.save()
    return account


def log_in(anyone: Caller) -> dict[str, str]:
    response = anyone.post("auth/login", {"username": "lan", "password": PASSWORD})
    assert response.status_code == 200, response.content
    found: dict[str, str] = response.json()
    return found


def reads(access: str) -> int:
    """The status of reading something of one's own with this access token."""
    status: int = Caller(headers={"Authorization": f"Bearer {access}"}).get("me").status_code
    return status


def refused(response: Any, code: str) -> bool:
    body = response.json()
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"
    return (response.status_code, body["status"], body["code"]) == (401, 401, code)


def test_a_login_gives_a_pair_of_tokens_that_nobody_caches(anyone: Caller) -> None:
    response = anyone.post("auth/login", {"username": "LAN", "password": PASSWORD})
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response["Cache-Control"] == "no-store"
    assert reads(response.json()["access"]) == 200


def test_a_token_says_nothing_of_whose_it_is(anyone: Caller) -> None:
    for token in log_in(anyone).values():
        claims = jwt.decode(token, options={"verify_signature": False})
        assert set(claims) == {"token_type", "exp", "iat", "jti", "sid"}


@pytest.mark.parametrize(
    ("username", "password"),
    [("lan", "wrong"), ("nobody", PASSWORD), ("lan", PASSWORD.upper()), ("x" * 254, "y" * 1024)],
)
def test_wrong_credentials_are_refused_alike(anyone: Caller, username: str, password: str) -> None:
    response = anyone.post("auth/login", {"username": username, "password": password})
    assert refused(response, "invalid_credentials")
    # The one that the fixture made.
    assert Login.objects.count() == 1


def test_wrong_passwords_slow_down_whoever_sends_them_also_without_redis(
    anyone: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise RedisAway

    monkeypatch.setattr(cache, "add", away)
    monkeypatch.setattr(throttling, "breaker", throttling.Breaker())
    for username in ("lan", "nobody"):
        body = {"username": username, "password": "wrong"}
        answers = [anyone.post("auth/login", body) for _ in range(BOTH.free + 2)]
        assert [answer.status_code for answer in answers] == [401] * (BOTH.free + 1) + [429]
        assert answers[-1].json()["code"] == "too_many_attempts"
        assert answers[-1]["Retry-After"] == "1"


def test_a_password_is_the_same_however_its_letters_are_composed(anyone: Caller) -> None:
    decomposed = "chi\u0301n mu\u031bo\u031bi chi\u0301n d\u0323oa\u0301 h\u00f4\u0300ng"
    assert decomposed != PASSWORD
    body = {"username": "lan", "password": decomposed.replace("d\u0323", "đ")}
    assert anyone.post("auth/login", body).status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"username": "required", "password": "required"}),
        ({"username": 5, "password": None}, {"username": "invalid", "password": "null"}),
        ({"username": "a", "password": "b", "c": 1}, {"c": "unknown_field"}),
        ({"username": "a" * 300, "password": "b"}, {"username": "max_length"}),
        ({"username": "a\x00", "password": "b"}, {"username": "invalid"}),
    ],
)
def test_what_is_no_login_is_invalid(
    anyone: Caller, body: dict[str, Any], expected: dict[str, str]
) -> None:
    assert codes(anyone.post("auth/login", body)) == expected


@pytest.mark.parametrize("path", ["auth/login", "auth/refresh", "auth/logout"])
def test_an_old_access_token_is_in_nobodys_way(path: str) -> None:
    stale = Caller(headers={"Authorization": "Bearer stale"})
    assert stale.post(path, {}).status_code == 422


def test_a_refresh_token_gives_a_new_pair_once(anyone: Caller) -> None:
    first = log_in(anyone)
    response = anyone.post("auth/refresh", {"refresh": first["refresh"]})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    second = response.json()
    assert reads(second["access"]) == 200
    # Whoever comes with the first again may be a thief: nobody goes on with this login.
    with capture_logs() as lines:
        assert refused(anyone.post("auth/refresh", {"refresh": first["refresh"]}), "invalid_token")
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == [
        "refresh_token_reused"
    ]
    assert first["refresh"] not in str(lines)
    assert refused(anyone.post("auth/refresh", {"refresh": second["refresh"]}), "invalid_token")
    assert (reads(first["access"]), reads(second["access"])) == (401, 401)


def test_logging_out_ends_that_login_only_and_at_once(anyone: Caller) -> None:
    here, there = log_in(anyone), log_in(anyone)
    response = anyone.post("auth/logout", {"refresh": here["refresh"]})
    assert (response.status_code, response.content) == (204, b"")
    assert (reads(here["access"]), reads(there["access"])) == (401, 200)
    assert refused(anyone.post("auth/refresh", {"refresh": here["refresh"]}), "invalid_token")
    assert refused(anyone.post("auth/logout", {"refresh": here["refresh"]}), "invalid_token")
    assert anyone.post("auth/refresh", {"refresh": there["refresh"]}).status_code == 200


def nested_header(depth: int) -> str:
    """A token whose header may be nested deeper than Python reads."""
    return jwt.utils.base64url_encode(b"[" * depth).decode() + ".e30.AAAA"


def garbage() -> list[str]:
    key = str(shop_settings.SIMPLE_JWT["SIGNING_KEY"])
    claims = {"exp": timezone.now() + timedelta(days=1), "jti": "1" * 32, "sid": 1}
    refresh = {**claims, "token_type": "refresh"}
    return [
        "garbage",
        "a.b.c",
        "....",
        "ế.ế.ế",
        *(nested_header(depth) for depth in (370, 900, 2000)),
        jwt.encode(refresh, "another key that is long enough for it", algorithm="HS256"),
        jwt.encode(refresh, "", algorithm="none"),
        jwt.encode(refresh, key * 2, algorithm="HS512"),
    ]


@pytest.mark.parametrize("path", ["auth/refresh", "auth/logout"])
def test_what_is_no_refresh_token_is_refused(anyone: Caller, path: str) -> None:
    access = log_in(anyone)["access"]
    for text in [*garbage(), access]:
        assert refused(anyone.post(path, {"refresh": text}), "invalid_token"), text


@pytest.mark.parametrize("body", [{}, {"refresh": 5}, {"refresh": None}, {"refresh": ""}])
@pytest.mark.parametrize("path", ["auth/refresh", "auth/logout"])
def test_a_refresh_token_is_text(anyone: Caller, path: str, body: dict[str, Any]) -> None:
    assert set(codes(anyone.post(path, body))) == {"refresh"}


def test_a_refresh_token_ends_by_itself(anyone: Caller) -> None:
    tokens = log_in(anyone)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        response = anyone.post("auth/refresh", {"refresh": tokens["refresh"]})
        assert refused(response, "invalid_token")


def test_an_access_token_lives_fifteen_minutes(anyone: Caller) -> None:
    access = log_in(anyone)["access"]
    with time_machine.travel(timezone.now() + timedelta(minutes=14)):
        assert reads(access) == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert reads(access) == 401


def test_what_is_no_access_token_is_refused(anyone: Caller) -> None:
    tokens = [text for text in garbage() if text.isascii()]
    for text in [*tokens, log_in(anyone)["refresh"], "", "two words"]:
        caller = Caller(headers={"Authorization": f"Bearer {text}"})
        assert refused(caller.get("me"), "invalid_token"), text


def test_the_scheme_is_read_whatever_its_case_and_others_are_nobody(anyone: Caller) -> None:
    access = log_in(anyone)["access"]
    assert Caller(headers={"Authorization": f"bearer {access}"}).get("me").status_code == 200
    basic = Caller(headers={"Authorization": "Basic YTpi"})
    assert refused(basic.get("me"), "not_authenticated")


def test_a_closed_account_has_no_way_in(anyone: Caller, lan: Account) -> None:
    tokens = log_in(anyone)
    Account.objects.filter(pk=lan.pk).update(is_active=False)
    assert reads(tokens["access"]) == 401
    assert refused(anyone.post("auth/refresh", {"refresh": tokens["refresh"]}), "invalid_token")
    response = anyone.post("auth/login", {"username": "lan", "password": PASSWORD})
    assert refused(response, "invalid_credentials")
