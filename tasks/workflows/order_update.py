"""Move an order on (1.5.2): its status, its copies, its money, and what its customer is told."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import notifications, orders, payments
from tasks.workflows.refund import GIVE_BACK


class OrderUpdateInput(TypedDict):
    """Which order, its new status, and who wants it: an account, or null for the shop itself.

    `cancels` is the checkout or payment that it had cancelled, `reason` what the customer is told.
    """

    order_id: int
    user_id: int
    total: str
    order_currency: str
    status: str
    by: int | None
    reason: str | None
    cancels: str | None
    if_match: list[str] | None


ORDER_UPDATE = register(
    Workflow(
        kind="order_update",
        input=OrderUpdateInput,
        links=(
            Link(
                "orders",
                Step(name="await_payment", do=orders.await_payment),
                Step(
                    name="check_version",
                    do=payments.check_version_unless_there,
                    when="if_match",
                ),
                # Of several who want to change it, the first does: from here on only forward.
                Step(name="change_status", do=orders.change_status, pivot=True),
                Step(name="settle_money", do=payments.settle, when="changed_from"),
            ),
            Link(
                "payments",
                GIVE_BACK,
                Step(name="notify", do=notifications.tell_of_change, when="changed_from"),
                Step(name="show_order", do=payments.show_order),
            ),
        ),
        result="order",
        personal=("ship_to",),
    )
)
