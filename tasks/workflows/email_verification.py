"""Mail a token to an account's email address, by which its owner shows that it is theirs."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import letters, notifications


class EmailVerificationInput(TypedDict):
    """Whose address."""

    account_id: int


EMAIL_VERIFICATION = register(
    Workflow(
        kind="email_verification",
        input=EmailVerificationInput,
        secrets=("token",),
        links=(
            # What is mailed cannot be called back: from here on only forward.
            Link("customers", Step(name="issue_token", do=letters.issue_verification, pivot=True)),
            Link(
                "mail",
                Call(name="send_mail", do=letters.mail_verification, timeout=notifications.TIMEOUT),
            ),
        ),
        result=("mail",),
    )
)
