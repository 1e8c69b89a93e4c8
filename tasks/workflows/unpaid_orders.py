"""Cancel orders that nobody paid in time (6)."""

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import reminders
from tasks.workflows.scheduled import Scheduled

UNPAID_ORDERS = register(
    Workflow(
        kind="unpaid_orders",
        input=Scheduled,
        links=(Link("orders", Step(name="cancel_orders", do=reminders.cancel_unpaid)),),
        result=("orders",),
    )
)
