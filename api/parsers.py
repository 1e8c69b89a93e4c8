"""Read a request's body: JSON as the standard has it (RFC 8259), and nothing looser."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from api.errors import TooLarge

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32


class StrictJSONParser(BaseParser):
    """Parse `application/json` of at most 1 MiB without guessing.

    Raises TooLarge for more, and ParseError for what is not UTF-8, not JSON, nested deeper than
    anything here is, or ambiguous: a name twice in an object, half of a surrogate pair.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return the value that the body holds."""
        return loads(read(stream))


def read(stream: IO[bytes]) -> bytes:
    """Return all that the stream holds, however it arrives. Raises TooLarge above 1 MiB."""
    body = bytearray()
    while chunk := stream.read(MAX_BODY + 1 - len(body)):
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge
    return bytes(body)


def loads(body: bytes) -> Any:
    """Return the value of a JSON text. Raises ParseError when it is none."""
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    except RecursionError as error:
        raise ParseError("The body is nested too deeply.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ParseError(f"The body is not JSON: {error.msg} at {where}.") from error
    except ValueError as error:  # A number with more digits than Python converts.
        raise ParseError("The body holds a number that is too long.") from error
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these members. Raises ParseError when a name is there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("An object in the body has the same name twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise ParseError(f"The body is not JSON: {name} is no number.")


def _check(value: Any) -> None:
    """Look through all of a value, without recursion. Raises ParseError."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError("The body is nested too deeply.")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                inner += item.keys()
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        level = inner


def _check_text(text: str) -> None:
    """Raise ParseError when half of a surrogate pair is in the text: no UTF-8 can hold it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ParseError("Text in the body holds half of a surrogate pair.") from error
