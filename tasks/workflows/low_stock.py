"""Tell staff what is nearly sold out."""

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications, reports
from tasks.workflows.scheduled import Scheduled

LOW_STOCK = register(
    Workflow(
        kind="low_stock",
        input=Scheduled,
        links=(
            Link("inventory", Step(name="find_low_stock", do=reports.find_low_stock)),
            Link(
                "mail",
                Call(
                    name="mail_staff",
                    do=reports.mail_staff,
                    timeout=notifications.TIMEOUT,
                    when="body",
                ),
            ),
        ),
        result=("products", "mail"),
    )
)
