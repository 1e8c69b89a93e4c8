"""Who may do what: every operation of the API, as everybody, by the table in `roles.txt`."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from api.roles import MOVES, ROLES, Operation, Role
from api.serializers.orders import ORDER_STATUSES
from api.urls import urlpatterns
from tests.api import asking
from tests.api.callers import Caller, account_of, new_staff

ROOT = Path(__file__).resolve().parent.parent.parent
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LINES = [
    re.split(r"\s{2,}", line.strip())
    for line in (Path(__file__).parent / "roles.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
WHO = LINES[0][1:]
TABLE = {row: dict(zip(WHO, map(int, statuses), strict=True)) for row, *statuses in LINES[1:]}
PARAMETER, IN_BRACES = re.compile(r"<\w+:(\w+)>"), r"{\1}"
STAFF = ("no role", *Role)
IDS = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")


@pytest.fixture(autouse=True)
def nobody_counts(settings: Settings) -> None:
    """Let one address ask as often as all these questions take."""
    settings.SHOP_THROTTLE = False


@pytest.fixture
def at(db: None, people: dict[str, Caller]) -> dict[str, Any]:
    """The ids of something of everything."""
    return asking.things(people["owner"])


@pytest.fixture
def people(db: None) -> dict[str, Caller]:
    """Who asks."""
    return asking.people()


def asked(caller: Caller, row: str, at: asking.Ids) -> tuple[int, bytes, list[str]]:
    """Return the status, the body and the statements of an answer that leaves no trace."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as said:
            response = asking.send(caller, row, at)
        transaction.set_rollback(True)
    statements = [IDS.sub("…", query["sql"]) for query in said]
    return response.status_code, response.getvalue(), statements


def operations() -> set[str]:
    """Return every operation of the table of addresses."""
    views = {str(pattern.pattern): vars(pattern.callback)["view_class"] for pattern in urlpatterns}
    return {
        f"{method} {PARAMETER.sub(IN_BRACES, route)}"
        for route, view in views.items()
        for method in METHODS
        if hasattr(view, method.lower())
    }


def test_the_table_has_every_operation_and_no_other() -> None:
    assert {row.partition(" (")[0] for row in TABLE} == operations()
    assert len(TABLE) == len(LINES) - 1, "a row is there twice"


def test_every_answer_of_the_table_is_in_the_apis_description() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    for row, expected in TABLE.items():
        method, path = row.partition(" (")[0].split()
        told = {int(status) for status in paths[f"/api/v1/{path}"][method.lower()]["responses"]}
        assert set(expected.values()) <= told, row


def test_everybody_is_answered_as_the_table_says(
    people: dict[str, Caller], at: dict[str, Any]
) -> None:
    assert list(people) == WHO
    wrong = []
    for row, expected in TABLE.items():
        for who, caller in people.items():
            status, body, statements = asked(caller, row, at)
            if status != expected[who]:
                wrong.append(f"{row}, {who}: {status} for {expected[who]}: {body.decode()[:200]}")
            # What customers do is not dearer for what staff may do.
            roles_read = sum('"auth_group"' in statement for statement in statements)
            assert roles_read <= (who in STAFF), (row, who, statements)
    assert wrong == []


def test_what_is_anothers_cannot_be_told_from_nothing(
    people: dict[str, Caller], at: dict[str, Any]
) -> None:
    nothing, seen = asking.nothing(at), 0
    for row, expected in TABLE.items():
        for who in ("anonymous", "another"):
            if expected[who] in (401, 404):
                found = asked(people[who], row, at)
                assert found == asked(people[who], row, nothing), (row, who)
                seen += 1
    assert seen > 50


def test_every_operation_and_every_status_of_an_order_is_somebodys() -> None:
    assert set(ROLES) == set(Operation)
    assert set(MOVES) == set(ORDER_STATUSES)
    assert {role for roles in ROLES.values() for role in roles} == set(Role)


def test_every_role_is_a_group(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(Role)


def test_staff_who_are_customers_need_no_role_for_what_is_theirs(
    people: dict[str, Caller], at: dict[str, Any]
) -> None:
    account = account_of(people["owner"])
    account.is_staff = True
    account.save()
    for row, expected in TABLE.items():
        is_theirs = expected["owner"] < 300 and expected["no role"] == 403
        # Who is of the staff is taken out of it before the account goes.
        wanted = 409 if row.startswith("DELETE accounts") else expected["owner"]
        if is_theirs:
            assert asked(people["owner"], row, at)[0] == wanted, row


def test_of_several_roles_each_counts(people: dict[str, Caller], at: dict[str, Any]) -> None:
    caller = new_staff("catalog", "finance")
    for row, expected in TABLE.items():
        wanted = min(expected["catalog"], expected["finance"])
        assert asked(caller, row, at)[0] == wanted, row


def test_who_is_not_of_the_staff_has_no_role_whatever_groups_say(
    people: dict[str, Caller], at: dict[str, Any]
) -> None:
    account_of(people["another"]).groups.set(Group.objects.all())
    for row, expected in TABLE.items():
        if expected["another"] == 403:
            assert asked(people["another"], row, at)[0] == 403, row
