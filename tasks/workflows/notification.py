"""Tell a customer something (7): in the app, then by mail."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications


class NotificationInput(TypedDict):
    """What to tell, and of which order if it is about one.

    Either it is still to be shown in the app, or it stands there already under its id.
    """

    user_id: int
    order_id: int | None
    subject: str
    body: str
    is_new: bool | None
    notification_id: int | None


NOTIFICATION = register(
    Workflow(
        kind="notification",
        input=NotificationInput,
        links=(
            Link("mail", Step(name="record", do=notifications.record, when="is_new")),
            Link(
                "mail",
                Call(
                    name="send_mail",
                    do=notifications.send_mail,
                    many=notifications.send_mails,
                    timeout=notifications.TIMEOUT,
                ),
            ),
        ),
        # What somebody has read cannot be untold.
        forward_only=True,
        result=("notification_id", "mail"),
    )
)
