"""The end of an account (4.2): it is closed at once, and what it holds erased later."""

from django.contrib.auth import hashers
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Now

from shop.core.errors import NotFound, Refused
from shop.customers import mailed_tokens
from shop.customers.models import Account, Address, Customer, FullName, Login


class AccountProtected(Refused):
    """The account was made by a command, or is of the staff."""

    code = "account_protected"
    detail = (
        "A command made this account, and only registered ones can be deleted: where `admin` is not"
        " to be used any more, give it another password with `manage.py ensure_admin`."
    )

    of_staff = "This account is of the staff: a superuser has to take it out of the staff first."


class AccountClosed(Refused):
    """The account is being deleted."""

    code = "account_closed"
    detail = "This account is being deleted already."


@transaction.atomic
def close_account(*, account_id: int) -> int:
    """Close a customer's account, and end its logins with their tokens; return the `user_id`.

    Raises NotFound for one that was erased or whose registration is still under way;
    AccountProtected, also for staff's; AccountClosed when it was closed before.
    """
    complete = Customer.objects.filter(account=OuterRef("pk"))
    open_accounts = Account.objects.filter(
        Exists(complete), is_active=True, is_staff=False, job_id__isnull=False
    )
    if not open_accounts.filter(id=account_id).update(is_active=False):
        raise _refusal(account_id)
    Login.objects.filter(account_id=account_id, ended_at=None).update(ended_at=Now())
    return Customer.objects.values_list("id", flat=True).get(account_id=account_id)


def _refusal(account_id: int) -> Refused:
    """Return why the account cannot be closed."""
    there = Account.objects.filter(id=account_id, erased_at=None).select_related("customer")
    account = there.first()
    if account is not None and account.job_id is None:
        return AccountProtected()
    if account is None or account.customer_id is None:
        return NotFound("There is no such account.")
    if account.is_staff:
        return AccountProtected(AccountProtected.of_staff)
    return AccountClosed()


def reopen_account(*, account_id: int) -> None:
    """Let a closed account log in again, unless it was erased. May be repeated."""
    Account.objects.filter(id=account_id, erased_at=None).update(is_active=True)


@transaction.atomic(savepoint=False)
def erase_account(*, account_id: int) -> None:
    """Erase what account, customer, logins and mailed tokens hold of a person. May be repeated.

    The rows stay, for orders refer to them; username and email are free for others.
    """
    # The API registers neither: a colon is in no username, and an email has an @.
    nobody = f"deleted:{account_id}"
    Account.objects.filter(id=account_id).update(
        username=nobody,
        email=nobody,
        password=hashers.make_password(None),
        is_active=False,
        email_verified_at=None,
        erased_at=Coalesce("erased_at", Now()),
    )
    FullName.objects.filter(customer__account=account_id).update(first_name="", last_name="")
    Address.objects.filter(customer__account=account_id).update(address="", city="", country="")
    Login.objects.filter(account_id=account_id).delete()
    mailed_tokens.delete_all(account_id=account_id)
