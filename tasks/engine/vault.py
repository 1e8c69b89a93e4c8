"""What a job needs and nobody may see, encrypted in its row."""

import json
from collections.abc import Mapping
from functools import cache

from cryptography.fernet import Fernet
from django.conf import settings


@cache
def _cipher() -> Fernet:
    return Fernet(settings.SHOP_JOBS_KEY)


def seal(values: Mapping[str, str]) -> bytes | None:
    """Return these values encrypted, or None where there are none."""
    return _cipher().encrypt(json.dumps(dict(values)).encode()) if values else None


def unseal(sealed: bytes | memoryview | None) -> dict[str, str]:
    """Return what was sealed. Raises InvalidToken when the shop's secret key has changed."""
    if sealed is None:
        return {}
    values: dict[str, str] = json.loads(_cipher().decrypt(bytes(sealed)))
    return values
