"""What stands beside the API: health, metrics, documentation, and the page that leads there."""

import hmac
import ipaddress
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

import api.metrics  # noqa: F401  (adds the jobs' figures to `/metrics`)

CHECK_SECONDS = 1.0
# By which proxies name who asked them; besides X-Forwarded-For and its like.
PROXIES = {"Forwarded", "Via", "X-Real-Ip"}
_checks = ThreadPoolExecutor(max_workers=4, thread_name_prefix="check")
# Its generator is not made for several threads at once.
_drawing = threading.Lock()


@csrf_exempt
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Lead to everything."""
    host = urlsplit(f"//{request.get_host()}").hostname or "127.0.0.1"
    flower = f"http://{f'[{host}]' if ':' in host else host}:{settings.FLOWER_PORT}/"
    return render(request, "api/index.html", {"flower": flower})


@csrf_exempt
@require_safe
def livez(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say that the process is up."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say whether it can serve: without the broker yes, jobs then start later."""
    database, broker = _checked(_reach_database, _reach_broker)
    status = "ok" if database == broker == "ok" else "degraded"
    body = {
        "status": status if database == "ok" else "unavailable",
        "database": database,
        "broker": broker,
    }
    return JsonResponse(body, status=200 if database == "ok" else 503)


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus, on this machine or with the token."""
    if not _is_local(request) and not _knows(request, settings.SHOP_METRICS_TOKEN):
        raise PermissionDenied
    exported: HttpResponse = ExportToDjangoView(request)
    return exported


@csrf_exempt
@require_safe
def schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer with the API's description, OpenAPI 3.1."""
    with _drawing:
        description = _description()
    return HttpResponse(description, content_type=OpenApiJsonRenderer.media_type)


@csrf_exempt
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the API's description, to read and to try, with no file from another host."""
    return render(request, "api/docs.html")


@csrf_exempt
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """Show the API's description, to read."""
    return render(request, "api/redoc.html")


@cache
def _description() -> bytes:
    """Return the API's description, which costs a tenth of a second, and never changes."""
    description = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return bytes(OpenApiJsonRenderer().render(description))


def _is_local(request: HttpRequest) -> bool:
    """Return whether the request comes from this machine, and not through a proxy on it."""
    passed_on = any(name.startswith("X-Forwarded") or name in PROXIES for name in request.headers)
    return not passed_on and ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback


def _knows(request: HttpRequest, token: str) -> bool:
    """Return whether the request carries this token; where there is none, nobody does."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    is_right = hmac.compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_right


def _checked(*checks: Callable[[], Any]) -> list[str]:
    """Return `ok` or `unreachable` for each check, after a second at the latest."""
    running: list[Future[Any]] = [_checks.submit(check) for check in checks]
    wait(running, timeout=CHECK_SECONDS)
    return [
        "ok" if check.done() and check.exception() is None else "unreachable" for check in running
    ]


def _reach_database() -> None:
    """Ask the database something, and give the connection back."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def _reach_broker() -> None:
    """Ask the broker something, on a connection of its own."""
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=CHECK_SECONDS,
        socket_connect_timeout=CHECK_SECONDS,
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
    ) as client:
        client.ping()
