"""The gateway, as a WSGI application."""

import os
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import garbage
from config.local.processes import when_told_to_stop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import config.celery  # noqa: F401  (jobs are published from here; it needs the line above)

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
_let_in: Application = get_wsgi_application()
if settings.SHOP_ROLE == "gateway":
    from api.admission import admission
    from api.turnstile import Door
    from api.waiting import watcher
    from tasks.engine.collecting import collector

    _let_in = Door(_let_in)
    collector.switch_on()
    admission.switch_on()

    def _hurry() -> None:
        """Hold up nothing: a stop waits for the requests under way, not for those that wait."""
        collector.switch_off()
        watcher.close()

    when_told_to_stop(_hurry)
    import_module(settings.ROOT_URLCONF)
    garbage.leave_code_alone()
_SCHEME = urlsplit(settings.SHOP_PUBLIC_URL).scheme
_CHARSET = re.compile(r"charset|\*", re.IGNORECASE)
_UTF_8 = re.compile(r"""charset=("?)utf-8\1""", re.IGNORECASE)
_BOUNDARY = re.compile(r"""boundary=("?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1""", re.IGNORECASE)
# Longer than any that is meant. How long Django takes to read one grows with the square of its
# length, where a quote is not closed.
_MAX_MEDIA_TYPE = 500
_FORM = "application/x-www-form-urlencoded"


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request. Everybody speaks UTF-8, whatever charset the media type names."""
    # The gateway itself speaks plain HTTP; whoever is in front of it speaks as the address says.
    environ["wsgi.url_scheme"] = _SCHEME
    environ["CONTENT_TYPE"] = _in_utf_8(environ.get("CONTENT_TYPE") or "")
    # None of our cookies has one, and how long Python before 3.11.10 and 3.12.6 takes to read them
    # grows with the square of their number (CVE-2024-7592).
    environ["HTTP_COOKIE"] = environ.get("HTTP_COOKIE", "").replace("\\", "")
    return _let_in(environ, start_response)


def _in_utf_8(media_type: str) -> str:
    """Return the media type without a charset, which is a form's only if it is not UTF-8.

    One that is too long is none.
    Django takes any codec of Python's for one, and fails before its first middleware at those that
    are none (`base64`, `idna`), as at parameters that carry a charset of their own (RFC 2231).
    """
    if len(media_type) > _MAX_MEDIA_TYPE:
        return ""
    if not _CHARSET.search(media_type):
        return media_type
    kind, *parameters = (part.strip() for part in media_type.split(";"))
    if kind.lower() == _FORM and not any(map(_UTF_8.fullmatch, parameters)):
        # A charset that decodes anything, and with which Django refuses a form.
        return f"{kind}; charset=iso-8859-1"
    boundaries = (found[2] for found in map(_BOUNDARY.fullmatch, parameters) if found)
    return "".join([kind, *(f'; boundary="{boundary}"' for boundary in boundaries)])
