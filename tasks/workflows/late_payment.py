"""Give back money that a provider took after the shop had called the charge off (6)."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import late_payments, payments


class LatePaymentInput(TypedDict):
    """The charge, as the provider knows it."""

    provider: str
    charge_key: str


LATE_PAYMENT = register(
    Workflow(
        kind="late_payment",
        input=LatePaymentInput,
        links=(
            Link("payments", Step(name="await_end", do=late_payments.await_end)),
            Link(
                "payments",
                Call(name="look_up", do=late_payments.look_up, timeout=payments.TIMEOUT),
            ),
            Link(
                "payments",
                Call(
                    name="refund",
                    do=late_payments.refund,
                    record=late_payments.note,
                    timeout=payments.TIMEOUT,
                    when="late_amount",
                ),
                Step(name="notify", do=late_payments.tell, when="late_amount"),
            ),
        ),
        result=("refunded",),
        # What is the customer's must go back.
        forward_only=True,
    )
)
