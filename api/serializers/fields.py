"""Fields that take the JSON type they name and no other."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import EmailValidator
from rest_framework import serializers

from shop.core import money
from shop.core.errors import NotFound
from shop.core.text import MOST_MARKS, piles_marks
from shop.core.times import rfc3339

MAX_BIGINT = 2**63 - 1
# Control characters, halves of surrogate pairs, and the separators of lines and paragraphs.
_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}
# The same as ranges of a pattern, for the schema: what no line holds, and what no text does.
NOT_IN_A_LINE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
NOT_IN_TEXT = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029"
# So many characters become one in NFC at most. Source: UAX #15, 9 (the expansion by NFD).
_MOST_PARTS = 4
_DIGITS = re.compile(r"-?[0-9]{1,40}", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,40}(\.[0-9]{1,20})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class TextField(serializers.CharField):
    """Text in NFC, not trimmed; one line, or with `multiline` many.

    Blank text is refused, or empty where `allow_blank`. Lengths are those of the NFC.
    """

    default_error_messages: ClassVar = {"invalid": "Text without control characters is expected."}

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        """Take the arguments of CharField, and `multiline`."""
        self.multiline = multiline
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the valid text. Raises ValidationError."""
        blank = isinstance(data, str) and not data.strip()
        return super().run_validation("" if blank else data)

    def to_internal_value(self, data: Any) -> str:
        """Return the text in NFC. Raises ValidationError for anything but clean text."""
        if not isinstance(data, str):
            self.fail("invalid")
        if self.multiline:
            data = data.replace("\r\n", "\n")
        # What is too long however it is written, is not looked at.
        if self.max_length is not None and len(data) > _MOST_PARTS * self.max_length:
            self.fail("max_length", max_length=self.max_length)
        allowed = "\n\t" if self.multiline else ""
        if any(unicodedata.category(char) in _CONTROLS and char not in allowed for char in data):
            self.fail("invalid")
        if piles_marks(data):
            problem = f"Text is expected in which no letter has more than {MOST_MARKS} marks."
            raise serializers.ValidationError(problem, "invalid")
        return unicodedata.normalize("NFC", data)


class EmailField(TextField):
    """An email address of at most 254 characters."""

    default_error_messages: ClassVar = {"invalid": "An email address is expected."}

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of TextField."""
        super().__init__(**{"max_length": 254, **kwargs})
        self.validators.append(EmailValidator(message=self.error_messages["invalid"]))

    def to_internal_value(self, data: Any) -> str:
        """Return the address.

        Raises ValidationError for a domain that no mail can be sent to, and for what nobody sees:
        two addresses that look the same could be two accounts.
        """
        address = super().to_internal_value(data)
        if any(unicodedata.category(char) == "Cf" for char in address):
            self.fail("invalid")
        try:
            address.rpartition("@")[2].encode("idna")
        except UnicodeError:
            self.fail("invalid")
        return address


class SecretField(serializers.CharField):
    """A password or a token: any text that UTF-8 can hold, kept exactly as it is."""

    default_error_messages: ClassVar = {"invalid": "Text is expected."}

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of CharField."""
        super().__init__(**{"trim_whitespace": False, "max_length": 1024, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises ValidationError for another type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class IntegerField(serializers.IntegerField):
    """A whole number: neither `"3"` nor `3.0` nor `true`."""

    default_error_messages: ClassVar = {"invalid": "A whole number is expected."}

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of IntegerField; without limits, what a column holds."""
        super().__init__(**{"min_value": -MAX_BIGINT, "max_value": MAX_BIGINT, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        """Return the number. Raises ValidationError for another type."""
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class IdField(IntegerField):
    """The id of a record; one that no record can have is `not_found`."""

    default_error_messages: ClassVar = {"not_found": "There is no such thing."}

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of IntegerField."""
        super().__init__(**{"min_value": None, "max_value": None, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        """Return the id. Raises ValidationError for another type or an impossible id."""
        number = super().to_internal_value(data)
        if not 1 <= number <= MAX_BIGINT:
            self.refuse()
        return number

    def refuse(self) -> None:
        """Raise the error of an id that no record can have."""
        self.fail("not_found")


class CustomerIdField(IdField):
    """The `user_id` of a customer; one that nobody can have is `404`, as is another's."""

    def refuse(self) -> None:
        """Raise NotFound."""
        raise NotFound


class BooleanField(serializers.BooleanField):
    """`true` or `false`."""

    default_error_messages: ClassVar = {"invalid": "true or false is expected."}

    def to_internal_value(self, data: Any) -> bool:
        """Return the value. Raises ValidationError for another type."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class ChoiceField(serializers.ChoiceField):
    """One of a few words."""

    default_error_messages: ClassVar = {"invalid_choice": "One of these is expected: {words}."}

    def to_internal_value(self, data: Any) -> str:
        """Return the word. Raises ValidationError for any other."""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", words=", ".join(self.choices))
        return data


class DateField(serializers.DateField):
    """A day as RFC 3339 writes it: `2024-02-29`."""

    default_error_messages: ClassVar = {"invalid": "A date such as 2024-02-29 is expected."}

    def to_internal_value(self, value: Any) -> date:
        """Return the day. Raises ValidationError for anything else."""
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.fail("invalid")
        return self.fail("invalid")


class MoneyField(serializers.Field[Decimal, Any, str, Any]):
    """An amount, read in the shop's currency: a decimal string or an integer, never a float.

    Written with the currency that stands beside it, in the attribute or member `currency`, or
    else with the shop's.
    """

    default_error_messages: ClassVar = {
        "invalid": 'An amount such as "125000" is expected.',
        "max_decimal_places": "The currency has no more than {places} decimals.",
        "max_value": "The amount is too large.",
        "min_value": "The amount must be more than 0.",
    }

    def __init__(
        self, *, positive: bool = False, maximum: Decimal = money.MAX_PRICE, **kwargs: Any
    ) -> None:
        """Take the arguments of Field; with `positive`, 0 is refused."""
        self.positive = positive
        self.maximum = maximum
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount. Raises ValidationError."""
        if isinstance(data, int) and not isinstance(data, bool):
            if data > self.maximum:
                self.fail("max_value")
            data = str(data)
        if not isinstance(data, str) or not _MONEY.fullmatch(data):
            self.fail("invalid")
        places = money.exponent(money.currency())
        if len(data.partition(".")[2]) > places:
            self.fail("max_decimal_places", places=places)
        amount = Decimal(data)
        if amount > self.maximum:
            self.fail("max_value")
        if self.positive and not amount:
            self.fail("min_value")
        return amount

    def get_attribute(self, instance: Any) -> Any:
        """Return the amount with the currency that stands beside it."""
        amount = super().get_attribute(instance)
        if amount is None:
            return None
        if isinstance(instance, Mapping):
            code = instance.get("currency")
        else:
            code = getattr(instance, "currency", None)
        return amount, code or money.currency()

    def to_representation(self, value: Any) -> str:
        """Return the amount as text, with as many decimals as its currency has."""
        amount, code = value if isinstance(value, tuple) else (value, money.currency())
        return money.text(amount, code)


class UtcDateTimeField(serializers.Field[datetime, Any, str, Any]):
    """A moment in an answer: RFC 3339, in UTC, with `Z`."""

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of Field; it is never read."""
        super().__init__(**{"read_only": True, **kwargs})

    def to_representation(self, value: datetime) -> str:
        """Return the moment as text."""
        return rfc3339(value)


def parse_parameter(field: Any, text: str) -> Any:
    """Return a query parameter as a body would hold it; what does not fit is left for the field."""
    if isinstance(field, IntegerField) and _DIGITS.fullmatch(text):
        return int(text)
    if isinstance(field, BooleanField) and text in {"true", "false"}:
        return text == "true"
    return text
