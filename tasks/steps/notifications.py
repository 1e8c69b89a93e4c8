"""Steps of notifications (7)."""

from typing import TypedDict
from uuid import UUID

from shop.core.ids import new_job_id
from shop.notifications import services as notifications
from shop.notifications import texts
from tasks.engine import jobs, registry

# Seconds that the mail server gets; Django's EMAIL_TIMEOUT is below it.
TIMEOUT = 9.0


class Recorded(TypedDict):
    """The notification in the app."""

    notification_id: int


class Mailed(TypedDict):
    """What came of the mail: sent, or refused for good."""

    mail: str


def record(
    *, job_id: UUID, user_id: int, order_id: int | None, subject: str, body: str
) -> Recorded:
    """Show the notification in the app."""
    return Recorded(
        notification_id=notifications.record(
            job_id=job_id, user_id=user_id, order_id=order_id, subject=subject, body=body
        )
    )


def send_mail(*, job_id: UUID, user_id: int, subject: str, body: str) -> Mailed:
    """Mail it; in doubt again, under the same Message-ID."""
    return Mailed(
        mail=notifications.send_mail(
            user_id=user_id, subject=subject, body=body, message_id=f"{job_id}.send_mail@bookshop"
        )
    )


def tell(
    *,
    user_id: int,
    order_id: int | None,
    subject: str,
    body: str,
    beneficiary_id: int | None,
    request_id: str,
) -> None:
    """Show the customer something at once; a job of its own mails it."""
    job_id = new_job_id()
    notifications.record(
        job_id=job_id, user_id=user_id, order_id=order_id, subject=subject, body=body
    )
    jobs.start(
        registry.newest("notification"),
        input={"user_id": user_id, "order_id": order_id, "subject": subject, "body": body},
        beneficiary_id=beneficiary_id,
        request_id=request_id,
        job_id=job_id,
    )


def tell_of_order(
    *,
    user_id: int,
    order_id: int,
    total: str,
    currency: str,
    payment_method: str | None,
    beneficiary_id: int | None,
    request_id: str,
) -> None:
    """Tell the customer that an order was placed, and whether it is paid."""
    text = texts.of_order(
        order_id=order_id,
        status="pending" if payment_method is None else "paid",
        total=f"{total} {currency}",
        reason=None,
    )
    tell(
        user_id=user_id,
        order_id=order_id,
        subject=text.subject,
        body=text.body,
        beneficiary_id=beneficiary_id,
        request_id=request_id,
    )


def tell_of_change(
    *,
    user_id: int,
    order_id: int,
    status: str,
    reason: str | None,
    total: str,
    order_currency: str,
    amount: str | None,
    beneficiary_id: int | None,
    request_id: str,
) -> None:
    """Tell the customer what became of an order, and of the money for it."""
    text = texts.of_order(
        order_id=order_id,
        status=status,
        total=f"{total} {order_currency}",
        given_back=amount and f"{amount} {order_currency}",
        reason=reason,
    )
    tell(
        user_id=user_id,
        order_id=order_id,
        subject=text.subject,
        body=text.body,
        beneficiary_id=beneficiary_id,
        request_id=request_id,
    )


def tell_of_refund(
    *,
    user_id: int,
    order_id: int,
    amount: str,
    currency: str,
    beneficiary_id: int | None,
    request_id: str,
) -> None:
    """Tell the customer that money is given back."""
    text = texts.of_refund(order_id=order_id, amount=f"{amount} {currency}")
    tell(
        user_id=user_id,
        order_id=order_id,
        subject=text.subject,
        body=text.body,
        beneficiary_id=beneficiary_id,
        request_id=request_id,
    )
