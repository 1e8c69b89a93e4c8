"""Steps of letters with a token: for a new password, and to verify an email address.

The token is made where the letter's job is started, and goes with it as a secret; the database has
its digest, and the letter has it in full.
"""

from uuid import UUID

from shop.customers import mailed_tokens
from shop.customers.purposes import Purpose
from shop.notifications import services as notifications
from tasks.engine import jobs, registry
from tasks.steps.notifications import Mailed


def begin_reset(*, email: str, request_id: str) -> None:
    """Have a job of its own look whose email it is, and mail whoever it is.

    So that what this one tells, and how long it takes, is the same where it is nobody's.
    """
    jobs.start(
        registry.newest("password_reset_letter"),
        input={"email": email},
        secrets={"token": mailed_tokens.new()},
        request_id=request_id,
    )


def issue_reset(*, job_id: UUID, email: str, token: str) -> None:
    """Have the token work for the account with this email, where there is one."""
    mailed_tokens.issue_reset(email=email, token=token, job_id=job_id)


def mail_reset(*, job_id: UUID, token: str) -> Mailed:
    """Mail the token, where it works; in doubt again, under the same Message-ID."""
    return _mail(job_id, token, Purpose.PASSWORD_RESET)


def begin_verification(*, account_id: int, request_id: str) -> None:
    """Have a job of its own ask the new account's owner to verify the email."""
    jobs.start(
        registry.newest("email_verification"),
        input={"account_id": account_id},
        secrets={"token": mailed_tokens.new()},
        beneficiary_id=account_id,
        request_id=request_id,
    )


def issue_verification(*, job_id: UUID, account_id: int, token: str) -> None:
    """Have the token work for the account. Raises TooManyLetters."""
    mailed_tokens.issue(
        account_id=account_id, purpose=Purpose.EMAIL_VERIFICATION, token=token, job_id=job_id
    )


def mail_verification(*, job_id: UUID, token: str) -> Mailed:
    """Mail the token; in doubt again, under the same Message-ID."""
    return _mail(job_id, token, Purpose.EMAIL_VERIFICATION)


def _mail(job_id: UUID, token: str, purpose: Purpose) -> Mailed:
    return Mailed(
        mail=notifications.send_token(
            token=token, purpose=purpose, message_id=f"{job_id}.send_mail@bookshop"
        )
    )
