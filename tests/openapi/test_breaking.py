"""What breaks a client is told from what does not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.openapi import breaking

BOOK = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {
        "id": {"type": "integer"},
        "kind": {"type": "string", "enum": ["book"]},
        "author": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}
FORM = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "maxLength": 300},
        "status": {"type": "string", "enum": ["active", "inactive"]},
    },
}
OLD: dict[str, Any] = {
    "paths": {
        "/books": {
            "get": {
                "operationId": "get_books",
                "security": [{}, {"accessToken": []}],
                "parameters": [{"in": "query", "name": "page_size", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Book"}}
                        },
                    },
                    "422": {"content": {}},
                },
            },
            "post": {
                "operationId": "post_books",
                "security": [{"accessToken": []}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Form"}}
                    }
                },
                "responses": {"201": {}},
            },
        }
    },
    "components": {"schemas": {"Book": BOOK, "Form": FORM}},
}
Change = Callable[[dict[str, Any]], object]


def get(new: dict[str, Any]) -> Any:
    return new["paths"]["/books"]["get"]


def post(new: dict[str, Any]) -> Any:
    return new["paths"]["/books"]["post"]


def book(new: dict[str, Any]) -> Any:
    return new["components"]["schemas"]["Book"]


def form(new: dict[str, Any]) -> Any:
    return new["components"]["schemas"]["Form"]


BREAKING: dict[str, Change] = {
    "POST /books is gone": lambda new: new["paths"]["/books"].pop("post"),
    "it needs a token now": lambda new: get(new)["security"].pop(0),
    "the operation is called list_books now": lambda new: get(new).update(operationId="list_books"),
    "the parameter page_size is gone": lambda new: get(new)["parameters"].clear(),
    "the parameter page_size is required now": lambda new: get(new)["parameters"][0].update(
        required=True
    ),
    "the parameter page is new and required": lambda new: get(new)["parameters"].append(
        {"in": "query", "name": "page", "required": True, "schema": {}}
    ),
    "page_size has a narrower maximum now: 50": lambda new: get(new)["parameters"][0][
        "schema"
    ].update(maximum=50),
    "200 is never answered any more": lambda new: get(new)["responses"].pop("200"),
    "200 has no header ETag any more": lambda new: get(new)["responses"]["200"]["headers"].clear(),
    "200.author.name is gone": lambda new: book(new)["properties"]["author"]["properties"].clear(),
    "200.id may be left out now": lambda new: book(new)["required"].remove("id"),
    "200.id may be of type null now": lambda new: book(new)["properties"].update(
        id={"oneOf": [{"type": "integer"}, {"type": "null"}]}
    ),
    "200.kind may be tape now": lambda new: book(new)["properties"]["kind"]["enum"].append("tape"),
    "the body is required now": lambda new: post(new)["requestBody"].update(required=True),
    "it takes no body any more": lambda new: post(new).pop("requestBody"),
    "the body.title is not taken any more": lambda new: form(new)["properties"].pop("title"),
    "the body.title may not be of type string any more": lambda new: form(new)["properties"].update(
        title={"type": "integer"}
    ),
    "the body.title has a narrower maxLength now: 30": lambda new: form(new)["properties"][
        "title"
    ].update(maxLength=30),
    "the body.title has another pattern now: ^a": lambda new: form(new)["properties"][
        "title"
    ].update(pattern="^a"),
    "the body.status may not be inactive any more": lambda new: form(new)["properties"]["status"][
        "enum"
    ].remove("inactive"),
    "the body.status is required now": lambda new: form(new)["required"].append("status"),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda new: None,
    "a new operation": lambda new: new["paths"].update({"/maps": {"get": get(new)}}),
    "a new parameter": lambda new: get(new)["parameters"].append(
        {"in": "query", "name": "page", "schema": {}}
    ),
    "a new field of an answer": lambda new: book(new)["properties"].update(
        price={"type": "string"}
    ),
    "a new optional field of a body": lambda new: form(new)["properties"].update(price={}),
    "a wider limit": lambda new: form(new)["properties"]["title"].update(maxLength=500),
    "another word that is taken": lambda new: form(new)["properties"]["status"]["enum"].append("x"),
    "less that must be sent": lambda new: form(new)["required"].clear(),
    "another refusal": lambda new: get(new)["responses"].update({"409": {"content": {}}}),
    "no refusal any more": lambda new: get(new)["responses"].pop("422"),
    "a sentence": lambda new: get(new).update(description="Books."),
    "a token is no longer needed": lambda new: post(new).update(security=[]),
    "its own component": lambda new: post(new)["requestBody"]["content"].update(
        {"application/json": {"schema": FORM}}
    ),
}


@pytest.mark.parametrize("told", BREAKING)
def test_a_change_that_breaks_clients_is_named(told: str) -> None:
    assert [line.partition(": ")[2] or line for line in found(BREAKING[told])] == [told]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_breaks_nobody_passes(name: str) -> None:
    assert found(HARMLESS[name]) == []


def found(change: Change) -> list[str]:
    new = copy.deepcopy(OLD)
    change(new)
    return breaking.changes(OLD, new)
