"""Steps of notifications (7)."""

from typing import TypedDict
from uuid import UUID

from shop.core.ids import new_job_id
from shop.notifications import services as notifications
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
    """Show the customer at once how the order stands; a job of its own mails it."""
    price = f"{total} {currency}"
    if payment_method is None:
        subject = f"Order {order_id}: please pay"
        body = f"Thank you for your order {order_id}. Its {price} are not paid yet."
    else:
        subject = f"Order {order_id} is paid"
        body = f"Thank you for your order {order_id}. We received {price}."
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
