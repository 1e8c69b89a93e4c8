"""Pay an order (6): the money, the order's confirmation, the notification."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications, orders, payments


class PaymentInput(TypedDict):
    """Which order, and what it costs, in digits."""

    order_id: int
    user_id: int
    total: str
    currency: str
    payment_method: str | None
    if_match: list[str] | None


# A checkout ends in the same link. Without a method the customer pays later.
PAY = Link(
    "payments",
    Call(
        name="take_payment",
        do=payments.capture,
        many=payments.capture_all,
        record=payments.record,
        record_many=payments.record_all,
        record_wait=payments.record_pending,
        undo=payments.void,
        record_undo=payments.record,
        timeout=payments.TIMEOUT,
        when="payment_method",
        pivot=True,
    ),
    Step(name="confirm_order", do=orders.confirm, many=orders.confirm_all, when="payment_method"),
    Step(name="notify", do=notifications.tell_of_order, many=notifications.tell_of_orders),
)

PAYMENT = register(
    Workflow(
        kind="payment",
        input=PaymentInput,
        secrets=("payment_token",),
        links=(
            Link("orders", Step(name="check_version", do=payments.check_version, when="if_match")),
            PAY,
        ),
        result=("order_id", "payment_id"),
    )
)
