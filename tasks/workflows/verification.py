"""Verify the books: the warehouse as a whole, orders and payments that changed lately, jobs."""

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications, reports, upkeep
from tasks.workflows.scheduled import Scheduled

VERIFICATION = register(
    Workflow(
        kind="verification",
        input=Scheduled,
        links=(
            # Each in as many turns as it takes.
            Link("inventory", Step(name="verify_stock", do=upkeep.verify_stock)),
            Link("inventory", Step(name="verify_orders", do=upkeep.verify_orders)),
            Link("inventory", Step(name="verify_jobs", do=upkeep.verify_jobs)),
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
        result=("breaches", "mail"),
    )
)
