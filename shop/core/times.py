"""Moments as everybody outside reads them."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Return an aware moment as RFC 3339 has it, in UTC: `2024-02-29T12:30:00.123456Z`."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
