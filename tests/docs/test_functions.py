"""The table of functions leads into the code, and leaves out no function of the specification."""

import importlib
import re
from pathlib import Path

import pytest

from api.urls import urlpatterns
from tasks.engine import registry

TABLE = (Path(__file__).resolve().parent.parent.parent / "docs" / "functions.md").read_text()
ROWS = [
    tuple(cell.strip().strip("`") for cell in line.strip("| ").split(" | "))
    for line in re.sub(r"\| \|", "| - |", TABLE).splitlines()
    if re.match(r"\| \d", line)
]
FUNCTIONS = {
    *(f"1.{n}" for n in ("1", "2", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "4.4")),
    *("1.5.1", "1.5.2", *(f"2.1.{n}" for n in range(1, 8)), "2.2", "2.3", "3.1", "3.2", "3.3"),
    *(f"4.{n}" for n in range(1, 6)),
    *(f"5.{n}" for n in range(1, 6)),
    *("6", "7", *(f"8.{n}" for n in range(1, 7))),
}


def test_no_function_is_left_out() -> None:
    assert {row[0].split()[0] for row in ROWS} == FUNCTIONS


@pytest.mark.parametrize("endpoint", sorted({row[1] for row in ROWS}))
def test_an_endpoint_is_in_the_table_of_addresses(endpoint: str) -> None:
    method, path = endpoint.split()
    routes = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)): pattern for pattern in urlpatterns
    }
    view = getattr(routes[path.removeprefix("/")].callback, "view_class", None)
    assert hasattr(view, method.lower())


@pytest.mark.parametrize("cell", sorted({row[2] for row in ROWS} - {"-"}))
def test_a_workflow_has_that_step(cell: str) -> None:
    kind, _, step = cell.partition(".")
    names = [one.name for one in registry.newest(kind).steps]
    assert not step or step in names


@pytest.mark.parametrize("cell", sorted({row[3] for row in ROWS} - {"-", ""}))
def test_a_service_has_that_function(cell: str) -> None:
    module, _, name = f"shop.{cell}".rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
