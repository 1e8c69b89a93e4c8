"""Where generated rows may go: into a trial, and not among real customers by mistake."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from shop.core import money

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Mail that leaves this machine does so through this one.
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
# Domains that are nobody's. Source: RFC 2606.
_STRANGERS = r"""
    SELECT count(*) FROM customers_customer c JOIN customers_account a ON a.id = c.account_id
    WHERE a.erased_at IS NULL AND lower(a.email)
        !~ '(@|\.)(example\.(com|net|org)|example|test|invalid|localhost)$'"""


def why_no_trial() -> str | None:
    """Return what tells that the shop may be a real one, whatever somebody says; None: nothing."""
    if settings.EMAIL_BACKEND == _SMTP:
        return "it sends mail (EMAIL_URL)"
    if urlsplit(settings.SHOP_PUBLIC_URL).hostname not in LOOPBACK:
        return "others may reach it (SHOP_PUBLIC_URL)"
    return None


def why_not_here() -> str | None:
    """Return what stands in the way in a trial, too."""
    if money.currency() != "VND":
        return f"generated prices are in VND, and the shop counts in {money.currency()}"
    return None


def real_customers() -> int:
    """Return how many customers have an address that may be somebody's."""
    with connection.cursor() as cursor:
        cursor.execute(_STRANGERS)
        return int(cursor.fetchone()[0])
