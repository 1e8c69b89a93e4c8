"""How the API describes itself (OpenAPI 3.1), and the decorators with which views help.

`@starts_job(CheckoutForm)` describes an operation whose answer is a job, `@answers(CartShape,
ItemForm)` any other, `@answers(page_of(BookShape))` a list. `headers=(ETAG, IF_MATCH)` names the
headers that not all have.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from api.errors import CONTENT_TYPE
from api.idempotency import MAX_KEY
from api.serializers.base import Form, NoParameters, Query
from api.serializers.jobs import JobShape
from api.views.base import ReadOnly

F = TypeVar("F", bound=Callable[..., Any])
Body = type[serializers.Serializer[Any]] | None

INTRODUCTION = """
- **Jobs.** What changes more than one thing is a job: the answer is `202` with its `id`. Follow it
  with `GET /jobs/{job_id}` until its `state` is `succeeded`, `failed` or `cancelled`.
- **`Prefer: wait=N`** answers with the finished job instead, if it ends within N seconds (30 at
  most). That is `200` also where the job has failed: look at `state`, and then at `error`.
- **Logins.** `POST /registrations`, then `POST /auth/login`; send the `access` token, which lasts
  15 minutes, as `Authorization: Bearer …`. `GET /me` says what `user_id` and `account_id` you have.
- **Money** is a decimal string, such as `"125000"` or `"12.50"`; a body may hold an integer too.
- **`Idempotency-Key`** makes it safe to send a request again: it starts one job, and the answer is
  the same one. Another request with the same key is `idempotency_key_reused`.
- **Paying.** Nothing here moves money; the token of a payment decides what happens: `tok_ok`,
  `tok_declined`, `tok_insufficient_funds`, `tok_flaky`, `tok_timeout`, and `tok_redirect`, with
  which the job waits until somebody has decided on the page at its `action.url`.
- **Stock.** A new product has none: nobody can buy it until `POST /inventory/receipts`.
- **Errors** are `application/problem+json` with a stable `code`, such as `invalid_input` (`errors`
  names the fields), `not_authenticated`, `not_found`, `cart_empty`, `insufficient_stock`,
  `payment_declined`, `invalid_transition`, `orders_open`, `precondition_failed` and
  `too_many_requests` (see `Retry-After`). All of them are in `docs/errors.md`.
"""
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": MAX_KEY + 2},
    OpenApiParameter.HEADER,
    description=f"{MAX_KEY} characters, two quotes more where quoted."
    " The same request with the same key starts one job.",
)
PREFER = OpenApiParameter(
    "Prefer",
    location=OpenApiParameter.HEADER,
    description="`wait=N`: answer when the job is final, after N seconds (30) at the latest.",
)
ETAG = OpenApiParameter(
    "ETag",
    location=OpenApiParameter.HEADER,
    response=True,
    description="The version of what is answered, for `If-Match`. Strong.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description="The `ETag` that was read, or several: changed since, the answer is `412`.",
)
PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; meant for programs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}


def starts_job(
    form: Body = None, *, summary: str | None = None, headers: Sequence[OpenApiParameter] = ()
) -> Callable[[F], F]:
    """Describe an operation that answers with a job."""
    return extend_schema(
        request=form,
        responses={202: JobShape},
        summary=summary,
        parameters=[*headers, IDEMPOTENCY_KEY, PREFER],
    )


def answers(
    shape: Any,
    form: Body = None,
    *,
    status: int = 200,
    summary: str | None = None,
    headers: Sequence[OpenApiParameter] = (),
) -> Callable[[F], F]:
    """Describe an operation that answers with this shape, or with None: no body."""
    return extend_schema(
        request=form, responses={status: shape}, summary=summary, parameters=list(headers)
    )


def page_of(shape: type[serializers.Serializer[Any]]) -> Any:
    """Return the shape of a list of these."""
    return inline_serializer(
        f"{shape.__name__.removesuffix('Shape')}Page",
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": shape(many=True),
        },
    )


class AutoSchema(SpectacularSchema):
    """Describe a view from its table row, its docstrings and its forms."""

    def get_operation_id(self) -> str:
        """Return method and path, which no two operations share."""
        path = self.path.removeprefix("/api/v1/").replace("{", "by_").replace("}", "")
        return f"{self.method.lower()}_{path.replace('/', '_').replace('-', '_')}"

    def get_tags(self) -> list[str]:
        """Return the first word of the path."""
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def get_summary(self) -> str | None:
        """Return the first line of the method's docstring, without its point."""
        lines = (super().get_description() or "").splitlines()
        return lines[0].removesuffix(".") if lines else None

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Return the rest of the method's docstring."""
        return "\n".join((super().get_description() or "").splitlines()[1:]).strip()

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that the view's query names."""
        query: type[Query] = getattr(self.view, "query", NoParameters)
        return [query] if query().fields and self.method == "GET" else []

    def get_auth(self) -> list[Any]:
        """Return what lets a caller in: also nothing, where anyone may read."""
        found: list[Any] = super().get_auth()
        parts = [vars(one).values() for one in self.view.get_permissions()]
        is_open = any(isinstance(part, ReadOnly) for either in parts for part in either)
        return [*found, {}] if is_open and self.method in SAFE_METHODS else found

    def resolve_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        """Return the serializer's component; a form says itself what a PATCH may leave out."""
        if isinstance(serializer, Form):
            serializer.partial = False
        return super().resolve_serializer(serializer, direction, bypass_extensions)

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Return the component's name: a `JobShape` is the shape of a `Job`."""
        name: str = super().get_serializer_name(serializer, direction)
        return name.removesuffix("Shape")

    def _map_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        """Return the serializer's schema; a form takes no other fields than its own."""
        schema = super()._map_serializer(  # type: ignore[no-untyped-call]
            serializer, direction, bypass_extensions
        )
        if isinstance(serializer, Form) and schema.get("type") == "object":
            schema["additionalProperties"] = False
        return schema


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give the API its introduction, every operation its errors, and a job its second answer.

    drf-spectacular calls this at the end.
    """
    result["info"]["description"] += f"\n{INTRODUCTION}"
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["4XX"] = {"description": "Refused", "content": content}
            operation["responses"]["5XX"] = {"description": "Not now", "content": content}
            if accepted := operation["responses"].get("202"):
                accepted["description"] = "Accepted: the job reaches a final state."
                final = "With `Prefer: wait`: the job is final, and maybe `failed`: see `state`."
                operation["responses"]["200"] = {**accepted, "description": final}
    _remove_marks(result)
    return result


def _remove_marks(node: Any) -> None:
    """Remove what drf-spectacular leaves for a hook that names enumerations; ours have none."""
    if isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        _remove_marks(inner)


class MoneySchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """An amount: a string, and in a body also an integer."""

    target_class = "api.serializers.fields.MoneyField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        text = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["125000"]}
        if direction == "response":
            return text
        return {"oneOf": [text, {"type": "integer", "minimum": 0}]}


class UtcDateTimeSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """A moment."""

    target_class = "api.serializers.fields.UtcDateTimeField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        return {"type": "string", "format": "date-time"}
