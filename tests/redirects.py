"""What a customer does on the sandbox's page, and how the shop hears of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.test import Client
from standardwebhooks import Webhook

from tasks.engine.models import Job
from tests import gateway
from tests.workflows.cases import redirected, run

PATH = "/api/v1/webhooks/payments/sandbox"


def waiting() -> Job:
    """Return a checkout of two copies that waits for its customer."""
    job = redirected()
    assert job.state == "waiting", job.error
    return job


def key_of(job: Job) -> str:
    """Return what the provider knows the checkout's charge by."""
    return f"{job.pk}:take_payment"


def page_of(job: Job) -> str:
    """Return the path of the page to which a waiting job sends its customer."""
    assert job.action
    assert job.action["type"] == "redirect"
    return str(urlsplit(job.action["url"]).path)


def choose(page: str, outcome: str) -> str:
    """Press a button of the page, and return what it then shows."""
    response = Client().post(page, {"outcome": outcome})
    assert response.status_code == 200, response.content
    return text_of(response)


def look(page: str) -> str:
    """Open the page, and return what it shows."""
    return text_of(Client().get(page))


def text_of(response: Any) -> str:
    """Return the page's one sentence that tells how things stand."""
    [line] = [line for line in response.content.decode().splitlines() if "<p>" in line]
    return str(line).strip().removeprefix("<p>").removesuffix("</p>")


def last_webhook() -> Job:
    """Return the sandbox's latest webhook, which is still to be sent."""
    return Job.objects.filter(kind="sandbox_webhook").latest("id")


def send_webhook() -> Job:
    """Have the sandbox send its latest webhook, over HTTP, and return the job that did."""
    settings.SHOP_SANDBOX_WEBHOOK_URL = gateway.address() + PATH
    return run(last_webhook())


def message(key: Any, kind: Any = "payment.paid") -> bytes:
    """Return a message as the sandbox writes it."""
    return json.dumps(
        {"type": kind, "timestamp": "2030-01-01T00:00:00Z", "data": {"key": key}}
    ).encode()


def signed(
    body: bytes, *, message_id: str = "", at: datetime | None = None, secret: str = ""
) -> dict[str, str]:
    """Return the headers of a message, signed as the sandbox signs it or with another secret."""
    message_id, at = message_id or f"msg_{uuid4()}", at or datetime.now(UTC)
    signer = Webhook(secret or settings.SHOP_SANDBOX_WEBHOOK_SECRET)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signer.sign(message_id, at, body.decode(errors="replace")),
    }


def post(body: bytes, headers: Mapping[str, str] | None = None, *, path: str = PATH) -> Any:
    """Send the shop a message, signed unless headers are given."""
    return Client(raise_request_exception=False).post(
        path,
        body,
        content_type="application/json",
        headers=dict(signed(body) if headers is None else headers),
    )
