"""Delete an account (4.2): erase what the shop holds of a customer; paid orders stay."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import account_deletion as steps


class AccountDeletionInput(TypedDict):
    """Whose account; the acceptance has closed it."""

    account_id: int
    user_id: int


ACCOUNT_DELETION = register(
    Workflow(
        kind="account_deletion",
        input=AccountDeletionInput,
        links=(
            Link(
                "customers",
                Step(name="check_orders", do=steps.check_orders),
                # What is erased cannot be brought back: from here on only forward. The cart comes
                # first, as with all who lock a cart and an account.
                Step(name="delete_cart", do=steps.delete_cart, pivot=True),
                Step(name="erase_personal_data", do=steps.erase_personal_data),
                Step(name="delete_notifications", do=steps.delete_notifications),
                Step(name="erase_ship_to", do=steps.erase_ship_to),
                Step(name="redact_jobs", do=steps.redact_jobs),
            ),
        ),
        undo=steps.reopen_account,
        result=("account_id", "user_id"),
    )
)
