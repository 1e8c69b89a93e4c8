"""Steps of deleting an account (4.2): what each service holds of a customer."""

from uuid import UUID

from shop.carts import services as carts
from shop.customers import closing
from shop.notifications import services as notifications
from shop.orders import services as orders
from tasks.engine import jobs
from tasks.engine.workflow import NotYet


def check_orders(*, job_id: UUID, account_id: int, user_id: int) -> None:
    """Wait for the account's other jobs, then go on only if no order is open.

    A checkout that was accepted before the account was closed may have placed one since.
    """
    if jobs.has_running(account_id=account_id, but=job_id):
        raise NotYet(seconds=1)
    orders.require_none_open(user_id=user_id)


def erase_personal_data(*, account_id: int) -> None:
    """Erase who it was: account, logins, name and address."""
    closing.erase_account(account_id=account_id)


def delete_cart(*, user_id: int) -> None:
    """Remove the cart with all that it holds."""
    carts.delete_cart_of(user_id=user_id)


def delete_notifications(*, user_id: int) -> None:
    """Remove what the customer was told."""
    notifications.delete_notifications(user_id=user_id)


def erase_ship_to(*, user_id: int) -> None:
    """Blank where orders without an invoice would have gone."""
    orders.erase_ship_to(user_id=user_id)


def redact_jobs(*, account_id: int) -> None:
    """Take name and address out of what finished jobs answered."""
    jobs.redact(account_id=account_id)


def reopen_account(*, account_id: int) -> None:
    """Let the account log in again: its deletion was refused or cancelled."""
    closing.reopen_account(account_id=account_id)
