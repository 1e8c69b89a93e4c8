"""What the contract says of every operation, asked of every operation: the schema names them."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.api.callers import Caller
from tests.openapi import pinned

# Ids that lead nowhere, and one that could be a job's.
JOB_ID = "0195553a-4c10-7d6e-9a4b-2f1e8c7d6b5a"
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in pinned.kept()["paths"].items()
    for method, operation in operations.items()
}
EVERY = pytest.mark.parametrize("name", OPERATIONS)
# Operations that look at their body at once, for there is nothing else to look for.
WITH_A_BODY = [name for name, one in OPERATIONS.items() if "requestBody" in one and "{" not in name]
pytestmark = pytest.mark.django_db


def method_and_path(name: str) -> tuple[str, str]:
    method, _, path = name.partition(" ")
    return method, re.sub(r"\{\w+\}", "1", path.replace("{job_id}", JOB_ID))


@EVERY
def test_an_operation_keeps_the_conventions(staff: Caller, name: str) -> None:
    method, path = method_and_path(name)
    assert problem(staff.send(method, path, Accept="image/png")) == (406, "not_acceptable")
    assert problem(staff.send(method, path, {"a": "a" * 1024 * 1024})) == (413, "too_large")
    assert problem(staff.send(method, f"{path}?colour=red"))[0] in {404, 422}

    refused = staff.send("BREW", path)
    assert problem(refused) == (405, "method_not_allowed")
    assert method in refused["Allow"].split(", ")

    answered = staff.send(method, path, X_Request_ID="mine-1")
    assert answered["X-Request-ID"] == "mine-1"
    assert answered["Cache-Control"] == "no-store"
    # What comes as a file stays open otherwise.
    answered.close()


@EVERY
def test_an_operation_says_who_may_not(anyone: Caller, name: str) -> None:
    method, path = method_and_path(name)
    needed = OPERATIONS[name]["security"]
    refused = anyone.send(method, path, Authorization="Bearer none")
    if needed == [{}]:
        assert problem(refused)[1] != "not_authenticated"
        return
    assert problem(refused)[0] == 401
    assert refused["WWW-Authenticate"] == "Bearer"
    if {} not in needed:
        assert problem(anyone.send(method, path)) == (401, "not_authenticated")


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_body_is_json_and_an_object(staff: Caller, name: str) -> None:
    method, path = method_and_path(name)

    def send(body: bytes, kind: str = "application/json") -> tuple[int, str]:
        return problem(Client().generic(method, path, body, kind, headers=staff.headers))

    assert send(b"{}", "text/plain") == (415, "unsupported_media_type")
    assert send(b'{"a":') == (400, "malformed_json")
    for body in (b"[]", b'"a"', b"5", b"null", b'{"colour": "red"}'):
        assert send(body) == (422, "invalid_input")


def problem(response: Any) -> tuple[int, str]:
    """Return an error's status and code. It must be a problem, which says its status itself."""
    body = response.json()
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert body["status"] == response.status_code
    return response.status_code, body.get("code", "")
