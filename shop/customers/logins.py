"""Logins: how they begin, go on and end (1.2).

A refresh token works once and gives the next one. One that comes again was copied, by a thief or
from one, and nobody can tell which of the two has asked: so the whole login ends, with the tokens
of both. Sources: RFC 9700, 2.2.2 and 4.14.2; OWASP ASVS 4.0.3, 3.5.2.

That rule has no exception for requests at the same moment. A client refreshes one at a time, and
one that lost an answer logs in again: a delay in which the old token still worked would be the
thief's as well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Least, Now

from shop.core.errors import NotFound, Refused
from shop.customers import guessing
from shop.customers.hashing import password_fits
from shop.customers.models import Account, Login

log = structlog.get_logger(__name__)
MAX_USER_AGENT = 200


class InvalidCredentials(Refused):
    """No account has this username and this password."""

    code = "invalid_credentials"
    detail = "The username or the password is wrong."


class InvalidToken(Refused):
    """The token does not work, or no longer."""

    code = "invalid_token"
    detail = "The token is invalid, used, or has expired; log in again."


@dataclass(frozen=True, kw_only=True)
class Client:
    """With what somebody calls, and from where: by that people know their logins again."""

    address: str | None = None
    user_agent: str = ""


def start(
    *,
    username: str,
    password: str,
    refresh_jti: UUID,
    expires_at: datetime,
    client: Client = Client(),
) -> int:
    """Log an account in with its password (1.2) and return the login's id.

    `refresh_jti` is the id of the refresh token that it starts with, `expires_at` that token's end.
    Raises TooManyAttempts; InvalidCredentials, after the same time whether or not there is such an
    account.
    """
    account = Account.objects.named(username).select_related("customer").first()
    guess = guessing.count(account=account, username=username, address=client.address)
    if not password_fits(account=account, password=password) or account is None:
        raise InvalidCredentials
    with transaction.atomic():
        # A password that was changed meanwhile has ended all logins but this one.
        same = Account.objects.filter(pk=account.pk, password=account.password, is_active=True)
        if not same.select_for_update(no_key=True).exists():
            raise InvalidCredentials
        login = Login.objects.create(
            account=account, refresh_jti=refresh_jti, expires_at=expires_at, **_noted(client)
        )
        guessing.forget(guess)
    return login.pk


def rotate(
    *,
    login_id: int,
    refresh_jti: UUID,
    new_refresh_jti: UUID,
    expires_at: datetime,
    client: Client = Client(),
) -> None:
    """Exchange the login's refresh token for a new one, which ends at `expires_at`.

    Works once for a token; coming again, also at the same moment, it ends the login.
    Raises InvalidToken when it was exchanged before, or login or account have ended.
    """
    active = Account.objects.filter(id=OuterRef("account_id"), is_active=True)
    rotated = Login.objects.filter(
        Exists(active), id=login_id, refresh_jti=refresh_jti, ended_at=None
    ).update(
        refresh_jti=new_refresh_jti,
        expires_at=expires_at,
        last_used_at=Now(),
        **_noted(client),
    )
    if not rotated:
        _end_copied(login_id)
        raise InvalidToken


def end(*, login_id: int, refresh_jti: UUID) -> None:
    """End one login with all its tokens; other logins of the account go on.

    Raises InvalidToken when the refresh token was exchanged before, or the login has ended.
    """
    if not _end(id=login_id, refresh_jti=refresh_jti):
        _end_copied(login_id)
        raise InvalidToken


def open_logins(*, account_id: int) -> QuerySet[Login]:
    """Return the logins of an account that go on, unordered."""
    return Login.objects.filter(account_id=account_id, ended_at=None, expires_at__gt=Now())


def end_one(*, account_id: int, login_id: int) -> None:
    """End one of the account's logins with all its tokens. Raises NotFound when it has ended."""
    if not open_logins(account_id=account_id).filter(id=login_id).update(ended_at=Now()):
        raise NotFound


def end_all(*, account_id: int, but: int | None = None) -> None:
    """End the account's logins with all their tokens, or all but one. May be repeated."""
    logins = Login.objects.filter(account_id=account_id, ended_at=None)
    (logins if but is None else logins.exclude(id=but)).update(ended_at=Now())


def delete_ended(*, older_than: timedelta, limit: int) -> int:
    """Delete so many logins that ended or expired that long ago, and return how many went."""
    ended = Login.objects.select_for_update(skip_locked=True).alias(
        end=Least("ended_at", "expires_at")
    )
    rows = ended.filter(end__lt=Now() - older_than).order_by("end")[:limit]
    return Login.objects.filter(pk__in=[login.pk for login in rows]).delete()[0]


def _end(**which: object) -> int:
    """End these logins, where they go on, and return how many did."""
    return Login.objects.filter(ended_at=None, **which).update(ended_at=Now())


def _end_copied(login_id: int) -> None:
    """End a login, if it goes on, whose refresh token came a second time."""
    if _end(id=login_id):
        log.warning("refresh_token_reused", login_id=login_id)


def _noted(client: Client) -> dict[str, str | None]:
    """Return what is kept of a client."""
    return {"address": client.address, "user_agent": client.user_agent[:MAX_USER_AGENT]}
