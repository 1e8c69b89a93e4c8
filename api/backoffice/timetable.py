"""Beat's timetable: all staff see it, superusers change it."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget

from api.backoffice.actions import action
from api.backoffice.common import ReadOnlyInline, StaffAdmin
from api.roles import Operation, may
from shop.core.errors import Refused
from tasks.engine import jobs
from tasks.engine.models import Job
from tasks.schedule import timetable

if TYPE_CHECKING:
    # Generic for the type checker only.
    _Form = forms.ModelForm[Any]
else:
    _Form = forms.ModelForm

# Theirs look otherwise. Groups are roles, which accounts' own page gives; schedules of these two
# kinds the shop does not use.
for theirs in (PeriodicTask, CrontabSchedule, IntervalSchedule):
    admin.site.unregister(theirs)
for unused in (Group, ClockedSchedule, SolarSchedule):
    admin.site.unregister(unused)


class OperatorAdmin(StaffAdmin):
    """A table that superusers change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether rows may be added."""
        return may(request.user, Operation.CHANGE_TIMETABLE)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Return whether rows may be changed."""
        return may(request.user, Operation.CHANGE_TIMETABLE)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Return whether rows may be deleted."""
        return may(request.user, Operation.CHANGE_TIMETABLE)


def _kinds() -> list[tuple[str, str]]:
    return [(kind, kind.replace("_", " ")) for kind in timetable.kinds()]


class EntryForm(_Form):
    """An entry of a kind that the clock can start."""

    task = forms.ChoiceField(
        label="Job", choices=_kinds, widget=UnfoldAdminSelectWidget, help_text="Its kind."
    )


@action("Start now", Operation.CHANGE_TIMETABLE)
def start_now(request: HttpRequest, entry: PeriodicTask) -> Job:  # noqa: ARG001
    """Start a run of an entry's job. Raises Refused when it names none."""
    if entry.task not in timetable.kinds():
        raise Refused("The clock can start no such job.")
    return jobs.get(job_id=timetable.start_now(kind=entry.task))


@admin.register(PeriodicTask)
class EntryAdmin(OperatorAdmin):
    """Which jobs the clock starts, and when."""

    form = EntryForm
    list_display = ("name", "task", "enabled", "interval", "crontab", "last_run_at")
    list_filter = ("enabled",)
    list_select_related = ("interval", "crontab")
    search_fields = ("name", "task")
    ordering = ("name",)
    actions = (start_now,)
    fields = (
        *("name", "task", "description", "enabled", "interval", "crontab"),
        *("last_run_at", "total_run_count"),
    )
    readonly_fields = ("last_run_at", "total_run_count")


class EntryInline(ReadOnlyInline):
    """What is started at these times."""

    model = PeriodicTask
    verbose_name_plural = "entries"
    fields: ClassVar = ("name", "task", "enabled")
    show_change_link = True


@admin.register(CrontabSchedule)
class CrontabAdmin(OperatorAdmin):
    """Times as cron has them."""

    list_display = ("id", "human_readable", "timezone")
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
    inlines = (EntryInline,)


@admin.register(IntervalSchedule)
class IntervalAdmin(OperatorAdmin):
    """Times that come again after a while."""

    list_display = ("id", "every", "period")
    inlines = (EntryInline,)
