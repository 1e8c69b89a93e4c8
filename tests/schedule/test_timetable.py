"""Beat's timetable: one job for each slot, whatever fails and however many beats there are."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import structlog
from django.apps import apps
from django.db import IntegrityError, OperationalError
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from config.celery import app
from tasks.engine import jobs
from tasks.engine.models import Job
from tasks.schedule import timetable
from tasks.schedule.scheduler import JobScheduler
from tests.shopping import at_once
from tests.workflows.cases import run

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = {
    "Cancel unpaid orders": "unpaid_orders",
    "Remind of abandoned carts": "abandoned_carts",
    "Report low stock": "low_stock",
    "Report the day": "daily_report",
    "Clean up": "clean_up",
    "Verify the books": "verification",
}
PAST = datetime.now(UTC) - timedelta(days=2)


def new_row(name: str = "Sweep", task: str = "clean_up", **more: Any) -> PeriodicTask:
    """Return a row of every hour that ran two days ago."""
    interval, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    given = {"interval": interval, "last_run_at": PAST, **more}
    return PeriodicTask.objects.create(name=name, task=task, **given)


def fill() -> None:
    import_module("tasks.migrations.0001_timetable").fill(apps, None)


def scheduler() -> JobScheduler:
    return JobScheduler(app=app)


def runs() -> list[Job]:
    return list(Job.objects.order_by("created_at", "id"))


# The rows


def test_the_migration_makes_a_row_for_each_kind_that_the_clock_can_start() -> None:
    fill()
    assert dict(PeriodicTask.objects.values_list("name", "task")) == NAMES
    assert sorted(NAMES.values()) == timetable.kinds()
    assert all(row.description and row.enabled for row in PeriodicTask.objects.all())


def test_rows_that_somebody_edited_are_never_overwritten() -> None:
    fill()
    PeriodicTask.objects.filter(name="Clean up").update(enabled=False, description="mine")
    fill()
    assert PeriodicTask.objects.count() == len(NAMES)
    row = PeriodicTask.objects.get(name="Clean up")
    assert (row.enabled, row.description) == (False, "mine")


def test_beat_starts_without_touching_rows() -> None:
    new_row()
    before = list(PeriodicTask.objects.values())
    scheduler().close()
    assert list(PeriodicTask.objects.values()) == before


# Runs


def test_a_slot_becomes_one_job_with_the_slots_as_its_input() -> None:
    row = new_row()
    beat = scheduler()
    assert beat.tick() == 1.0
    beat.tick()
    [job] = runs()
    row.refresh_from_db()
    assert (job.kind, job.scope, job.owner_id) == ("clean_up", "schedule", None)
    slot = job.input["until"]
    assert job.idempotency_key == f"schedule:Sweep:{slot}"
    assert datetime.fromisoformat(slot) == row.last_run_at
    assert row.last_run_at.minute == row.last_run_at.second == 0
    assert datetime.fromisoformat(job.input["since"]) == PAST
    assert row.total_run_count == 1
    assert run(job).state == "succeeded"


def test_any_number_of_beats_start_one_job_for_a_slot() -> None:
    new_row()
    at_once(lambda beat: beat.tick(), [scheduler() for _ in range(8)])
    assert len(runs()) == 1


def test_a_row_whose_last_run_was_forgotten_does_not_run_its_slot_twice() -> None:
    row = new_row()
    scheduler().tick()
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=PAST)
    scheduler().tick()
    assert len(runs()) == 1
    row.refresh_from_db()
    assert (row.total_run_count, row.last_run_at > PAST) == (1, True)


def test_the_database_forbids_a_second_job_for_a_slot() -> None:
    new_row()
    scheduler().tick()
    [job] = runs()
    job.pk = "01990000-0000-7000-8000-000000000000"
    with pytest.raises(IntegrityError):
        job.save(force_insert=True)


def test_a_daily_row_that_beat_slept_through_is_made_up_for() -> None:
    now = datetime.now(UTC)
    before = now - timedelta(hours=3)
    crontab = CrontabSchedule.objects.create(
        minute=str(before.minute), hour=str(before.hour), timezone="UTC"
    )
    new_row(task="daily_report", interval=None, crontab=crontab)
    scheduler().tick()
    [job] = runs()
    due = datetime.fromisoformat(job.input["until"])
    assert due == before.replace(second=0, microsecond=0)


def test_a_one_off_row_runs_once() -> None:
    row = new_row(one_off=True)
    scheduler().tick()
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=PAST)
    scheduler().tick()
    row.refresh_from_db()
    assert (len(runs()), row.enabled) == (1, False)


@pytest.mark.parametrize("task", ["gone", "checkout", "clean_up.undo", ""])
def test_a_row_of_no_known_kind_is_complained_of_once_and_the_others_go_on(task: str) -> None:
    new_row("A bad one", task)
    new_row("A good one")
    beat = scheduler()
    with structlog.testing.capture_logs() as logs:
        beat.tick()
        beat.tick()
    assert [job.kind for job in runs()] == ["clean_up"]
    [line] = [line for line in logs if line["event"] == "row_not_started"]
    assert line["name"] == "A bad one"
    assert f"{task!r} is none of abandoned_carts, " in line["error"]
    # Once the row is right, what is due is made up for.
    PeriodicTask.objects.filter(task=task).update(task="low_stock")
    beat.tick()
    assert [job.kind for job in runs()] == ["clean_up", "low_stock"]


def test_a_row_without_a_schedule_that_can_be_read_does_not_stop_the_others() -> None:
    broken = CrontabSchedule.objects.create(minute="61", hour="x")
    new_row("A bad one", interval=None, crontab=broken)
    new_row("A good one")
    scheduler().tick()
    assert len(runs()) == 1


def test_a_database_that_is_away_costs_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    new_row()
    beat = scheduler()
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "start", away)
        assert beat.tick() == 1.0
    assert runs() == []
    beat.tick()
    assert len(runs()) == 1


def away(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("the server is gone")


def test_a_broker_that_is_away_costs_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    new_row()
    beat = scheduler()
    with monkeypatch.context() as patch:
        patch.setattr(app, "connection_for_write", away)
        beat.tick()
    [job] = runs()
    assert job.due_at is not None


# By hand


def test_a_row_can_be_run_by_hand_as_often_as_one_likes() -> None:
    for _ in range(2):
        timetable.start_now(kind="daily_report")
    first, second = runs()
    assert first.kind == second.kind == "daily_report"
    assert first.input["since"] is None
    assert first.idempotency_key != second.idempotency_key
