"""What every workflow that the clock starts is given."""

from typing import TypedDict


class Scheduled(TypedDict):
    """The slot of this run, and the one before it (null at first): times in RFC 3339, UTC."""

    since: str | None
    until: str
