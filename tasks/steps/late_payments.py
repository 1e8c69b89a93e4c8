"""Steps for money that a provider took although the shop had called the charge off (6)."""

from decimal import Decimal
from typing import TypedDict

from shop.customers import selectors as customers
from shop.payments import events
from tasks.engine import jobs
from tasks.engine.workflow import NotYet
from tasks.steps import notifications


class Found(TypedDict):
    """What is to be given back, if anything; nothing was so far."""

    late_amount: str | None
    refunded: bool


class Refunded(TypedDict):
    """It was given back; whether the customer has not heard of it yet."""

    refunded: bool
    is_news: bool


def await_end(*, charge_key: str) -> None:
    """Wait until the job that made the charge has ended: until then it decides."""
    charging = events.job_of(key=charge_key)
    if charging and jobs.is_active(job_id=charging):
        raise NotYet(seconds=1.0)


def look_up(*, provider: str, charge_key: str) -> Found:
    """Ask the provider what it holds that the shop does not count as paid."""
    amount = events.late_amount(provider=provider, key=charge_key)
    return Found(late_amount=None if amount is None else str(amount), refunded=False)


def refund(*, provider: str, charge_key: str, late_amount: str) -> None:
    """Give it back."""
    events.refund_late(provider=provider, key=charge_key, amount=Decimal(late_amount))


def note(*, charge_key: str, late_amount: str) -> Refunded:
    """Note that it was given back."""
    is_news = events.note_late(key=charge_key, amount=Decimal(late_amount))
    return Refunded(refunded=True, is_news=is_news)


def tell(*, charge_key: str, is_news: bool, request_id: str) -> None:
    """Tell the customer, once however often the provider told us."""
    payee = events.payee(key=charge_key)
    if not is_news or payee is None:
        return
    notifications.tell(
        user_id=payee["user_id"],
        order_id=payee["order_id"],
        subject=f"Your payment for order {payee['order_id']} came too late",
        body=f"Order {payee['order_id']} was closed before your payment arrived."
        " We have given the money back, all of it.",
        beneficiary_id=customers.account_id(user_id=payee["user_id"]),
        request_id=request_id,
    )
