"""The tables of error codes and the code agree."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import api
import shop
import tasks
from api import errors
from api.serializers.base import Strict
from shop.core.errors import ShopError

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "errors.md").read_text()
CODES, FIELD_CODES = TEXT.split("## Codes of fields")
# What REST framework's fields could say and ours never do: they look at the type first.
NEVER = {"datetime", "max_string_length"}


def of(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield every class below this one that the product defines."""
    for found in kind.__subclasses__():
        if not found.__module__.startswith("tests."):
            yield found
        yield from of(found)


def documented() -> dict[str, int]:
    return {code: int(status) for code, status in re.findall(r"^\| `(\w+)` \| (\d+)", CODES, re.M)}


def everything_is_imported() -> None:
    for package in (api, shop, tasks):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name:
                importlib.import_module(found.name)


def test_every_code_has_a_row_with_its_status() -> None:
    everything_is_imported()
    expected = dict(errors.STATUSES)
    for kind in of(ShopError):
        answer = errors.describe(kind())
        assert answer is not None
        field_only = answer.errors is not None
        code = kind.code
        if not (field_only and code in expected):
            expected[code] = answer.status
    assert documented() == expected


def test_every_code_of_a_field_has_a_row() -> None:
    everything_is_imported()
    fields = [field for form in of(Strict) for field in form().fields.values()]
    expected = {code for field in fields for code in field.error_messages}
    rows = set(re.findall(r"^\| `(\w+)` \|", FIELD_CODES, re.M))
    assert rows == (expected | {"repeated", "unknown_field"}) - NEVER - {"not_found"}
