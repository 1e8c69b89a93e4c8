"""The header `Idempotency-Key`: whose it is, what it is, and which request it stands for."""

import hashlib
import hmac
import json
import re

from django.conf import settings
from rest_framework.request import Request

from api.errors import invalid
from tasks.engine.jobs import Idempotency

HEADER = "Idempotency-Key"
MAX_KEY = 255
_VISIBLE = re.compile(r"[\x20-\x7e]+")
_ESCAPED = re.compile(r"\\([\"\\])")


def of(request: Request) -> Idempotency | None:
    """Return the request's key with its scope and fingerprint, or None when it has none.

    Raises ValidationError when the key is empty, too long or not printable ASCII.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    account_id = request.user.pk if request.user.is_authenticated else None
    return Idempotency(
        scope="anonymous" if account_id is None else f"account:{account_id}",
        key=_key(header.strip(" \t")),
        fingerprint=_fingerprint(request),
    )


def _key(text: str) -> str:
    """Return the key that is written bare or as a string in quotes. Source: RFC 8941, 3.3.3."""
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        text = _ESCAPED.sub(r"\1", text[1:-1])
    elif '"' in text:
        raise invalid(HEADER, "invalid", "The key's quotes are not closed.")
    if not _VISIBLE.fullmatch(text):
        raise invalid(HEADER, "invalid", "A key of printable ASCII characters is expected.")
    if len(text) > MAX_KEY:
        raise invalid(HEADER, "max_length", f"A key has at most {MAX_KEY} characters.")
    return text


def _fingerprint(request: Request) -> bytes:
    """Return a keyed digest of method, path and body, from which nobody reads the body back."""
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    text = f"{request.method}\n{request.path}\n{body}"
    return hmac.digest(settings.SHOP_FINGERPRINT_KEY.encode(), text.encode(), hashlib.sha256)
