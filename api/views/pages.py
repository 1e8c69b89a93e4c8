"""What stands beside the API: health, metrics, documentation, and the page that leads there."""

import ipaddress
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

import api.metrics  # noqa: F401  (adds the jobs' figures to `/metrics`)

CHECK_SECONDS = 1.0
_checks = ThreadPoolExecutor(max_workers=4, thread_name_prefix="check")


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
    """Answer Prometheus, on this machine only."""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if forwarded or not ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback:
        raise PermissionDenied
    exported: HttpResponse = ExportToDjangoView(request)
    return exported


class SchemaView(SpectacularAPIView):
    """The API's description, OpenAPI 3.1."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    renderer_classes = [OpenApiJsonRenderer]  # noqa: RUF012  (as the base class has it)

    def _get_version_parameter(self, request: Request) -> None:
        """Return None: the address names the version, and a parameter would reach a header."""


class DocsView(SpectacularSwaggerView):
    """The API's description to read and to try, with no file from another host."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


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
