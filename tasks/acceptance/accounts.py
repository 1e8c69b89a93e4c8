"""Jobs about an account: to delete it."""

from django.db import transaction

from shop.customers import closing
from shop.orders import services as orders
from shop.orders.services import OrdersOpen
from tasks.acceptance.asked import Asked
from tasks.engine import jobs, registry
from tasks.engine.models import Job

# Jobs that may end with an order that the customer has to be reachable for.
BUYING = ("checkout", "payment")


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
