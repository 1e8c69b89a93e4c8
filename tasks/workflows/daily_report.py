"""Tell staff what the shop did yesterday, or since the last report."""

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Step, Workflow
from tasks.steps import notifications, reports
from tasks.workflows.scheduled import Scheduled

DAILY_REPORT = register(
    Workflow(
        kind="daily_report",
        input=Scheduled,
        links=(
            # No report is given up: without a mail server it is stuck until somebody resumes it.
            Link("orders", Step(name="count", do=reports.report, pivot=True)),
            Link(
                "mail",
                Call(name="mail_staff", do=reports.mail_staff, timeout=notifications.TIMEOUT),
            ),
        ),
        result=(
            *("first_day", "days", "orders", "turnover", "registrations"),
            *("jobs_failed", "jobs_stuck", "low_stock", "mail"),
        ),
    )
)
