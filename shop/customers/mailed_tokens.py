"""Tokens that are mailed: who has one reads what is sent to the account's address.

A token has 256 random bits, works once and for a limited time, and is stored as a keyed digest.
Source: OWASP, Forgot Password Cheat Sheet.
"""

import secrets
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower, Now

from shop.core import digests
from shop.core.errors import Refused
from shop.customers.models import Account, MailedToken
from shop.customers.purposes import Purpose

LIFETIMES = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=3),
}
# How many unused ones an account gets in such a time: nobody fills somebody's mailbox.
MOST = 3
WITHIN = timedelta(hours=1)


class UnusableToken(Refused):
    """The token is none, or was used, or is too old; or its account has ended."""

    code = "unusable_token"
    detail = "This token is unknown, used, or too old; ask for another letter."
    field = "token"


class TooManyLetters(Refused):
    """The account was sent so many letters that one more would not help."""

    code = "too_many_letters"
    detail = "Several letters were sent within the last hour; look for them, or try again later."


def new() -> str:
    """Return a new token, which nobody has."""
    return secrets.token_urlsafe(32)


def issue(*, account_id: int, purpose: Purpose, token: str, job_id: UUID) -> None:
    """Have the token work for an open account, from now on; once for a job. Others go on to work.

    A closed account gets none. Raises TooManyLetters after `MOST` that are still unused.
    """
    # One after the other, and none for an account that is being erased.
    account = Account.objects.filter(pk=account_id, is_active=True)
    if not account.select_for_update(no_key=True).exists():
        return
    recent = MailedToken.objects.filter(
        account_id=account_id, purpose=purpose, created_at__gt=Now() - WITHIN
    )
    if recent.count() >= MOST:
        raise TooManyLetters
    MailedToken.objects.create(
        account_id=account_id,
        purpose=purpose,
        digest=_digest(token, purpose),
        job_id=job_id,
        expires_at=Now() + LIFETIMES[purpose],
    )


def issue_reset(*, email: str, token: str, job_id: UUID) -> None:
    """Have the token reset the password of the account with this email, if there is one.

    Not that of an account which a command made, and not one of too many: nobody is told which it
    was. Once for a job.
    """
    account = (
        Account.objects.alias(folded=Lower("email"))
        .filter(folded=Lower(Value(email)), job_id__isnull=False)
        .first()
    )
    if account is None:
        return
    purpose = Purpose.PASSWORD_RESET
    with suppress(TooManyLetters):
        issue(account_id=account.pk, purpose=purpose, token=token, job_id=job_id)


def holder(*, token: str, purpose: Purpose) -> Account:
    """Return the account of the token, customer and name read along. Raises UnusableToken."""
    account = _holders(token, purpose).select_related("customer__fullname").first()
    if account is None:
        raise UnusableToken
    return account


def use(*, token: str, purpose: Purpose) -> None:
    """Use the token up, and with it all of its account for this purpose. Raises UnusableToken.

    To be called within the transaction of what it is good for.
    """
    account_id = holder(token=token, purpose=purpose).pk
    # Of two who use it at the same moment one deletes its row.
    if not MailedToken.objects.filter(digest=_digest(token, purpose)).delete()[0]:
        raise UnusableToken
    delete_all(account_id=account_id, purpose=purpose)


def delete_all(*, account_id: int, purpose: Purpose | None = None) -> None:
    """Delete the account's tokens, for one purpose or all. May be repeated."""
    tokens = MailedToken.objects.filter(account_id=account_id)
    (tokens if purpose is None else tokens.filter(purpose=purpose)).delete()


def delete_expired(*, limit: int) -> int:
    """Delete so many tokens that are too old, and return how many went."""
    old = MailedToken.objects.select_for_update(skip_locked=True).filter(expires_at__lt=Now())
    rows = old.order_by("expires_at")[:limit]
    return MailedToken.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]


def _holders(token: str, purpose: Purpose) -> QuerySet[Account]:
    """Return the one account that the token works for, or none."""
    return Account.objects.filter(
        mailedtoken__digest=_digest(token, purpose),
        mailedtoken__expires_at__gt=Now(),
        is_active=True,
    )


def _digest(token: str, purpose: Purpose) -> bytes:
    return digests.keyed(f"mailed token: {purpose.value}", token)
