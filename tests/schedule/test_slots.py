"""When a row of the timetable is due."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)

from tasks.schedule import slots


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def row(**given: Any) -> PeriodicTask:
    return PeriodicTask(date_changed=at("2026-01-01T00:00:30"), **given)


def every(number: int, period: str = "minutes") -> dict[str, Any]:
    return {"interval": IntervalSchedule(every=number, period=period)}


def cron(minute: str, hour: str, *, timezone: str = "UTC", **days: str) -> dict[str, Any]:
    return {
        "crontab": CrontabSchedule(minute=minute, hour=hour, timezone=ZoneInfo(timezone), **days)
    }


def test_an_interval_is_due_once_a_period_whoever_looks_and_when() -> None:
    task = row(**every(5), last_run_at=at("2026-01-01T10:00:00"))
    assert slots.latest(task, now=at("2026-01-01T10:04:59.9")) is None
    for now in ("10:05:00", "10:07:31.5", "10:09:59.999999"):
        assert slots.latest(task, now=at(f"2026-01-01T{now}")) == at("2026-01-01T10:05:00")


def test_of_missed_slots_the_latest_alone_is_made_up_for() -> None:
    task = row(**every(1), last_run_at=at("2026-01-01T10:00:00"))
    assert slots.latest(task, now=at("2026-01-03T12:34:56")) == at("2026-01-03T12:34:00")


def test_a_new_row_begins_with_the_slot_after_it_was_made() -> None:
    assert slots.latest(row(**every(1)), now=at("2026-01-01T00:00:59")) is None
    assert slots.latest(row(**every(1)), now=at("2026-01-01T00:01:00")) == at("2026-01-01T00:01:00")
    assert slots.latest(row(**cron("0", "0")), now=at("2026-01-01T23:59:59")) is None


@pytest.mark.parametrize(
    ("given", "now", "due"),
    [
        (cron("5", "6"), "2026-01-05T06:04:59", "2026-01-04T06:05:00"),
        (cron("5", "6"), "2026-01-05T06:05:00", "2026-01-05T06:05:00"),
        (cron("*/15", "*"), "2026-01-05T06:44:59", "2026-01-05T06:30:00"),
        (cron("0", "6", day_of_week="1"), "2026-01-11T09:00:00", "2026-01-05T06:00:00"),
        (cron("0", "6", day_of_week="0"), "2026-01-11T09:00:00", "2026-01-11T06:00:00"),
        (cron("0", "6", day_of_month="31"), "2026-04-30T09:00:00", "2026-03-31T06:00:00"),
        (cron("0", "6", month_of_year="2"), "2026-12-30T09:00:00", "2026-02-28T06:00:00"),
        (cron("0", "6", timezone="Asia/Ho_Chi_Minh"), "2026-01-05T09:00:00", "2026-01-04T23:00:00"),
        (cron("30", "2", timezone="Europe/Paris"), "2026-03-29T09:00:00", "2026-03-29T01:30:00"),
    ],
)
def test_a_crontab_is_due_at_its_last_minute(given: dict[str, Any], now: str, due: str) -> None:
    task = row(**given)
    assert slots.latest(task, now=at(now)) == at(due)
    task.last_run_at = at(due)
    assert slots.latest(task, now=at(now)) is None


def test_a_row_rests_before_its_start_after_its_end_and_while_it_is_switched_off() -> None:
    now = at("2026-01-05T00:00:00")
    assert slots.latest(row(**every(1)), now=now)
    assert slots.latest(row(**every(1), start_time=at("2026-01-05T00:00:01")), now=now) is None
    assert slots.latest(row(**every(1), expires=now), now=now) is None
    assert slots.latest(row(**every(1), enabled=False), now=now) is None


def test_a_clocked_row_runs_at_its_time() -> None:
    when = ClockedSchedule(clocked_time=at("2026-01-05T00:00:00"))
    assert slots.latest(row(clocked=when), now=at("2026-01-04T23:59:59")) is None
    assert slots.latest(row(clocked=when), now=at("2026-01-07T00:00:00")) == when.clocked_time
