"""Versions of a thing: the header `ETag`, and `If-Match`, which asks for it to be so still.

A change asks the shop with `wanted`; what only the gateway looks at is checked with `check`.
"""

import re

from rest_framework.request import Request

from shop.core import versions
from shop.core.errors import Refused

HEADER = "If-Match"
# Source: RFC 9110, 8.8.3 and 13.1.1; empty members of a list count for nothing (5.6.1.2), and a
# list of nothing else asks for nothing that anybody could mean.
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"[ \t,]*(?:{_TAG}[ \t]*(?:,[ \t,]*|\Z))+")
_MEMBER = re.compile(r'(W/)?"([^"]*)"')


class MalformedIfMatch(Refused):
    """The header `If-Match` is neither tags nor `*`."""

    code = "bad_request"
    detail = "`If-Match` is `*`, or tags in quotes with commas between them."


def tag(version: str) -> str:
    """Return a version as a strong tag, for the header `ETag`."""
    return f'"{version}"'


def wanted(request: Request) -> list[str] | None:
    """Return the versions that `If-Match` names; None without it, or for `*`: any will do.

    A weak tag never matches strongly, so it is left out. Raises MalformedIfMatch.
    """
    header = request.headers.get(HEADER)
    if header is None or header.strip(" \t") == "*":
        return None
    if not _LIST.fullmatch(header):
        raise MalformedIfMatch
    return [version for weak, version in _MEMBER.findall(header) if not weak]


def check(request: Request, version: str) -> None:
    """Go on only if the request asks for this version, or for none in particular.

    Raises PreconditionFailed when it asks for others; MalformedIfMatch.
    """
    versions.check(version, wanted=wanted(request))
