"""Ids that are made before a row exists."""

from uuid import UUID

from uuid6 import uuid7


def new_job_id() -> UUID:
    """Return a fresh UUIDv7: unique, and later ones sort later. Source: RFC 9562, 5.7."""
    return UUID(bytes=uuid7().bytes)
