"""What can be done with accounts, customers and logins, and how it is refused."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from uuid import UUID

from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Least, Now

from shop.core.errors import Refused
from shop.customers import selectors
from shop.customers.models import Account, Address, Customer, FullName, Login

# A hash takes 100 MiB and a processor: more at once would be no faster, only larger.
_hashing = BoundedSemaphore(os.cpu_count() or 1)


class UsernameTaken(Refused):
    """Another account has this username."""

    code = "username_taken"
    detail = "This username is taken."
    field = "username"


class EmailTaken(Refused):
    """Another account has this email."""

    code = "email_taken"
    detail = "This email is taken."
    field = "email"


class WeakPassword(Refused):
    """The password is too easy to guess."""

    code = "weak_password"
    detail = "This password is too easy to guess."
    field = "password"


class InvalidCredentials(Refused):
    """No account has this username and this password."""

    code = "invalid_credentials"
    detail = "The username or the password is wrong."


class InvalidToken(Refused):
    """The token does not work, or no longer."""

    code = "invalid_token"
    detail = "The token is invalid, used, or has expired."


# Constraints of the database whose violation is a business no, not a bug.
_REFUSALS: dict[str, type[Refused]] = {
    "account_username_exact": UsernameTaken,
    "account_username_unique": UsernameTaken,
    "account_email_unique": EmailTaken,
}


def hash_password(*, password: str) -> str:
    """Return the password's argon2 hash, the only form of it that is ever stored or queued."""
    with _processor():
        return hashers.make_password(password)


def check_password_strength(
    *, password: str, username: str, email: str, first_name: str, last_name: str
) -> None:
    """Check that the password is hard to guess, also for who knows the rest.

    Raises WeakPassword when it is short, common, all digits or too like the other values.
    """
    account = Account(username=username, email=email)
    # Django's validator reads these from the account, where ours has them in FullName.
    vars(account).update(first_name=first_name, last_name=last_name)
    try:
        password_validation.validate_password(password, account)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error


def conflicts(*, username: str, email: str) -> list[Refused]:
    """Return what speaks against these, in one query: UsernameTaken, EmailTaken, both or none.

    Only `create_account` can promise that they stay free.
    """
    taken = selectors.taken(username=username, email=email)
    found: list[Refused] = []
    if taken.username:
        found.append(UsernameTaken())
    if taken.email:
        found.append(EmailTaken())
    return found


def create_account(
    *, username: str, password_hash: str, email: str, job_id: UUID | None = None
) -> int:
    """Create an account (4.1) and return its id. Once for a job.

    Raises UsernameTaken or EmailTaken when another account has it, whatever the case.
    """
    with _unique():
        return Account.objects.create(
            username=username, password=password_hash, email=email, job_id=job_id
        ).pk


def delete_account(*, account_id: int) -> None:
    """Delete what a registration made of this account (4.2). May be repeated.

    This is the undo of a registration: an account that a command made is left alone.
    """
    with transaction.atomic():
        account = Account.objects.filter(id=account_id, job_id__isnull=False)
        customer = Customer.objects.filter(account__in=account).first()
        if customer is not None:
            customer.delete()
            delete_full_name(fullname_id=customer.fullname_id)
            delete_address(address_id=customer.address_id)
        account.delete()


def create_full_name(*, first_name: str, last_name: str, job_id: UUID | None = None) -> int:
    """Create a name (4.3) and return its id. Once for a job."""
    return FullName.objects.create(first_name=first_name, last_name=last_name, job_id=job_id).pk


def delete_full_name(*, fullname_id: int) -> None:
    """Delete a name. May be repeated."""
    FullName.objects.filter(id=fullname_id).delete()


def create_address(*, address: str, city: str, country: str, job_id: UUID | None = None) -> int:
    """Create an address (4.4) and return its id. Once for a job."""
    return Address.objects.create(address=address, city=city, country=country, job_id=job_id).pk


def delete_address(*, address_id: int) -> None:
    """Delete an address. May be repeated."""
    Address.objects.filter(id=address_id).delete()


def create_customer(
    *, account_id: int, fullname_id: int, address_id: int, job_id: UUID | None = None
) -> int:
    """Create a customer (4.5), whose account can now log in, and return its id. Once for a job."""
    return Customer.objects.create(
        account_id=account_id, fullname_id=fullname_id, address_id=address_id, job_id=job_id
    ).pk


def delete_customer(*, user_id: int) -> None:
    """Delete a customer; account, name and address stay. May be repeated."""
    Customer.objects.filter(id=user_id).delete()


def start_login(*, username: str, password: str, refresh_jti: UUID, expires_at: datetime) -> int:
    """Log an account in with its password (1.2) and return the login's id.

    `refresh_jti` is the id of the refresh token that it starts with, `expires_at` that token's end.
    Raises InvalidCredentials, after the same time whether or not there is such an account.
    """
    account = Account.objects.named(username).select_related("customer").first()
    fits = _password_fits(account=account, password=password)
    if account is None or not fits:
        raise InvalidCredentials
    login = Login.objects.create(account=account, refresh_jti=refresh_jti, expires_at=expires_at)
    return login.pk


def rotate_login(
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
        _end_logins(id=login_id)
        raise InvalidToken


def end_login(*, login_id: int, refresh_jti: UUID) -> None:
    """End one login with all its tokens; other logins of the account go on.

    Raises InvalidToken when the refresh token was exchanged before, or the login has ended.
    """
    if not _end_logins(id=login_id, refresh_jti=refresh_jti):
        _end_logins(id=login_id)
        raise InvalidToken


def delete_ended_logins(*, older_than: timedelta, limit: int) -> int:
    """Delete so many logins that ended or expired that long ago, and return how many went."""
    ended = Login.objects.select_for_update(skip_locked=True).alias(
        end=Least("ended_at", "expires_at")
    )
    rows = ended.filter(end__lt=Now() - older_than).order_by("end")[:limit]
    return Login.objects.filter(pk__in=[login.pk for login in rows]).delete()[0]


def ensure_staff(*, username: str, email: str, password: str) -> None:
    """Let this account administer the shop with this password. May be repeated.

    A new password ends the account's logins.
    Raises UsernameTaken when a customer registered it, EmailTaken when another has the email.
    """
    with transaction.atomic(), _unique():
        account = Account.objects.named(username).select_for_update().first() or Account(
            username=username
        )
        if account.job_id is not None:
            raise UsernameTaken
        if not hashers.check_password(password, account.password):
            account.password = hash_password(password=password)
            _end_logins(account_id=account.pk)
        account.email = email
        account.is_staff = account.is_superuser = account.is_active = True
        account.save()


def _password_fits(*, account: Account | None, password: str) -> bool:
    """Return whether this account may log in with this password: one hash in every case."""
    if account is None:
        hash_password(password=password)
        return False
    with _processor():
        fits = hashers.check_password(password, account.password)
    # A registration that is under way may still be undone: its customer comes last.
    complete = account.is_staff or account.customer_id is not None
    return fits and account.is_active and complete


def _end_logins(**which: object) -> int:
    """End these logins, where they go on, and return how many did."""
    return Login.objects.filter(ended_at=None, **which).update(ended_at=Now())


@contextmanager
def _processor() -> Iterator[None]:
    """Wait for one of the processors, without a database connection that others may need."""
    if not connection.in_atomic_block:
        # In the gateway, whose connections live for a request, this gives it back to the pool.
        connection.close_if_unusable_or_obsolete()
    with _hashing:
        yield


@contextmanager
def _unique() -> Iterator[None]:
    """Turn a violated constraint into the refusal that it means; the transaction goes on."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        refusal = _REFUSALS.get(getattr(diagnosis, "constraint_name", None) or "")
        if refusal is None:
            raise
        raise refusal from error
