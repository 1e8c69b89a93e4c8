"""The headers that requests may have, and those that answers have."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from api.idempotency import MAX_KEY

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {
        "type": "string",
        # Bare, or in quotes (RFC 8941, 3.3.3).
        "pattern": rf"^([!#-~]([ !#-~]{{0,{MAX_KEY - 2}}}[!#-~])?"
        rf'|"([ !#-\[\]-~]|\\["\\]){{1,{MAX_KEY}}}")$',
    },
    OpenApiParameter.HEADER,
    description="Makes it safe to send the request again: the same request with the same key"
    f" starts one job. Up to {MAX_KEY} characters, bare or in quotes.",
)
PREFER = OpenApiParameter(
    "Prefer",
    location=OpenApiParameter.HEADER,
    description="`wait=N`: answer when the job is final, after N seconds (30) at the latest.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$'},
    OpenApiParameter.HEADER,
    description="The `ETag` that was read, or several: changed since, the answer is `412`.",
)
ETAG = OpenApiParameter(
    "ETag",
    location=OpenApiParameter.HEADER,
    response=True,
    description="The version of what is answered, for `If-Match`. Strong.",
)

_TEXT = {"type": "string"}
_SECONDS = {"type": "integer", "minimum": 0}
# What answers have beside their bodies, by name, for `components/headers`.
ANSWERED: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The request's own id, or a new one; it stands in every line of the log.",
        "required": True,
        "schema": _TEXT,
    },
    "RateLimit": {
        "description": "What is left of a rate, and after how many seconds it is whole again:"
        ' `"authenticated";r=2987;t=41`. Left out where requests are not counted.',
        "schema": _TEXT,
    },
    "RateLimit-Policy": {
        "description": "The rate: how many requests in how many seconds, as in"
        ' `"authenticated";q=3000;w=60`.',
        "schema": _TEXT,
    },
    "Retry-After": {
        "description": "After how many seconds to ask again.",
        "required": True,
        "schema": _SECONDS,
    },
    "Location": {
        "description": "Where the job is, or the new thing.",
        "required": True,
        "schema": _TEXT,
    },
    "Preference-Applied": {"description": "Which preference was followed.", "schema": _TEXT},
    "Idempotent-Replayed": {
        "description": "`true`: this job was started by an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Allow": {
        "description": "The methods that can be asked here.",
        "required": True,
        "schema": _TEXT,
    },
    "WWW-Authenticate": {
        "description": "How to say who one is: `Bearer`.",
        "required": True,
        "schema": _TEXT,
    },
}


def refer(*names: str) -> dict[str, Any]:
    """Return an answer's headers, as references to `components/headers`."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
