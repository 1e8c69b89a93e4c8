"""`POST` and `GET /authors`, `GET` and `DELETE /authors/{author_id}`."""

from typing import Any

import pytest

from shop.catalog import services as catalog
from tests.api.callers import Caller, codes
from tests.shopping import refused
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db

AUTHOR = {"author_name": "Tô Hoài", "email": "to.hoai@example.org", "address": "Hà Nội"}


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [author["author_name"] for author in response.json()["results"]]


def test_staff_add_an_author(staff: Caller) -> None:
    response = staff.post("authors", AUTHOR)
    assert response.status_code == 201
    assert response.json() == {"id": response.json()["id"], **AUTHOR}
    assert staff.get(response["Location"]).json() == response.json()


def test_only_staff_see_how_to_reach_an_author(
    anyone: Caller, customer: Caller, staff: Caller
) -> None:
    made = staff.post("authors", AUTHOR).json()
    assert staff.get("authors").json()["results"] == [made]
    for caller in (anyone, customer):
        seen = caller.get("authors").json()["results"]
        assert seen == [{"id": made["id"], "author_name": "Tô Hoài"}]


def test_only_staff_add_authors(anyone: Caller, customer: Caller) -> None:
    assert anyone.post("authors", AUTHOR).status_code == 401
    assert customer.post("authors", AUTHOR).status_code == 403
    assert names(anyone.get("authors")) == []


@pytest.mark.parametrize("part", ["tô hoài", "TO%20HOAI", "oai"])
def test_any_part_of_the_name_finds_an_author(anyone: Caller, part: str) -> None:
    for name in ("Nam Cao", "Tô Hoài"):
        catalog.create_author(author_name=name)
    assert names(anyone.get(f"authors?author_name={part}")) == ["Tô Hoài"]


@pytest.mark.parametrize("query", ["", "?author_name="])
def test_all_are_listed_newest_first(anyone: Caller, query: str) -> None:
    for name in ("Nam Cao", "Tô Hoài"):
        catalog.create_author(author_name=name)
    assert names(anyone.get(f"authors{query}")) == ["Tô Hoài", "Nam Cao"]


def test_signs_of_a_pattern_mean_themselves(anyone: Caller) -> None:
    catalog.create_author(author_name="Nam Cao")
    for wildcard in ("%25", "_", "%5C", "%25_%25"):
        assert names(anyone.get(f"authors?author_name={wildcard}")) == []
    assert codes(anyone.get("authors?author_name=%00")) == {"author_name": "invalid"}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"author_name": ""}, {"author_name": "blank"}),
        ({"author_name": "a" * 201}, {"author_name": "max_length"}),
        ({"author_name": 5}, {"author_name": "invalid"}),
        ({"author_name": "a\nb"}, {"author_name": "invalid"}),
        ({"email": "nobody"}, {"email": "invalid"}),
        ({"address": None}, {"address": "null"}),
        ({"id": 7}, {"id": "unknown_field"}),
    ],
)
def test_wrong_input_is_named(staff: Caller, change: dict[str, Any], found: dict[str, str]) -> None:
    assert codes(staff.post("authors", {**AUTHOR, **change})) == found


def test_every_field_is_required(staff: Caller) -> None:
    assert codes(staff.post("authors", {})) == dict.fromkeys(AUTHOR, "required")


def test_an_author_is_read_as_in_the_list(anyone: Caller, customer: Caller, staff: Caller) -> None:
    made = staff.post("authors", AUTHOR).json()
    assert staff.get(f"authors/{made['id']}").json() == made
    for caller in (anyone, customer):
        response = caller.get(f"authors/{made['id']}")
        assert response.status_code == 200
        assert response.json() == {"id": made["id"], "author_name": "Tô Hoài"}


def test_staff_remove_an_author(staff: Caller, anyone: Caller) -> None:
    author_id = staff.post("authors", AUTHOR).json()["id"]
    response = staff.delete(f"authors/{author_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert refused(anyone.get(f"authors/{author_id}"), 404, "not_found")
    assert refused(staff.delete(f"authors/{author_id}"), 404, "not_found")
    assert names(anyone.get("authors")) == []


def test_only_staff_remove_authors(anyone: Caller, customer: Caller) -> None:
    author_id = catalog.create_author(author_name="Nam Cao").pk
    assert anyone.delete(f"authors/{author_id}").status_code == 401
    assert customer.delete(f"authors/{author_id}").status_code == 403
    assert names(anyone.get("authors")) == ["Nam Cao"]


@pytest.mark.parametrize("deleted", [False, True])
def test_an_author_of_any_book_stays(staff: Caller, anyone: Caller, deleted: bool) -> None:
    book_id = new_book()
    author_id = anyone.get(f"books/{book_id}").json()["author_id"]
    if deleted:
        catalog.delete_book(book_id=book_id)
    assert refused(staff.delete(f"authors/{author_id}"), 409, "author_in_use")
    assert anyone.get(f"authors/{author_id}").status_code == 200


@pytest.mark.parametrize("author_id", ["0", "999999999", "9223372036854775808", "x", "-1"])
def test_an_unknown_author_is_not_found(staff: Caller, author_id: str) -> None:
    assert refused(staff.get(f"authors/{author_id}"), 404, "not_found")
    assert refused(staff.delete(f"authors/{author_id}"), 404, "not_found")


def test_to_remove_an_author_takes_no_body(staff: Caller) -> None:
    author_id = catalog.create_author(author_name="Nam Cao").pk
    assert codes(staff.delete(f"authors/{author_id}", {"a": 1})) == {"a": "unknown_field"}
