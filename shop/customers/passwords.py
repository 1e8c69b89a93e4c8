"""Passwords: which are good enough, and how one is changed, by who knows it or reads the mail."""

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction

from shop.core.errors import NotFound, Refused
from shop.customers import guessing, logins, mailed_tokens, profile
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


def change(
    *,
    account_id: int,
    login_id: int,
    current_password: str,
    new_password: str,
    address: str | None = None,
) -> None:
    """Give the account another password, and end its logins but this one.

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
    with transaction.atomic():
        unchanged = Account.objects.filter(pk=account.pk, password=account.password, is_active=True)
        if not unchanged.update(password=new_hash):
            raise WrongPassword
        guessing.forget(guess)
        logins.end_all(account_id=account.pk, but=login_id)
        mailed_tokens.delete_all(account_id=account.pk, purpose=Purpose.PASSWORD_RESET)


def reset(*, token: str, new_password: str) -> int:
    """Give the account another password for a token from its mail; return the account's id.

    Its logins end, all of them, and whoever it is may try to log in at once.
    Raises UnusableToken, also when it was used before; WeakNewPassword, which leaves it unused.
    """
    purpose = Purpose.PASSWORD_RESET
    account = mailed_tokens.holder(token=token, purpose=purpose)
    _check_new(account, new_password)
    new_hash = hash_password(password=new_password)
    with transaction.atomic():
        # First of all the account is locked, as by all who lock it and its tokens.
        Account.objects.filter(pk=account.pk, is_active=True).update(password=new_hash)
        mailed_tokens.use(token=token, purpose=purpose)
        profile.note_that_email_is_read(account_id=account.pk)
        logins.end_all(account_id=account.pk)
        guessing.forgive(account_id=account.pk)
    return account.pk


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
