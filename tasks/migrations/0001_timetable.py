from typing import Any

from django.db import migrations

# By name: the job's kind, minutes or a crontab's minute and hour (UTC), and what it is for.
ROWS = {
    "Cancel unpaid orders": (
        "unpaid_orders",
        {"minutes": 1},
        "Cancels orders that nobody paid in time, and frees their copies.",
    ),
    "Remind of abandoned carts": (
        "abandoned_carts",
        {"minutes": 60},
        "Tells customers once what they left in their carts a day ago.",
    ),
    "Report low stock": (
        "low_stock",
        {"hour": "6", "minute": "0"},
        "Mails staff which products are nearly sold out.",
    ),
    "Report the day": (
        "daily_report",
        {"hour": "6", "minute": "5"},
        "Mails staff what the shop did yesterday (UTC).",
    ),
    "Clean up": (
        "clean_up",
        {"minutes": 1},
        "Deletes old finished jobs, ended logins and old messages of providers, a batch a run.",
    ),
    "Verify the books": (
        "verification",
        {"minutes": 60},
        "Looks whether stock, orders and payments add up, and mails staff where they do not.",
    ),
}


def fill(apps: Any, schema_editor: Any) -> None:
    """Make the rows that are not there; one that somebody has edited stays as it is."""
    rows = apps.get_model("django_celery_beat", "PeriodicTask").objects
    intervals = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    for name, (kind, when, description) in ROWS.items():
        if rows.filter(name=name).exists():
            continue
        if "minutes" in when:
            wanted = {"every": when["minutes"], "period": "minutes"}
            schedule = {
                "interval": intervals.filter(**wanted).first() or intervals.create(**wanted)
            }
        else:
            wanted = {
                **when,
                "day_of_week": "*",
                "day_of_month": "*",
                "month_of_year": "*",
                "timezone": "UTC",
            }
            schedule = {"crontab": crontabs.filter(**wanted).first() or crontabs.create(**wanted)}
        rows.create(name=name, task=kind, description=description, **schedule)


class Migration(migrations.Migration):
    dependencies = [("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
