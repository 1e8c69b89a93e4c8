"""`POST` and `GET /categories`."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from tests.api.callers import Caller, codes

pytestmark = pytest.mark.django_db


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [category["category_name"] for category in response.json()["results"]]


def test_staff_add_a_category(staff: Caller, anyone: Caller) -> None:
    response = staff.post("categories", {"category_name": "Thơ"})
    assert response.status_code == 201
    assert response.json() == {"id": response.json()["id"], "category_name": "Thơ"}
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
