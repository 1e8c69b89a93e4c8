"""Which passwords are good enough."""

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from shop.core.errors import Refused
from shop.customers.models import Account


class WeakPassword(Refused):
    """The password is too easy to guess."""

    code = "weak_password"
    detail = "This password is too easy to guess."
    field = "password"


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
