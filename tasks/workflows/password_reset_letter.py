"""Mail a token for a new password, where the address is that of an account."""

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import letters, notifications
from tasks.workflows.password_reset import PasswordResetInput

PASSWORD_RESET_LETTER = register(
    Workflow(
        kind="password_reset_letter",
        input=PasswordResetInput,
        secrets=("token",),
        links=(
            # What is mailed cannot be called back: from here on only forward.
            Link("customers", Step(name="issue_token", do=letters.issue_reset, pivot=True)),
            Link(
                "mail",
                Call(name="send_mail", do=letters.mail_reset, timeout=notifications.TIMEOUT),
            ),
        ),
        result=("mail",),
    )
)
