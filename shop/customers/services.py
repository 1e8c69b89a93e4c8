"""What can be done with accounts and customers, and how it is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib.auth import hashers
from django.db import IntegrityError, transaction

from shop.core.errors import Refused
from shop.customers import logins, mailed_tokens, selectors
from shop.customers.hashing import hash_password
from shop.customers.models import Account, Address, Customer, FullName


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


# Constraints of the database whose violation is a business no, not a bug.
_REFUSALS: dict[str, type[Refused]] = {
    "account_username_exact": UsernameTaken,
    "account_username_unique": UsernameTaken,
    "account_email_unique": EmailTaken,
}


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
            logins.end_all(account_id=account.pk)
        if account.email != email:
            account.email, account.email_verified_at = email, None
            mailed_tokens.delete_all(account_id=account.pk)
        account.is_staff = account.is_superuser = account.is_active = True
        account.save()


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
