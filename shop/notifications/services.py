"""Writes of notifications (7): in the app and by mail."""

import smtplib
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models.functions import Coalesce, Now

from shop.core import rows
from shop.core.errors import NotFound, Unavailable
from shop.core.outcomes import only
from shop.customers import mailed_tokens
from shop.customers import selectors as customers
from shop.customers.mailed_tokens import UnusableToken
from shop.customers.purposes import Purpose
from shop.notifications import texts
from shop.notifications.models import Notification

# Where a token is sent back to.
CONFIRMATIONS = {
    Purpose.PASSWORD_RESET: "password-resets",
    Purpose.EMAIL_VERIFICATION: "email-verifications",
}
# A mail server that refuses for good says so with a code of 500 and more. Source: RFC 5321, 4.2.1.
PERMANENT = 500


class MailUnavailable(Unavailable):
    """The mail server does not answer, or not now."""

    code = "mail_unavailable"
    detail = "The mail server does not answer, or takes no mail at the moment."


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something to tell a customer, of an order if it is about one; a job mails it."""

    job_id: UUID
    user_id: int
    subject: str
    body: str
    order_id: int | None = None


def record(
    *, job_id: UUID, user_id: int, subject: str, body: str, order_id: int | None = None
) -> int:
    """Show the customer a notification in the app, as `record_all` does, and return its id."""
    message = Message(job_id=job_id, user_id=user_id, subject=subject, body=body, order_id=order_id)
    return record_all([message])[0]


_RECORD = """
    INSERT INTO notifications_notification (job_id, customer_id, order_id, subject, body)
    SELECT * FROM json_to_recordset(%s::json) AS message (
        job_id uuid, user_id bigint, order_id bigint, subject text, body text
    )
    RETURNING id
"""


def record_all(messages: Sequence[Message]) -> list[int]:
    """Show customers notifications in the app, once for each job, and return their ids.

    Raises IntegrityError when one of the jobs has shown one already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [rows.packed(map(asdict, messages))])
        return [notification_id for (notification_id,) in cursor.fetchall()]


def mark_read(*, notification_id: int, user_id: int) -> Notification:
    """Note that the customer has read it, at the first time; return it. May be repeated.

    Raises NotFound, also for another's.
    """
    found = Notification.objects.filter(pk=notification_id, customer_id=user_id)
    if not found.update(read_at=Coalesce("read_at", Now())):
        raise NotFound("There is no such notification.")
    return found.get()


def delete_notifications(*, user_id: int) -> None:
    """Remove all that the customer was told. May be repeated."""
    Notification.objects.filter(customer_id=user_id).delete()


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail to a customer. By its `message_id` mail programs know a copy."""

    user_id: int
    subject: str
    body: str
    message_id: str


def send_mail(
    *, user_id: int, subject: str, body: str, message_id: str
) -> Literal["sent", "refused"]:
    """Mail the customer, outside of any transaction, and return what came of it.

    May be repeated under the same `message_id`. Raises MailUnavailable when it may work later.
    """
    mail = Mail(user_id=user_id, subject=subject, body=body, message_id=message_id)
    outcome = only(send_mails([mail]))
    if outcome is None:
        raise MailUnavailable
    return outcome


def send_mails(
    mails: Sequence[Mail], *, seconds: float = 0.0
) -> list[Literal["sent", "refused"] | Exception | None]:
    """Mail customers over one connection, as `send_mail` does, and answer for each.

    None for those that were not begun: none is, once so many seconds are over, but the first.
    Raises nothing once a mail is sent: all of them would be sent again.
    """
    addresses = customers.emails(user_ids={mail.user_id for mail in mails})
    until = time.monotonic() + seconds
    outcomes: list[Literal["sent", "refused"] | Exception | None] = []
    with closing(get_connection()) as way:
        for mail in mails:
            if outcomes and time.monotonic() > until:
                outcomes.append(None)
            elif not addresses.get(mail.user_id):
                outcomes.append("refused")
            else:
                outcomes.append(_sent(mail, addresses[mail.user_id], way))
    return outcomes


def _sent(
    mail: Mail, address: str, way: BaseEmailBackend
) -> Literal["sent", "refused"] | Exception:
    outcome: Exception
    try:
        way.open()
        return _send(
            [address], subject=mail.subject, body=mail.body, message_id=mail.message_id, way=way
        )
    except MailUnavailable as error:
        outcome = error
    except (smtplib.SMTPException, OSError) as error:
        outcome = MailUnavailable()
        outcome.__cause__ = error
    except Exception as error:
        outcome = error
    with suppress(smtplib.SMTPException, OSError):
        way.close()  # The next one tries a connection of its own.
    return outcome


def send_token(
    *, token: str, purpose: Purpose, message_id: str
) -> Literal["sent", "refused", "nobody"]:
    """Mail a token to whose it is, outside of any transaction, and return what came of it.

    Nobody: the token does not work, or no longer. May be repeated, and raises, as `send_mail`.
    """
    try:
        account = mailed_tokens.holder(token=token, purpose=purpose)
    except UnusableToken:
        return "nobody"
    subject, body = texts.of_token(
        purpose=purpose,
        username=account.username,
        token=token,
        address=f"{settings.SHOP_PUBLIC_URL}/api/v1/auth/{CONFIRMATIONS[purpose]}/confirm",
    )
    return _send([account.email], subject=subject, body=body, message_id=message_id)


def mail_staff(*, subject: str, body: str, message_id: str) -> Literal["sent", "refused", "nobody"]:
    """Mail all of the staff, outside of any transaction, and return what came of it.

    Refused: all of the addresses were. May be repeated, and raises, as `send_mail`.
    """
    addresses = customers.staff_emails()
    if not addresses:
        return "nobody"
    return _send(addresses, subject=subject, body=body, message_id=message_id)


def _send(
    addresses: list[str],
    *,
    subject: str,
    body: str,
    message_id: str,
    way: BaseEmailBackend | None = None,
) -> Literal["sent", "refused"]:
    message = EmailMessage(
        subject=subject,
        body=body,
        to=addresses,
        headers={"Message-ID": f"<{message_id}>"},
        connection=way,
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
