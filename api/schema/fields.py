"""What the schema says of fields that take one JSON type and no other.

drf-spectacular finds these classes by being subclasses.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from api.serializers.fields import MAX_BIGINT, NOT_IN_A_LINE, NOT_IN_TEXT
from shop.core import money


class TextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """Text: clean, and not blank unless it may be."""

    target_class = "api.serializers.fields.TextField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        own = [one.regex.pattern for one in self.target.validators if hasattr(one, "regex")]
        no = NOT_IN_TEXT if self.target.multiline else NOT_IN_A_LINE
        visible = "" if self.target.allow_blank else rf"[^{no}\s][^{no}]*"
        return {
            "type": "string",
            "minLength": int(not self.target.allow_blank),
            "maxLength": self.target.max_length,
            "pattern": _anchored(own[0]) if own else f"^[^{no}]*{visible}$",
        }


def _anchored(pattern: str) -> str:
    """Return Python's pattern as JSON Schema writes it."""
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")


class EmailSchema(TextSchema):  # type: ignore[no-untyped-call]  # its metaclass
    """An email address."""

    target_class = "api.serializers.fields.EmailField"
    match_subclasses = False
    priority = 1

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        return {
            "type": "string",
            "format": "email",
            "minLength": 1,
            "maxLength": self.target.max_length,
        }


class SecretSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """A password or a token."""

    target_class = "api.serializers.fields.SecretField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        return {"type": "string", "minLength": 1, "maxLength": self.target.max_length}


class IdSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """The id of a record."""

    target_class = "api.serializers.fields.IdField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        return {"type": "integer", "minimum": 1, "maximum": MAX_BIGINT}


class MoneySchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """An amount: a string, and in a body also an integer."""

    target_class = "api.serializers.fields.MoneyField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description, in the shop's currency where it is read."""
        if direction == "response":
            return {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}
        least, most = int(self.target.positive), int(self.target.maximum)
        places = money.exponent(money.currency())
        digits = f"[0-9]{{1,{len(str(most - 1))}}}" + (
            rf"(\.[0-9]{{1,{places}}})?" if places else ""
        )
        return {
            "type": ["string", "integer"],
            "pattern": f"^{'(?=.*[1-9])' if least else ''}{digits}$",
            "minimum": least,
            "maximum": most,
        }


class UtcDateTimeSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """A moment."""

    target_class = "api.serializers.fields.UtcDateTimeField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return OpenAPI's description."""
        return {"type": "string", "format": "date-time"}
