"""Give a customer back what an order's payment took, or part of it (6)."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications, payments


class RefundInput(TypedDict):
    """How much of which order, in digits; null means all that is left."""

    order_id: int
    user_id: int
    amount: str | None
    if_match: list[str] | None


GIVE_BACK = Call(
    name=payments.REFUND,
    do=payments.refund,
    record=payments.record_refund,
    timeout=payments.TIMEOUT,
    when="amount",
)

REFUND = register(
    Workflow(
        kind="refund",
        input=RefundInput,
        links=(
            Link(
                "orders",
                Step(name="check_version", do=payments.check_version, when="if_match"),
                # What is promised nobody else can promise: from here on only forward.
                Step(name="plan_refund", do=payments.plan_refund, pivot=True),
            ),
            Link("payments", GIVE_BACK, Step(name="notify", do=notifications.tell_of_refund)),
        ),
        result=("payment_id", "amount", "currency"),
    )
)
