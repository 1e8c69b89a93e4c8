"""Have a new password mailed to whoever an email address belongs to, or to nobody.

Anyone may ask and follow this job, so that it is the same for every address; see
docs/decisions/0016.
"""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import letters


class PasswordResetInput(TypedDict):
    """Whose password, by an email address that may be nobody's."""

    email: str


PASSWORD_RESET = register(
    Workflow(
        kind="password_reset",
        input=PasswordResetInput,
        links=(Link("customers", Step(name="begin_letter", do=letters.begin_reset)),),
        result=(),
    )
)
