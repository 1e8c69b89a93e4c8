"""The API's description tells a newcomer the truth."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

ERRORS = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
PUBLIC = ["authors", "categories", "books", "electronics", "clothes"]


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/schema").json()
    return found


def required(schema: dict[str, Any], path: str) -> tuple[bool, list[str]]:
    """Return whether a PATCH takes no empty body, and which fields it must have."""
    body = schema["paths"][path]["patch"]["requestBody"]
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return body.get("required", False), schema["components"]["schemas"][name].get("required", [])


@pytest.mark.parametrize("name", PUBLIC)
def test_anyone_may_read_the_catalog_and_only_staff_write(
    schema: dict[str, Any], name: str
) -> None:
    reads = {path: found for path, found in schema["paths"].items() if f"/{name}" in path}
    assert len(reads) == 2
    for operations in reads.values():
        for method, operation in operations.items():
            assert ({} in operation["security"]) == (method == "get")


def test_what_needs_a_token_says_so(schema: dict[str, Any]) -> None:
    for path in ("/api/v1/orders", "/api/v1/inventory", "/api/v1/me"):
        assert schema["paths"][path]["get"]["security"] == [{"accessToken": []}]


def test_all_that_answer_with_one_job_can_wait_for_it(schema: dict[str, Any]) -> None:
    waiting = {
        f"{method} {path}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if any(header["name"] == "Prefer" for header in operation.get("parameters", []))
    }
    starting = {
        f"{method} {path}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if "202" in operation["responses"]
    }
    assert waiting == {*starting, "get /api/v1/jobs/{job_id}"}


def test_only_what_may_be_left_out_is_optional(schema: dict[str, Any]) -> None:
    assert required(schema, "/api/v1/orders/{order_id}") == (True, ["status"])
    assert required(schema, "/api/v1/inventory") == (False, [])
    assert required(schema, "/api/v1/customers/{user_id}") == (False, [])


def test_the_introduction_names_codes_that_there_are(schema: dict[str, Any]) -> None:
    introduction = schema["info"]["description"]
    codes = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", introduction.partition("**Errors**")[2])
    assert len(codes) > 5
    for code in codes:
        assert f"| `{code}` |" in ERRORS


def test_no_description_tells_how_it_is_made(schema: dict[str, Any]) -> None:
    inside = re.compile(r"render_|selectors|services|_shape\b|hashed|\b(?!manage)\w+\.py\b")
    assert not inside.findall(str(schema))
