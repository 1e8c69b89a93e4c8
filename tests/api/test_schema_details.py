"""What the schema shows is so: examples fit, links lead somewhere, patterns say what fields do."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from rest_framework.exceptions import ValidationError

from api.schema import examples, tags
from api.schema.fields import TextSchema
from api.serializers import auth, carts, catalog, customers, inventory, notifications, orders
from api.serializers.base import Form
from api.serializers.fields import TextField
from tasks.engine import registry

FORMS = {
    name: found
    for module in (auth, carts, catalog, customers, inventory, notifications, orders)
    for name, found in vars(module).items()
    if isinstance(found, type) and issubclass(found, Form) and name in examples.REQUESTS
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/schema").json()
    return found


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def answers(schema: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield an operation's answers by status, those that are shared as well."""
    for status, answer in operation["responses"].items():
        name = answer.get("$ref", "").rpartition("/")[2]
        yield status, schema["components"]["responses"][name] if name else answer


def validator(schema: dict[str, Any], part: Any) -> Validator:
    """Return what checks values by a part of the document, which refers to others."""
    whole = {**part, "components": schema["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_every_operation_tells_what_it_is_and_what_it_answers(schema: dict[str, Any]) -> None:
    known = {tag for tag, _, _ in tags.TAGS}
    for name, operation in operations(schema):
        assert operation["summary"], name
        assert operation["description"].endswith((".", ")")), name
        assert set(operation["tags"]) <= known, name
        found = dict(answers(schema, operation))
        assert {"400", "406", "413", "422", "500", "503"} <= set(found), name
        assert not any(status.endswith("XX") for status in found), name
        for status, answer in found.items():
            assert answer["description"], (name, status)
            assert "X-Request-ID" in answer["headers"], (name, status)


def test_every_body_has_examples_and_each_fits_its_schema(schema: dict[str, Any]) -> None:
    bodies = [*schema["components"]["responses"].items()]
    for name, operation in operations(schema):
        found = [operation.get("requestBody", {}), *operation["responses"].values()]
        bodies += ((name, body) for body in found)
    seen = 0
    for name, content in ((n, c) for n, body in bodies for c in body.get("content", {}).values()):
        fits = validator(schema, content["schema"])
        assert content["examples"], name
        for example in content["examples"].values():
            assert [problem.message for problem in fits.iter_errors(example["value"])] == [], name
            seen += 1
    assert seen > 150


def test_every_component_is_a_schema(schema: dict[str, Any]) -> None:
    for component in schema["components"]["schemas"].values():
        Draft202012Validator.check_schema(component)


@pytest.mark.parametrize("name", sorted(set(examples.REQUESTS) - {"Webhook"}))
def test_a_form_takes_its_examples(name: str) -> None:
    for given in examples.REQUESTS[name].values():
        assert FORMS[name](data=given).is_valid(raise_exception=True)


def test_every_link_leads_to_an_operation_that_takes_what_it_gives(schema: dict[str, Any]) -> None:
    taken = {
        operation["operationId"]: {one["name"] for one in operation.get("parameters", ())}
        for _, operation in operations(schema)
    }
    links = [
        link
        for _, operation in operations(schema)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 80
    for link in links:
        assert set(link["parameters"]) <= taken[link["operationId"]], link


def test_what_a_job_may_fail_for_goes_by_the_steps_of_its_workflow(schema: dict[str, Any]) -> None:
    kinds = {}
    for _, operation in operations(schema):
        if told := operation.get("x-job"):
            workflow = registry.newest(told["kind"])
            assert set(told["fails"]) <= {step.name for step in workflow.steps}
            kinds[told["kind"]] = workflow
    assert set(kinds) == set(examples.RESULTS)
    for kind, workflow in kinds.items():
        if not isinstance(workflow.result, str):
            assert set(examples.RESULTS[kind]) == set(workflow.result)


@pytest.mark.parametrize("options", [{}, {"multiline": True}, {"allow_blank": True}])
def test_the_pattern_of_a_text_is_what_its_field_takes(options: dict[str, Any]) -> None:
    field = TextField(max_length=10, **options)
    shown = TextSchema(field).map_serializer_field(None, "request")  # type: ignore[no-untyped-call]
    fits = Draft202012Validator(shown)
    for code in (*range(0x300), *range(0x1680, 0x1690), *range(0x2000, 0x2100), 0x3000, 0xFEFF):
        # A pair of line ends is taken, and kept as one, which a pattern cannot say.
        if chr(code) != "\r" and (text := f"{chr(code)}a"):
            assert fits.is_valid(text) == takes(field, text), hex(code)
    assert fits.is_valid(" ") == takes(field, " ")
    assert fits.is_valid("") == takes(field, "")
    assert fits.is_valid(chr(sys.maxunicode))
    assert takes(field, chr(sys.maxunicode))


def takes(field: TextField, text: str) -> bool:
    try:
        field.run_validation(text)
    except ValidationError:
        return False
    return True
