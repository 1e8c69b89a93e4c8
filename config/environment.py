"""How settings are read from the environment. Each function refuses a wrong value by name."""

import base64
import binascii
import re
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

# Source: ISO 4217, list one, without funds, metals and codes for testing.
_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())


WHSEC = "whsec_"
SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
MAX_SECONDS = 366 * 24 * 3600


def text(name: str, *, default: str = "") -> str:
    """Return the setting `name`, or its default where it is empty or not there."""
    return str(env.str(name, default="")).strip() or default


def switch(name: str, *, default: str) -> bool:
    """Return whether `name` is on. Raises ImproperlyConfigured unless it is on or off."""
    value = text(name, default=default).lower()
    if value not in {"on", "off"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be on or off.")
    return value == "on"


def url(name: str, *, schemes: set[str], default: str) -> str:
    """Return the address in `name`. Raises ImproperlyConfigured for another scheme."""
    value = text(name, default=default)
    if urlsplit(value).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with {' or '.join(sorted(schemes))}://.")
    return value


def currency(name: str, *, default: str) -> str:
    """Return the currency in `name`. Raises ImproperlyConfigured for none of ISO 4217."""
    value = text(name, default=default)
    if value not in CURRENCIES:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be a code of ISO 4217 such as VND or EUR."
        )
    return value


def hosts(name: str, *, always: list[str]) -> list[str]:
    """Return the host names in `name` beside those that are always answered to.

    Raises ImproperlyConfigured for what is no bare host name.
    """
    given = [host.strip() for host in text(name).split(",") if host.strip()]
    for host in given:
        if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\]", host):
            raise ImproperlyConfigured(
                f"{name} holds {host!r}; it must hold bare host names, separated by commas."
            )
    return [*always, *given]


def sender(name: str, *, default: str) -> str:
    """Return the mail address in `name`. Raises ImproperlyConfigured when it is none."""
    value = text(name, default=default)
    if not re.fullmatch(r"[^@\r\n]*[^@\s]@[^@\s]+", value):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a mail address.")
    return value


def secret(name: str) -> str:
    """Return the secret in `name`, or nothing. Raises ImproperlyConfigured for a short one."""
    value = text(name)
    if value and len(value) < 16:
        raise ImproperlyConfigured(f"{name} is too short; it must have 16 characters or more.")
    return value


def port(name: str, *, default: int) -> int:
    """Return the port in `name`. Raises ImproperlyConfigured when it is none."""
    value = text(name, default=str(default))
    if not re.fullmatch("[0-9]{1,5}", value) or not 1 <= int(value) <= 65_535:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a number from 1 to 65535.")
    return int(value)


def web_address(name: str, *, default: str, bare: bool = False) -> str:
    """Return the address in `name`, a bare one without the slash at its end.

    Raises ImproperlyConfigured for no address of the web, and for a bare one with a path.
    """
    value = text(name, default=default)
    try:
        parts = urlsplit(value)
        right = parts.port != 0 and bool(parts.hostname) and parts.scheme in {"http", "https"}
    except ValueError:
        right = False
    # What is no visible ASCII would not pass into a request; a password would end up in logs.
    if not right or not re.fullmatch("[!-~]+", value) or "@" in parts.netloc or parts.fragment:
        raise ImproperlyConfigured(f"{name} must be an address such as {default}.")
    if bare and (parts.path.strip("/") or parts.query):
        raise ImproperlyConfigured(f"{name} must be an address without a path, such as {default}.")
    return value.rstrip("/?") if bare else value


def number(name: str, *, default: int, least: int, most: int) -> int:
    """Return the whole number in `name`. Raises ImproperlyConfigured for none, or out of range."""
    value = text(name, default=str(default))
    if not re.fullmatch("[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be a number from {least} to {most}."
        )
    return int(value)


def reachable(host: str) -> str:
    """Return the host under which this machine reaches what listens on that IP address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def host_of(address: str) -> str:
    """Return an address's host name, as `ALLOWED_HOSTS` spells it."""
    host = urlsplit(address).hostname or ""
    return f"[{host}]" if ":" in host else host


def seconds(name: str, *, default: str) -> int:
    """Return the time in `name` in seconds. Raises ImproperlyConfigured for none, or too long."""
    value = text(name, default=default)
    found = re.fullmatch("([0-9]{1,9}) ?(s|m|min|h|)", value)
    number = int(found[1]) * SECONDS[found[2]] if found else 0
    if not 1 <= number <= MAX_SECONDS:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it must be a time such as 90s, 30min or 1h, a year at most."
        )
    return number


def webhook_secret(name: str) -> str:
    """Return the secret in `name` as Standard Webhooks spells it, or nothing.

    Raises ImproperlyConfigured for one that is not base64 of 16 bytes or more.
    """
    value = text(name).removeprefix(WHSEC)
    if not value and not text(name):
        return ""
    try:
        right = len(base64.b64decode(value, validate=True)) >= 16
    except (binascii.Error, ValueError):
        right = False
    if not right:
        raise ImproperlyConfigured(f"{name} must be {WHSEC} and then base64 of 16 bytes or more.")
    return WHSEC + value
