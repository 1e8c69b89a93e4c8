"""What a job looks like."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api.errors import problem
from api.pagination import PageQuery
from api.serializers.base import Shape
from api.serializers.fields import ChoiceField, TextField, UtcDateTimeField
from shop.core.times import rfc3339
from tasks.engine.models import Job, Setback, State, StepState

# Where the thing is that a job of this kind made or changed, by what its result holds.
RESOURCES = {
    "checkout": "/api/v1/orders/{order_id}",
    "inventory_setup": "/api/v1/inventory",
    "goods_receipt": "/api/v1/inventory/items?product_id={product_id}",
    "goods_withdrawal": "/api/v1/inventory/items?product_id={product_id}",
    "order_update": "/api/v1/orders/{id}",
    "payment": "/api/v1/payments/{payment_id}",
    "refund": "/api/v1/payments/{payment_id}",
    "registration": "/api/v1/customers/{user_id}",
}


class JobQuery(PageQuery):
    """Which jobs to list."""

    kind = TextField(max_length=64, required=False)
    state = ChoiceField(choices=State.choices, required=False)


class FieldProblemShape(serializers.Serializer[Any]):
    """What is wrong with a field."""

    field = serializers.CharField(help_text="Its name; `body` is the body as a whole.")
    code = serializers.CharField(help_text="Stable; meant for programs.")
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable; meant for programs.")
    errors = FieldProblemShape(  # type: ignore[assignment]  # what it is called there
        many=True, required=False, help_text="Only of invalid input: what is wrong where."
    )


class UndoShape(serializers.Serializer[Any]):
    """How something was taken back, or is being."""

    attempts = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    error = ProblemShape(allow_null=True)


class StepShape(serializers.Serializer[Any]):
    """One step of a job."""

    name = serializers.CharField()
    state = serializers.ChoiceField(choices=StepState.choices)
    attempts = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    error = ProblemShape(allow_null=True)
    undo = UndoShape(required=False, help_text="Only where it was begun to take the step back.")


class RecoveryShape(serializers.Serializer[Any]):
    """That a job was carried on after a setback."""

    number = serializers.IntegerField(help_text="Which one of the job's; the last 20 are told.")
    at = serializers.DateTimeField()
    step = serializers.CharField(
        allow_null=True, help_text="Which step was next; null: what accepting the job did."
    )
    publication = serializers.IntegerField(help_text="Which message for this step was sent then.")
    reason = serializers.ChoiceField(choices=Setback.choices)


class ActionShape(serializers.Serializer[Any]):
    """What a waiting job waits for."""

    type = serializers.ChoiceField(choices=["redirect"])
    url = serializers.URLField()


class LinksShape(serializers.Serializer[Any]):
    """Where to go on."""

    self = serializers.CharField()
    resource = serializers.CharField(allow_null=True)


# What `render_job` writes.
class JobShape(Shape):
    """A job: what was asked for, how far it is, and what came of it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    steps = StepShape(many=True)
    result = serializers.DictField(allow_null=True)
    error = ProblemShape(allow_null=True)
    action = ActionShape(allow_null=True)
    links = LinksShape()
    created_at = UtcDateTimeField()
    started_at = UtcDateTimeField(allow_null=True)
    finished_at = UtcDateTimeField(allow_null=True)
    recoveries = RecoveryShape(many=True)
    undo = UndoShape(
        required=False, help_text="Only where it was begun to take back what accepting the job did."
    )


def render_job(job: Job) -> dict[str, Any]:
    """Return the job as its owner sees it: never its input or its secrets."""
    return {
        "id": str(job.id),
        "kind": job.kind,
        "state": str(job.state),
        "steps": [_step(step) for step in job.steps],
        "result": job.result,
        "error": _problem(job.error),
        "action": job.action,
        "links": {"self": f"/api/v1/jobs/{job.id}", "resource": _resource(job)},
        "created_at": rfc3339(job.created_at),
        "started_at": job.started_at and rfc3339(job.started_at),
        "finished_at": job.finished_at and rfc3339(job.finished_at),
        "recoveries": [
            {name: entry[name] for name in ("number", "at", "step", "publication", "reason")}
            for entry in job.recoveries or ()
        ],
        **_undo(job.undo),
    }


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step, with what is kept of its undo where one was begun."""
    return {**step, "error": _problem(step["error"]), **_undo(step.get("undo"))}


def _undo(undo: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is kept of an undo, where one was begun."""
    return {"undo": {**undo, "error": _problem(undo["error"])}} if undo else {}


def _problem(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a kept error as a problem."""
    return problem(error["code"], error["detail"]) if error else None


def _resource(job: Job) -> str | None:
    """Return the path of what the job is about, as soon as that is known."""
    template = RESOURCES.get(job.kind)
    if template is None or not isinstance(job.result, dict):
        return None
    try:
        return template.format_map(job.result)
    except KeyError:
        return None
