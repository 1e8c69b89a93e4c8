"""Jobs and their steps."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from api.backoffice.common import ReadOnlyAdmin
from tasks.engine.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs, the newest first. What a job was given, and its secrets, are not shown."""

    list_display = ("id", "kind", "state", "owner", "created_at", "finished_at", "due_at")
    list_filter = ("state", "kind")
    list_select_related = ("owner",)
    search_fields = ("=id", "=request_id")
    ordering = ("-created_at", "-id")
    fields = (
        *("id", "kind", "version", "state", "step_list", "result", "error", "action"),
        *("owner", "beneficiary", "request_id", "created_at", "started_at", "finished_at"),
        *("cursor", "seq", "attempt", "due_at", "publications", "claims", "claimed_by"),
        "cancel_requested",
    )
    readonly_fields = ("step_list",)

    @admin.display(description="steps")
    def step_list(self, job: Job) -> SafeString:
        """Return the steps, a line each, with their attempts and errors."""
        return format_html_join("", "<div>{}</div>", ((_line(step),) for step in job.steps))


def _line(step: dict[str, Any]) -> str:
    problem = f": {step['error']['code']}" if step["error"] else ""
    times = f"{step['started_at'] or '–'} to {step['finished_at'] or '–'}"
    return f"{step['name']}: {step['state']}, {step['attempts']} ×, {times}{problem}"
