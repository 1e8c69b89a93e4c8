"""What the gateway knows of whoever calls: an address, and what the client says it is."""

import unicodedata
from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest
from rest_framework.request import Request

from shop.customers.logins import MAX_USER_AGENT, Client


def client_of(request: Request | HttpRequest) -> Client:
    """Return what may be noted of the client of a login."""
    return Client(address=address_of(request), user_agent=_user_agent(request))


def address_of(request: Request | HttpRequest) -> str | None:
    """Return the address that the request came from; None for one that is none of IP."""
    try:
        # What follows the `%` names a network card of ours.
        found = ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _user_agent(request: Request | HttpRequest) -> str:
    """Return what the client calls itself, in characters that can be seen."""
    text = request.headers.get("User-Agent", "")[: 2 * MAX_USER_AGENT]
    # WSGI has each byte as a character; most browsers send ASCII.
    read = text.encode("latin-1", "replace").decode("utf-8", "replace")
    return "".join(
        char for char in read if unicodedata.category(char)[0] not in "CZ" or char == " "
    )
