"""Strict input and uniform output.

A `Form` reads a body, a `Query` the parameters behind the `?`, a `Shape` writes an answer:

    data = CheckoutForm.parse(request)
    return Response(CartShape.render(cart))

Nothing is guessed: JSON types must be the right ones, names known, text clean.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any, ClassVar, TypeVar

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from api.errors import invalid
from api.serializers.fields import parse_parameter

# How many unknown names an answer lists: a body may hold a hundred thousand.
MAX_UNKNOWN = 20
S = TypeVar("S", bound="serializers.Serializer[Any]")


@cache
def _made(kind: type[S]) -> S:
    """Return the one serializer of this class, which keeps nothing of what goes through it.

    Each would make all of its fields anew: a sixth of what a checkout costs the gateway.
    """
    return kind()


class Strict(serializers.Serializer[Any]):
    """A serializer that refuses what it does not know."""

    unknown_field: ClassVar = "There is no such field."

    def to_internal_value(self, data: Any) -> Any:
        """Return the valid values. Raises ValidationError with all that is wrong, by field."""
        if not isinstance(data, Mapping):
            problem = serializers.ErrorDetail("An object is expected.", "invalid")
            raise serializers.ValidationError({"non_field_errors": [problem]})
        unknown = (name for name in data if name not in self.fields or self.fields[name].read_only)
        problems: dict[str, Any] = {
            name: [serializers.ErrorDetail(self.unknown_field, "unknown_field")]
            for name in islice(unknown, MAX_UNKNOWN)
        }
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                problems |= error.detail
            raise serializers.ValidationError(problems) from error
        if problems:
            raise serializers.ValidationError(problems)
        return found


class Form(Strict):
    """The body of a request."""

    @classmethod
    def parse(cls, request: Request) -> dict[str, Any]:
        """Return the body's valid values by name; no body is an empty object.

        Raises ValidationError when something is wrong with them.
        """
        return dict(_made(cls).run_validation(request.data))


class Query(Strict):
    """The parameters behind the `?`, each at most once."""

    unknown_field: ClassVar = "There is no such parameter."

    @classmethod
    def parse(cls, request: Request) -> dict[str, Any]:
        """Return the parameters' valid values by name. Raises ValidationError."""
        query = _made(cls)
        return dict(query.run_validation(query.typed(request.query_params)))

    def typed(self, parameters: QueryDict) -> dict[str, Any]:
        """Return the parameters with numbers as numbers, as a body would hold them.

        Raises ValidationError for a parameter that is there twice.
        """
        for name, values in parameters.lists():
            if len(values) > 1:
                raise invalid(name, "repeated", "The parameter is there more than once.")
        return {
            name: parse_parameter(self.fields[name], str(text)) if name in self.fields else text
            for name, text in parameters.items()
        }


class Shape(serializers.Serializer[Any]):
    """What a thing looks like in an answer; the thing may be an object or a mapping."""

    @classmethod
    def render(cls, thing: Any) -> dict[str, Any]:
        """Return the thing as JSON."""
        return dict(_made(cls).to_representation(thing))

    @classmethod
    def render_many(cls, things: Iterable[Any]) -> list[dict[str, Any]]:
        """Return the things as JSON."""
        shape = _made(cls)
        return [dict(shape.to_representation(thing)) for thing in things]


class Nothing(Form):
    """A body that is left out or `{}`."""


class NoParameters(Query):
    """No parameters at all."""
