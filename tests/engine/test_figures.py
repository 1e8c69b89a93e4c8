"""Jobs in numbers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from shop.core.errors import Refused
from tasks.engine import figures
from tasks.engine.models import Job
from tests.engine.conftest import begin, deliver, finish, script

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_jobs_everything_is_nought() -> None:
    found = figures.read()
    assert found.active == dict.fromkeys(("queued", "running", "waiting", "compensating"), 0)
    assert (found.stuck, found.due, found.overdue_by) == (0, 0, 0.0)


def test_jobs_under_way_are_counted_by_state_and_ended_ones_not_at_all() -> None:
    begin()
    begin()
    deliver(begin())
    finish(begin())
    script.errors["last"] = [Refused()]
    finish(begin())
    found = figures.read()
    assert {state: n for state, n in found.active.items() if n} == {"queued": 2, "running": 1}
    assert (found.stuck, found.due, found.overdue_by) == (1, 0, 0.0)


def test_due_is_what_recovery_should_have_published_and_how_long_the_oldest_waits() -> None:
    _, late, later = begin(), begin(), deliver(begin())
    for job, seconds in ((late, 5), (later, 60)):
        Job.objects.filter(pk=job.pk).update(due_at=Now() - timedelta(seconds=seconds))
    found = figures.read()
    assert found.due == 2
    assert 60 <= found.overdue_by < 70


@pytest.mark.parametrize(
    ("statement", "index"), [(figures.ACTIVE, "job_due"), (figures.STUCK, "job_stuck")]
)
def test_ended_jobs_are_not_looked_at(statement: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert index in plan
