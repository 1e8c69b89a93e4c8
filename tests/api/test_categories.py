"""`POST` and `GET /categories`, `GET` and `DELETE /categories/{category_id}`."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from tests.api.callers import Caller, codes
from tests.shopping import refused
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [category["category_name"] for category in response.json()["results"]]


def test_staff_add_a_category(staff: Caller, anyone: Caller) -> None:
    response = staff.post("categories", {"category_name": "Thơ"})
    assert response.status_code == 201
    assert response.json() == {"id": response.json()["id"], "category_name": "Thơ"}
    assert anyone.get(response["Location"]).json() == response.json()
    assert anyone.get("categories").json()["results"] == [response.json()]


def test_only_staff_add_categories(anyone: Caller, customer: Caller) -> None:
    assert anyone.post("categories", {"category_name": "Thơ"}).status_code == 401
    assert customer.post("categories", {"category_name": "Thơ"}).status_code == 403


@pytest.mark.parametrize("again", ["Thơ", "THƠ", "tho\u031b"])
def test_a_taken_name_is_refused_whatever_its_case_and_form(staff: Caller, again: str) -> None:
    staff.post("categories", {"category_name": "Thơ"})
    response = staff.post("categories", {"category_name": again})
    assert codes(response) == {"category_name": "category_taken"}
    assert names(staff.get("categories")) == ["Thơ"]


def test_any_part_of_the_name_finds_a_category(anyone: Caller) -> None:
    for name in ("Truyện ngắn", "Thiếu nhi"):
        catalog.create_category(category_name=name)
    assert names(anyone.get("categories?category_name=TRUYEN")) == ["Truyện ngắn"]
    assert names(anyone.get("categories?category_name=n")) == ["Thiếu nhi", "Truyện ngắn"]
    assert names(anyone.get("categories?category_name=_")) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {"category_name": "required"}),
        ({"category_name": "  "}, {"category_name": "blank"}),
        ({"category_name": True}, {"category_name": "invalid"}),
        ({"category_name": "a" * 101}, {"category_name": "max_length"}),
        ({"category_name": "a", "name": "b"}, {"name": "unknown_field"}),
    ],
)
def test_wrong_input_is_named(staff: Caller, body: dict[str, Any], found: dict[str, str]) -> None:
    assert codes(staff.post("categories", body)) == found


def test_anyone_reads_a_category(anyone: Caller) -> None:
    category_id = catalog.create_category(category_name="Thơ").pk
    response = anyone.get(f"categories/{category_id}")
    assert response.status_code == 200
    assert response.json() == {"id": category_id, "category_name": "Thơ"}


def test_staff_remove_a_category_and_its_name_is_free(staff: Caller, anyone: Caller) -> None:
    category_id = staff.post("categories", {"category_name": "Thơ"}).json()["id"]
    response = staff.delete(f"categories/{category_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert refused(anyone.get(f"categories/{category_id}"), 404, "not_found")
    assert refused(staff.delete(f"categories/{category_id}"), 404, "not_found")
    assert staff.post("categories", {"category_name": "thơ"}).status_code == 201


def test_only_staff_remove_categories(anyone: Caller, customer: Caller) -> None:
    category_id = catalog.create_category(category_name="Thơ").pk
    assert anyone.delete(f"categories/{category_id}").status_code == 401
    assert customer.delete(f"categories/{category_id}").status_code == 403
    assert names(anyone.get("categories")) == ["Thơ"]


@pytest.mark.parametrize("deleted", [False, True])
def test_a_category_of_any_book_stays(staff: Caller, anyone: Caller, deleted: bool) -> None:
    book_id = new_book()
    category_id = anyone.get(f"books/{book_id}").json()["category_id"]
    if deleted:
        catalog.delete_book(book_id=book_id)
    assert refused(staff.delete(f"categories/{category_id}"), 409, "category_in_use")
    assert anyone.get(f"categories/{category_id}").status_code == 200


@pytest.mark.parametrize("category_id", ["0", "999999999", "9223372036854775808", "x", "-1"])
def test_an_unknown_category_is_not_found(staff: Caller, category_id: str) -> None:
    assert refused(staff.get(f"categories/{category_id}"), 404, "not_found")
    assert refused(staff.delete(f"categories/{category_id}"), 404, "not_found")
