"""How the jobs are, at a glance."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, Min
from django.db.models.functions import Now
from django.urls import reverse

from tasks.engine.models import Job, State


@dataclass(frozen=True)
class Figure:
    """A number of the first page, and the list that it counts."""

    title: str
    value: str
    note: str
    address: str


def figures() -> list[Figure]:
    """Return how many jobs are under way, how many are stuck, and how late the latest is.

    Each is read from an index that holds such jobs only.
    """
    lateness = ExpressionWrapper(Now() - Min("due_at"), output_field=DurationField())
    due = Job.objects.filter(due_at__isnull=False).aggregate(count=Count("pk"), late=lateness)
    stuck = Job.objects.filter(state=State.STUCK).count()
    jobs = reverse("admin:jobs_job_changelist")
    return [
        Figure("Under way", str(due["count"]), "jobs that will go on by themselves", jobs),
        Figure("Stuck", str(stuck), "jobs that wait for you", f"{jobs}?state__exact=stuck"),
        Figure("Oldest due", _late(due["late"]), "until recovery looks at it again", jobs),
    ]


def _late(late: timedelta | None) -> str:
    """Return how long the job that is due first has been so, or has still to go."""
    if late is None:
        return "none"
    seconds = late.total_seconds()
    return f"{seconds:.0f} s ago" if seconds > 0 else f"in {-seconds:.0f} s"
