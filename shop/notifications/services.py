"""Writes of notifications (7): in the app and by mail."""

import smtplib
from typing import Literal
from uuid import UUID

from django.core.mail import EmailMessage
from django.db.models.functions import Coalesce, Now

from shop.core.errors import NotFound, Unavailable
from shop.customers import selectors as customers
from shop.notifications.models import Notification

# A mail server that refuses for good says so with a code of 500 and more. Source: RFC 5321, 4.2.1.
PERMANENT = 500


class MailUnavailable(Unavailable):
    """The mail server does not answer, or not now."""

    code = "mail_unavailable"
    detail = "The mail server does not answer, or takes no mail at the moment."


def record(
    *, job_id: UUID, user_id: int, subject: str, body: str, order_id: int | None = None
) -> int:
    """Show the customer a notification in the app, once for each job, and return its id.

    May be repeated: the step that tells of an order does it before the job that mails it.
    """
    wanted = Notification(
        job_id=job_id, customer_id=user_id, subject=subject, body=body, order_id=order_id
    )
    # Writing the job's id over itself changes nothing, and has PostgreSQL answer with the row's id.
    [there] = Notification.objects.bulk_create(
        [wanted], update_conflicts=True, update_fields=["job_id"], unique_fields=["job_id"]
    )
    return there.pk


def mark_read(*, notification_id: int, user_id: int) -> Notification:
    """Note that the customer has read it, at the first time; return it. May be repeated.

    Raises NotFound, also for another's.
    """
    rows = Notification.objects.filter(pk=notification_id, customer_id=user_id)
    if not rows.update(read_at=Coalesce("read_at", Now())):
        raise NotFound("There is no such notification.")
    return rows.get()


def delete_notifications(*, user_id: int) -> None:
    """Remove all that the customer was told. May be repeated."""
    Notification.objects.filter(customer_id=user_id).delete()


def send_mail(
    *, user_id: int, subject: str, body: str, message_id: str
) -> Literal["sent", "refused"]:
    """Mail the customer, outside of any transaction, and return what came of it.

    May be repeated under the same `message_id`, by which mail programs know a copy.
    Raises MailUnavailable when it may work later.
    """
    try:
        address = customers.customer(user_id=user_id)["email"]
    except NotFound:
        return "refused"
    return _send([address], subject=subject, body=body, message_id=message_id)


def mail_staff(*, subject: str, body: str, message_id: str) -> Literal["sent", "refused", "nobody"]:
    """Mail all of the staff, outside of any transaction, and return what came of it.

    Refused: all of the addresses were. May be repeated, and raises, as `send_mail`.
    """
    addresses = customers.staff_emails()
    if not addresses:
        return "nobody"
    return _send(addresses, subject=subject, body=body, message_id=message_id)


def _send(
    addresses: list[str], *, subject: str, body: str, message_id: str
) -> Literal["sent", "refused"]:
    message = EmailMessage(
        subject=subject, body=body, to=addresses, headers={"Message-ID": f"<{message_id}>"}
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _refused_for_good(min(codes, default=0), error)
    except smtplib.SMTPResponseException as error:
        return _refused_for_good(error.smtp_code, error)
    except UnicodeError:
        return "refused"  # An address that mail cannot express.
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable from error
    return "sent"


def _refused_for_good(code: int, error: Exception) -> Literal["refused"]:
    if code < PERMANENT:
        raise MailUnavailable from error
    return "refused"
