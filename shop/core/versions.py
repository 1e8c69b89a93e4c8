"""Versions of a thing: whether it is still as somebody has seen it."""

import hashlib
import json
from collections.abc import Collection
from typing import Any

from shop.core.errors import PreconditionFailed


def version_of(*facts: Any) -> str:
    """Return the same version for the same facts, and for no others; they are such as JSON has."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check(version: str, *, wanted: Collection[str] | None) -> None:
    """Go on only if this version is among those wanted; None wants any.

    Raises PreconditionFailed.
    """
    if wanted is not None and version not in wanted:
        raise PreconditionFailed
