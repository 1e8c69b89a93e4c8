"""Jobs and their steps."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from api.backoffice.actions import action
from api.backoffice.common import ReadOnlyAdmin, link
from api.roles import Operation
from tasks.engine import jobs, registry
from tasks.engine.models import Job, State


class KindFilter(admin.SimpleListFilter):
    """The kinds that there are in the code: asking the table for all of its own would be slow."""

    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return the kinds."""
        kinds = sorted({workflow.kind for workflow in registry.workflows()})
        return [(kind, kind.replace("_", " ")) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:  # noqa: ARG002
        """Return the jobs of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class RecoveredFilter(admin.SimpleListFilter):
    """The jobs that met with a setback."""

    title = parameter_name = "recovered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return the one choice: an index has these jobs, and none has the others."""
        return [("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:  # noqa: ARG002
        """Return the jobs that recovery had to carry on."""
        return queryset.filter(recoveries__isnull=False) if self.value() else queryset


@action(
    "Cancel the job",
    Operation.CANCEL_JOB,
    sure="What a cancelled job did is undone, as far as it has come.",
    fits=lambda job: not job.is_final and not job.cancel_requested,
)
def cancel(request: HttpRequest, job: Job) -> Job:
    """Have what the job did be undone."""
    return jobs.cancel(job_id=job.pk, account_id=request.user.pk)


@action("Resume the job", Operation.RESUME_JOB, fits=lambda job: job.state == State.STUCK)
def resume(request: HttpRequest, job: Job) -> Job:
    """Have a stuck job try again."""
    return jobs.resume(job_id=job.pk, account_id=request.user.pk)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs, the newest first. What a job was given, and its secrets, are not shown."""

    list_display = ("id", "kind", "state", "owner", "created_at", "finished_at", "due_at")
    list_filter = ("state", RecoveredFilter, KindFilter, "created_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "=request_id")
    ordering = ("-created_at", "-id")
    actions = (cancel, resume)
    change_form_before_template = "backoffice/steps.html"
    fieldsets = (
        (None, {"fields": ("id", "kind", "state", "order", "failure", "answer", "wanted")}),
        (
            "Who and when",
            {
                "fields": (
                    *("owner", "beneficiary", "request_id"),
                    *("created_at", "started_at", "finished_at"),
                )
            },
        ),
        (
            "What the engine knows",
            {
                "fields": (
                    *("version", "cursor", "seq", "attempt", "due_at", "publications"),
                    *("claims", "claimed_by", "delayed_by", "cancel_requested", "cancelled_by"),
                )
            },
        ),
    )
    readonly_fields = ("order", "failure", "answer", "wanted")

    @admin.display(description="error")
    def failure(self, job: Job) -> str:
        """Return what the job failed of, or is stuck in."""
        return _error(job.error)

    @admin.display(description="result")
    def answer(self, job: Job) -> str:
        """Return what the job answers with."""
        return _json(job.result)

    @admin.display(description="action")
    def wanted(self, job: Job) -> str:
        """Return what the job waits for somebody to do."""
        return _json(job.action)

    @admin.display(description="order")
    def order(self, job: Job) -> str:
        """Return a link to the order that the job made or changed, once it says which."""
        result = job.result if isinstance(job.result, dict) else {}
        order_id = result.get("id" if job.kind == "order_update" else "order_id")
        return link("orders_order", order_id, f"order {order_id}") if order_id else "–"


def _error(error: Mapping[str, Any] | None) -> str:
    return f"{error['code']}: {error['detail']}" if error else "–"


def _json(value: Any) -> str:
    if value is None:
        return "–"
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="whitespace-pre-wrap">{}</pre>', text)
