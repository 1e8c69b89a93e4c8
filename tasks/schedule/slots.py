"""When a row of beat's timetable is due: its slots, which every beat computes alike."""

from datetime import UTC, datetime, timedelta

from celery.schedules import crontab
from django_celery_beat.models import PeriodicTask

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def latest(row: PeriodicTask, *, now: datetime) -> datetime | None:
    """Return the row's latest slot up to `now` that did not run yet, or None.

    Of slots that were missed the latest one alone is made up for. A row that never ran begins when
    it was made, or enabled again.
    """
    since = row.last_run_at or row.date_changed
    if not row.enabled or (row.expires and now >= row.expires):
        return None
    slot = _latest(row, now=now, since=since)
    if slot is None or slot <= since or (row.start_time and slot < row.start_time):
        return None
    return slot


def _latest(row: PeriodicTask, *, now: datetime, since: datetime) -> datetime | None:
    if row.interval:
        period = row.interval.schedule.run_every
        return EPOCH + (now - EPOCH) // period * period  # type: ignore[no-any-return]
    if row.crontab:
        return _latest_minute(row.crontab.schedule, now=now, since=since)
    if row.clocked and row.clocked.clocked_time <= now:
        return row.clocked.clocked_time  # type: ignore[no-any-return]
    return None


def _latest_minute(cron: crontab, *, now: datetime, since: datetime) -> datetime | None:
    """Return the last minute up to `now` that the crontab names, looking back to `since`."""
    today = now.astimezone(cron.tz).date()
    for days in range((today - since.astimezone(cron.tz).date()).days + 1):
        day = today - timedelta(days=days)
        if (
            day.month not in cron.month_of_year
            or day.day not in cron.day_of_month
            or day.isoweekday() % 7 not in cron.day_of_week
        ):
            continue
        for hour in sorted(cron.hour, reverse=True):
            for minute in sorted(cron.minute, reverse=True):
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=cron.tz)
                if at <= now:
                    return at.astimezone(UTC)
    return None
