"""Logins: how they begin, go on and end (1.2)."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.functions import Least, Now

from shop.core.errors import Refused
from shop.customers.hashing import password_fits
from shop.customers.models import Account, Login


class InvalidCredentials(Refused):
    """No account has this username and this password."""

    code = "invalid_credentials"
    detail = "The username or the password is wrong."


class InvalidToken(Refused):
    """The token does not work, or no longer."""

    code = "invalid_token"
    detail = "The token is invalid, used, or has expired."


def start(*, username: str, password: str, refresh_jti: UUID, expires_at: datetime) -> int:
    """Log an account in with its password (1.2) and return the login's id.

    `refresh_jti` is the id of the refresh token that it starts with, `expires_at` that token's end.
    Raises InvalidCredentials, after the same time whether or not there is such an account.
    """
    account = Account.objects.named(username).select_related("customer").first()
    fits = password_fits(account=account, password=password)
    if account is None or not fits:
        raise InvalidCredentials
    login = Login.objects.create(account=account, refresh_jti=refresh_jti, expires_at=expires_at)
    return login.pk


def rotate(
    *, login_id: int, refresh_jti: UUID, new_refresh_jti: UUID, expires_at: datetime
) -> None:
    """Exchange the login's refresh token for a new one, which ends at `expires_at`.

    Works once for a token: whoever comes with it again may have stolen it, so that ends the login.
    Raises InvalidToken when it was exchanged before, or login or account have ended.
    """
    active = Account.objects.filter(id=OuterRef("account_id"), is_active=True)
    rotated = Login.objects.filter(
        Exists(active), id=login_id, refresh_jti=refresh_jti, ended_at=None
    ).update(refresh_jti=new_refresh_jti, expires_at=expires_at)
    if not rotated:
        end_all(id=login_id)
        raise InvalidToken


def end(*, login_id: int, refresh_jti: UUID) -> None:
    """End one login with all its tokens; other logins of the account go on.

    Raises InvalidToken when the refresh token was exchanged before, or the login has ended.
    """
    if not end_all(id=login_id, refresh_jti=refresh_jti):
        end_all(id=login_id)
        raise InvalidToken


def delete_ended(*, older_than: timedelta, limit: int) -> int:
    """Delete so many logins that ended or expired that long ago, and return how many went."""
    ended = Login.objects.select_for_update(skip_locked=True).alias(
        end=Least("ended_at", "expires_at")
    )
    rows = ended.filter(end__lt=Now() - older_than).order_by("end")[:limit]
    return Login.objects.filter(pk__in=[login.pk for login in rows]).delete()[0]


def end_all(**which: object) -> int:
    """End these logins, where they go on, and return how many did."""
    return Login.objects.filter(ended_at=None, **which).update(ended_at=Now())
