"""How settings are read from the environment. Each function refuses a wrong value by name."""

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
