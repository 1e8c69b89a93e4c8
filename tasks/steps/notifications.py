"""Steps of notifications (7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from shop.core.ids import new_job_id
from shop.notifications import services as notifications
from shop.notifications import texts
from shop.notifications.services import Mail, Message
from shop.notifications.texts import Text
from tasks.engine import jobs, registry
from tasks.engine.jobs import Wanted
from tasks.engine.workflow import NotYet

# Seconds that the mail server gets; Django's EMAIL_TIMEOUT is below it.
TIMEOUT = 9.0
# Seconds after which no further mail of several is begun, so that all of them stay below it.
BATCH_SECONDS = 0.9


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
            user_id=user_id, subject=subject, body=body, message_id=_message_id(job_id)
        )
    )


def send_mails(asked: Sequence[Mapping[str, Any]]) -> list[Mailed | Exception]:
    """Mail several; those that there is no time for wait for their turn."""
    mails = [
        Mail(
            user_id=one["user_id"],
            subject=one["subject"],
            body=one["body"],
            message_id=_message_id(one["job_id"]),
        )
        for one in asked
    ]
    return [
        outcome
        if isinstance(outcome, Exception)
        else (Mailed(mail=outcome) if outcome else NotYet(seconds=0))
        for outcome in notifications.send_mails(mails, seconds=BATCH_SECONDS)
    ]


def _message_id(job_id: UUID) -> str:
    return f"{job_id}.send_mail@bookshop"


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
    news = News(
        user_id=user_id,
        order_id=order_id,
        text=Text(subject, body),
        beneficiary_id=beneficiary_id,
        request_id=request_id,
    )
    _tell_all([news])


@dataclass(frozen=True, kw_only=True)
class News:
    """What a customer is to be told, about which order, and in whose request."""

    user_id: int
    order_id: int | None
    text: Text
    beneficiary_id: int | None
    request_id: str


def _tell_all(news: Sequence[News]) -> None:
    """Show customers something at once; a job for each mails it."""
    messages = [
        Message(
            job_id=new_job_id(),
            user_id=one.user_id,
            order_id=one.order_id,
            subject=one.text.subject,
            body=one.text.body,
        )
        for one in news
    ]
    shown = notifications.record_all(messages)
    wanted = [
        Wanted(
            job_id=message.job_id,
            input={
                "user_id": message.user_id,
                "order_id": message.order_id,
                "subject": message.subject,
                "body": message.body,
                "is_new": None,
                "notification_id": notification_id,
            },
            beneficiary_id=one.beneficiary_id,
            request_id=one.request_id,
        )
        for one, message, notification_id in zip(news, messages, shown, strict=True)
    ]
    jobs.start_all(registry.newest("notification"), wanted)


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
    tell_of_orders(
        [
            {
                "user_id": user_id,
                "order_id": order_id,
                "total": total,
                "currency": currency,
                "payment_method": payment_method,
                "beneficiary_id": beneficiary_id,
                "request_id": request_id,
            }
        ]
    )


def tell_of_orders(asked: Sequence[Mapping[str, Any]]) -> list[None]:
    """Tell customers that orders were placed, and whether they are paid."""
    _tell_all(
        [
            News(
                user_id=one["user_id"],
                order_id=one["order_id"],
                text=texts.of_order(
                    order_id=one["order_id"],
                    status="pending" if one["payment_method"] is None else "paid",
                    total=f"{one['total']} {one['currency']}",
                    reason=None,
                ),
                beneficiary_id=one["beneficiary_id"],
                request_id=one["request_id"],
            )
            for one in asked
        ]
    )
    return [None] * len(asked)


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
