"""Tell a customer something (7): in the app, then by mail."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications


class NotificationInput(TypedDict):
    """What to tell, and of which order if it is about one."""

    user_id: int
    order_id: int | None
    subject: str
    body: str


NOTIFICATION = register(
    Workflow(
        kind="notification",
        input=NotificationInput,
        links=(
            # What somebody has read cannot be untold: from here on only forward.
            Link("mail", Step(name="record", do=notifications.record, pivot=True)),
            Link(
                "mail",
                Call(name="send_mail", do=notifications.send_mail, timeout=notifications.TIMEOUT),
            ),
        ),
        result=("notification_id", "mail"),
    )
)
