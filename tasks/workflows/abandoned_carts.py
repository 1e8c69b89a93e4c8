"""Remind customers of carts that they left standing."""

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import reminders
from tasks.workflows.scheduled import Scheduled

ABANDONED_CARTS = register(
    Workflow(
        kind="abandoned_carts",
        input=Scheduled,
        links=(Link("orders", Step(name="remind_customers", do=reminders.remind_of_carts)),),
        result=("carts",),
    )
)
