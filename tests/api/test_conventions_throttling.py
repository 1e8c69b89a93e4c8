"""How many requests a caller may send, and what happens without Redis."""

import re
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from api import throttling
from api.views.base import OpenView
from tests.api.callers import new_account


class Open(OpenView):
    authentication_classes = ()
    throttle: str | None = None

    def get(self, request: Request) -> Response:
        return Response({})


@pytest.fixture(autouse=True)
def _rates(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SHOP_THROTTLE = True
    rates = {"authenticated": 3, "anonymous": 2, "login": 1}
    monkeypatch.setattr(throttling, "RATES", rates)
    monkeypatch.setattr(throttling, "breaker", throttling.Breaker())
    # A window that ends in the middle of a test would make it fail.
    monkeypatch.setattr(throttling, "WINDOW_SECONDS", 3600)
    cache.clear()


def get(address: str = "10.0.0.1", user: Any = None, throttle: str | None = None) -> HttpResponse:
    request = APIRequestFactory().get("/", REMOTE_ADDR=address)
    if user:
        force_authenticate(request, user)
    answered: HttpResponse = Open.as_view(throttle=throttle)(request)
    return answered


def test_too_many_requests_of_an_address_are_429() -> None:
    assert [get().status_code for _ in range(3)] == [200, 200, 429]
    assert get("10.0.0.2").status_code == 200
    refused = get()
    assert 1 <= int(refused["Retry-After"]) <= 3600
    assert refused.data["code"] == "too_many_requests"  # type: ignore[attr-defined]


def test_an_answer_says_what_is_left_of_the_rate() -> None:
    found = [get() for _ in range(3)]
    assert {one["RateLimit-Policy"] for one in found} == {'"anonymous";q=2;w=3600'}
    limits = [re.fullmatch(r'"anonymous";r=(\d+);t=(\d+)', one["RateLimit"]) for one in found]
    assert [int(one[1]) for one in limits if one] == [1, 0, 0]
    assert found[2].status_code == 429
    seconds = [int(one[2]) for one in limits if one]
    assert all(0 < left <= 3600 for left in seconds)
    assert abs(int(found[2]["Retry-After"]) - seconds[2]) <= 1


@pytest.mark.django_db
def test_an_account_is_counted_wherever_it_calls_from() -> None:
    one, other = new_account(), new_account()
    found = [get(f"10.0.0.{n}", one).status_code for n in range(4)]
    assert found == [200, 200, 200, 429]
    assert get(user=other).status_code == 200


def test_a_dear_view_has_a_rate_of_its_own() -> None:
    assert [get(throttle="login").status_code for _ in range(2)] == [200, 429]
    assert get().status_code == 200


def test_it_can_be_switched_off(settings: Any) -> None:
    settings.SHOP_THROTTLE = False
    answers = [get() for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit" in answer or "RateLimit-Policy" in answer for answer in answers)


def test_without_redis_requests_pass_and_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def away(*_: Any, **__: Any) -> None:
        calls.append(1)
        raise RedisAway

    monkeypatch.setattr(cache, "add", away)
    answers = [get() for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit" in answer or "RateLimit-Policy" in answer for answer in answers)
    assert len(calls) == 1


def test_after_a_while_one_request_tries_again() -> None:
    breaker = throttling.Breaker(seconds=0.1)
    assert breaker.passes()
    assert breaker.failed()
    assert not breaker.passes()
    assert not breaker.failed()
    time.sleep(0.12)
    assert [breaker.passes() for _ in range(3)] == [True, False, False]
    breaker.worked()
    assert [breaker.passes() for _ in range(3)] == [True, True, True]


def test_a_redis_that_is_not_there_costs_little(settings: Any) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    started = time.monotonic()
    assert {get().status_code for _ in range(5)} == {200}
    assert time.monotonic() - started < 1
