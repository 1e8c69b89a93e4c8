"""What views say of their operations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

from api.schema.headers import IDEMPOTENCY_KEY, PREFER
from api.serializers.jobs import JobShape
from shop.core.errors import ShopError

# The key under which an operation carries it until `finish`.
DECLARED = "x-declared"
F = TypeVar("F", bound=Callable[..., Any])
Body = type[serializers.Serializer[Any]] | None
# What something is refused for: an error of the shop, or the code of one that is not the shop's.
Refusal = type[ShopError] | str


@dataclass(frozen=True)
class Declared:
    """What a view says of an operation that nothing else tells."""

    kind: str | None = None
    refuses: tuple[Refusal, ...] = ()
    fails: Mapping[str, Sequence[type[ShopError]]] = field(default_factory=dict)


def starts_job(
    kind: str,
    form: Body = None,
    *,
    summary: str,
    headers: Sequence[OpenApiParameter] = (),
    refuses: Sequence[Refusal] = (),
    fails: Mapping[str, Sequence[type[ShopError]]] | None = None,
) -> Callable[[F], F]:
    """Describe an operation that answers with a job of this kind; `fails` goes by its steps."""
    declared = Declared(kind, tuple(refuses), fails or {})
    return extend_schema(
        request=form,
        responses={202: JobShape},
        summary=summary,
        parameters=[*headers, IDEMPOTENCY_KEY, PREFER],
        extensions={DECLARED: declared},
    )


def answers(
    shape: Any,
    form: Body = None,
    *,
    summary: str,
    status: int = 200,
    headers: Sequence[OpenApiParameter] = (),
    refuses: Sequence[Refusal] = (),
) -> Callable[[F], F]:
    """Describe an operation that answers with this shape, or with None: no body."""
    return extend_schema(
        request=form,
        responses={status: shape},
        summary=summary,
        parameters=list(headers),
        extensions={DECLARED: Declared(refuses=tuple(refuses))},
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
