"""The sandbox's webhooks: written, signed, sent, and read again by the shop (Standard Webhooks)."""

import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from standardwebhooks import Webhook, WebhookVerificationError

from shop.core.errors import Unavailable
from shop.payments.providers import Hint, InvalidSignature
from shop.payments.sandbox.models import Entry, Outcome

# Seconds for each part of a conversation: to connect, and to be answered.
TIMEOUT = 3.0
PREFIX = "payment."
PAID = f"{PREFIX}{Outcome.PAID}"


class WebhookNotTaken(Unavailable):
    """Whoever listens at `SHOP_SANDBOX_WEBHOOK_URL` did not take it; it may have arrived."""

    code = "webhook_not_taken"
    detail = "The sandbox's webhook was not taken."


def send(*, entry_id: int, message_id: str) -> None:
    """Tell what the customer did, outside of any transaction. May be repeated with the same id.

    Raises WebhookNotTaken.
    """
    entry = Entry.objects.get(pk=entry_id)
    at = f"{entry.decided_at:%Y-%m-%dT%H:%M:%SZ}"
    message = {"type": f"{PREFIX}{entry.outcome}", "timestamp": at, "data": {"key": entry.key}}
    body = json.dumps(message)
    try:
        status = _post(body.encode(), _signed(message_id, body))
    except (OSError, http.client.HTTPException) as error:
        raise WebhookNotTaken from error
    if status // 100 != 2:
        raise WebhookNotTaken


def _signed(message_id: str, body: str) -> dict[str, str]:
    """Return the headers of a message that is sent now."""
    now = datetime.now(UTC)
    secret = Webhook(settings.SHOP_SANDBOX_WEBHOOK_SECRET)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": secret.sign(msg_id=message_id, timestamp=now, data=body),
    }


def _post(body: bytes, headers: Mapping[str, str]) -> int:
    """Return the status that the shop answers with: not through a proxy, nor where it redirects."""
    address = urlsplit(settings.SHOP_SANDBOX_WEBHOOK_URL)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=TIMEOUT)
    try:
        target = address._replace(scheme="", netloc="").geturl() or "/"
        connection.request("POST", target, body=body, headers=dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def verify(*, headers: Mapping[str, str], body: bytes) -> str:
    """Return the id of a signed message. Raises InvalidSignature, also for an old one."""
    found = {name.lower(): value for name, value in headers.items()}
    try:
        Webhook(settings.SHOP_SANDBOX_WEBHOOK_SECRET).verify(body, found, json_parse=False)
    # The library leaves it to its caller to expect what a stranger may put into a header.
    except (WebhookVerificationError, ValueError) as error:
        raise InvalidSignature from error
    return found["webhook-id"]


def read(*, message: Any) -> Hint:
    """Return what a message says."""
    data = message.get("data") if isinstance(message, dict) else None
    kind = message.get("type") if isinstance(message, dict) else None
    key = data.get("key") if isinstance(data, dict) else None
    return Hint(
        kind=kind if isinstance(kind, str) else "",
        key=key if isinstance(key, str) else "",
        is_paid=kind == PAID,
    )
