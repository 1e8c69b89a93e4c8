"""Passwords: which are good enough, and how one is changed, by who knows it or reads the mail."""

from dataclasses import dataclass

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction

from shop.core.errors import NotFound, Refused
from shop.customers import guessing, logins, mailed_tokens, profile
from shop.customers.guessing import Guess
from shop.customers.hashing import hash_password, password_fits
from shop.customers.models import Account
from shop.customers.purposes import Purpose


class WeakPassword(Refused):
    """The password is too easy to guess."""

    code = "weak_password"
    detail = "This password is too easy to guess."
    field = "password"


class WeakNewPassword(WeakPassword):
    """The same, of one that is to take the place of another."""

    field = "new_password"


class WrongPassword(Refused):
    """It is not the account's password, or no longer."""

    code = "wrong_password"
    detail = "This is not the password of the account."
    field = "current_password"


class PasswordProtected(Refused):
    """The account was made by a command, which sets its password."""

    code = "account_protected"
    detail = "A command made this account: `manage.py ensure_admin` sets its password."


def check_strength(
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


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of a password that may be made: everything that takes time is done."""

    account_id: int
    old_hash: str
    new_hash: str
    guess: Guess | None


@dataclass(frozen=True, kw_only=True)
class Reset:
    """The same of a password that a mailed token sets."""

    account_id: int
    token: str
    new_hash: str


def prepare_change(
    *, account_id: int, current_password: str, new_password: str, address: str | None = None
) -> Change:
    """Check both passwords, outside of any transaction: hashes take their time.

    Guesses of the present one are counted as those at a login are.
    Raises NotFound; PasswordProtected; WeakNewPassword; TooManyAttempts; WrongPassword.
    """
    account = Account.objects.select_related("customer__fullname").filter(pk=account_id).first()
    if account is None:
        raise NotFound
    if account.job_id is None:
        raise PasswordProtected
    _check_new(account, new_password)
    guess = guessing.count(account=account, username=account.username, address=address)
    if not password_fits(account=account, password=current_password):
        raise WrongPassword
    new_hash = hash_password(password=new_password)
    return Change(account_id=account.pk, old_hash=account.password, new_hash=new_hash, guess=guess)


@transaction.atomic
def change(prepared: Change, *, login_id: int) -> None:
    """Give the account its new password, and end its logins but this one.

    Raises WrongPassword when it has got another one since.
    """
    unchanged = Account.objects.filter(
        pk=prepared.account_id, password=prepared.old_hash, is_active=True
    )
    if not unchanged.update(password=prepared.new_hash):
        raise WrongPassword
    guessing.forget(prepared.guess)
    logins.end_all(account_id=prepared.account_id, but=login_id)
    mailed_tokens.delete_all(account_id=prepared.account_id, purpose=Purpose.PASSWORD_RESET)


def prepare_reset(*, token: str, new_password: str) -> Reset:
    """Check token and password, outside of any transaction, and leave the token unused.

    Raises UnusableToken; WeakNewPassword.
    """
    account = mailed_tokens.holder(token=token, purpose=Purpose.PASSWORD_RESET)
    _check_new(account, new_password)
    new_hash = hash_password(password=new_password)
    return Reset(account_id=account.pk, token=token, new_hash=new_hash)


@transaction.atomic
def reset(prepared: Reset, *, address: str | None = None) -> None:
    """Give the account of a mailed token its new password, and end all of its logins.

    Whoever it is may try to log in at once from this address.
    Raises UnusableToken when it was used since.
    """
    # First of all the account is locked, as by all who lock it and its tokens.
    account = Account.objects.filter(pk=prepared.account_id, is_active=True)
    account.update(password=prepared.new_hash)
    mailed_tokens.use(token=prepared.token, purpose=Purpose.PASSWORD_RESET)
    profile.note_that_email_is_read(account_id=prepared.account_id)
    logins.end_all(account_id=prepared.account_id)
    guessing.forgive(account_id=prepared.account_id, address=address)


def _check_new(account: Account, password: str) -> None:
    """Raise WeakNewPassword for a password that is easy to guess for who knows the account."""
    customer = getattr(account, "customer", None)
    try:
        check_strength(
            password=password,
            username=account.username,
            email=account.email,
            first_name=customer.fullname.first_name if customer else "",
            last_name=customer.fullname.last_name if customer else "",
        )
    except WeakPassword as error:
        raise WeakNewPassword(error.detail) from error
