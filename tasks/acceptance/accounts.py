"""Jobs about an account: to delete it, to mail it tokens, to tell of a new password."""

from django.db import transaction

from shop.core.errors import Refused
from shop.customers import closing, mailed_tokens, passwords
from shop.customers import selectors as customers
from shop.customers.logins import Client
from shop.notifications import texts
from shop.orders import services as orders
from shop.orders.services import OrdersOpen
from tasks.acceptance.asked import Asked
from tasks.engine import jobs, registry
from tasks.engine.models import Job

# Jobs that may end with an order that the customer has to be reachable for.
BUYING = ("checkout", "payment")


class EmailVerified(Refused):
    """There is nothing to verify."""

    code = "email_verified"
    detail = "The email address of this account is verified already."


@transaction.atomic
def delete(*, account_id: int, asked: Asked) -> Job:
    """Start a job that deletes a customer's account (4.2); nobody can log in to it from now on.

    Raises what `closing.close_account` does; OrdersOpen, also while something is being bought.
    """
    if jobs.has_running(account_id=account_id, kinds=BUYING):
        raise OrdersOpen
    user_id = closing.close_account(account_id=account_id)
    orders.require_none_open(user_id=user_id)
    return jobs.start(
        registry.newest("account_deletion"),
        input={"account_id": account_id, "user_id": user_id},
        owner_id=asked.account_id,
        beneficiary_id=account_id,
        request_id=asked.request_id,
        idempotency=asked.idempotency,
    )


def ask_for_reset(*, email: str, asked: Asked) -> Job:
    """Start a job that mails a token for a new password, where the email is an account's.

    Nothing is looked up yet: the answer is the same, and as fast, for every email.
    """
    return jobs.start(
        registry.newest("password_reset"),
        input={"email": email},
        owner_id=asked.account_id,
        request_id=asked.request_id,
        idempotency=asked.idempotency,
    )


def ask_for_verification(*, account_id: int, asked: Asked) -> Job:
    """Start a job that mails a token which verifies the account's email. Raises EmailVerified."""
    if customers.me(account_id=account_id)["email_verified"]:
        raise EmailVerified
    return jobs.start(
        registry.newest("email_verification"),
        input={"account_id": account_id},
        secrets={"token": mailed_tokens.new()},
        owner_id=asked.account_id,
        beneficiary_id=account_id,
        request_id=asked.request_id,
        idempotency=asked.idempotency,
    )


def change_password(
    *,
    account_id: int,
    login_id: int,
    current_password: str,
    new_password: str,
    client: Client,
    asked: Asked,
) -> None:
    """Change a password, and start a job that tells of it.

    Raises what `passwords.prepare_change` does.
    """
    prepared = passwords.prepare_change(
        account_id=account_id,
        current_password=current_password,
        new_password=new_password,
        address=client.address,
    )
    with transaction.atomic():
        passwords.change(prepared, login_id=login_id)
        _tell_of_password(account_id=account_id, asked=asked)


def reset_password(*, token: str, new_password: str, client: Client, asked: Asked) -> None:
    """Set a password for a mailed token, and start a job that tells of it.

    Raises what `passwords.prepare_reset` does.
    """
    prepared = passwords.prepare_reset(token=token, new_password=new_password)
    with transaction.atomic():
        passwords.reset(prepared, address=client.address)
        _tell_of_password(account_id=prepared.account_id, asked=asked)


def _tell_of_password(*, account_id: int, asked: Asked) -> None:
    """Start a job that tells a customer that the password was changed.

    Source: OWASP ASVS 4.0.3, 2.2.3: people are told of changes of what they log in with.
    """
    user_id = customers.me(account_id=account_id)["user_id"]
    if user_id is None:
        return
    text = texts.PASSWORD_CHANGED
    jobs.start(
        registry.newest("notification"),
        input={
            "user_id": user_id,
            "order_id": None,
            "subject": text.subject,
            "body": text.body,
            "is_new": True,
            "notification_id": None,
        },
        beneficiary_id=account_id,
        request_id=asked.request_id,
    )
