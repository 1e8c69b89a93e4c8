"""`POST` and `GET /electronics`, `GET` and `DELETE /electronics/{product_id}`."""

from typing import Any
from urllib.parse import quote

import pytest

from shop.inventory import services as inventory
from tests.api.callers import Caller, codes
from tests.shopping import refused
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db

READER = {
    "name": "Máy đọc sách",
    "brand": "Kobo",
    "model": "Clara BW-2024",
    "price": "3290000",
    "description": "Màn hình 6 inch.\nChống nước.",
}


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [found["name"] for found in response.json()["results"]]


def find(caller: Caller, term: str) -> list[str]:
    return names(caller.get(f"electronics?search_term={quote(term)}"))


def test_staff_put_electronics_on_sale(staff: Caller, anyone: Caller) -> None:
    response = staff.post("electronics", READER)
    assert response.status_code == 201
    made = response.json()
    assert made == {
        "id": made["id"],
        "kind": "electronics",
        "currency": "VND",
        "available": 0,
        **READER,
    }
    assert response["Location"] == f"/api/v1/electronics/{made['id']}"
    assert anyone.get(response["Location"]).json() == made
    assert anyone.get("electronics").json()["results"] == [made]


def test_only_staff_change_electronics(anyone: Caller, customer: Caller, staff: Caller) -> None:
    product_id = staff.post("electronics", READER).json()["id"]
    for caller, status in ((anyone, 401), (customer, 403)):
        assert caller.post("electronics", READER).status_code == status
        assert caller.delete(f"electronics/{product_id}").status_code == status
    assert names(anyone.get("electronics")) == ["Máy đọc sách"]


def test_electronics_show_how_many_can_be_bought(staff: Caller, anyone: Caller) -> None:
    product_id = staff.post("electronics", READER).json()["id"]
    inventory.set_up(capacity={"electronics": 9})
    inventory.receive(product_id=product_id, quantity=7)
    assert anyone.get(f"electronics/{product_id}").json()["available"] == 7
    assert anyone.get("electronics").json()["results"][0]["available"] == 7


@pytest.mark.parametrize("term", ["may doc", "KOBO", "clara", "bw-2024", "sach kob 202"])
def test_words_of_name_brand_and_model_find_electronics(
    staff: Caller, anyone: Caller, term: str
) -> None:
    staff.post("electronics", READER)
    staff.post("electronics", {**READER, "name": "Đèn", "brand": "Rạng Đông", "model": "RD 1"})
    assert find(anyone, term) == ["Máy đọc sách"]
    assert find(anyone, f"{term} xyz") == []


def test_a_name_goes_before_a_brand_and_a_number_finds_the_id_first(
    staff: Caller, anyone: Caller
) -> None:
    first = staff.post("electronics", {**READER, "name": "Kobo"}).json()["id"]
    staff.post("electronics", READER)
    staff.post("electronics", {**READER, "name": f"{first}"})
    assert find(anyone, "kobo") == ["Kobo", f"{first}", "Máy đọc sách"]
    assert find(anyone, str(first)) == ["Kobo", f"{first}"]


def test_deleted_electronics_are_gone(staff: Caller, anyone: Caller) -> None:
    product_id = staff.post("electronics", READER).json()["id"]
    response = staff.delete(f"electronics/{product_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert refused(anyone.get(f"electronics/{product_id}"), 404, "not_found")
    assert refused(staff.delete(f"electronics/{product_id}"), 404, "not_found")
    assert find(anyone, "") == find(anyone, "kobo") == find(anyone, str(product_id)) == []


def test_a_book_is_no_electronics(staff: Caller, anyone: Caller) -> None:
    book_id = new_book()
    product_id = staff.post("electronics", READER).json()["id"]
    for path in (f"electronics/{book_id}", f"books/{product_id}", f"clothes/{product_id}"):
        assert refused(anyone.get(path), 404, "not_found")
        assert refused(staff.delete(path), 404, "not_found")
    assert find(anyone, str(book_id)) == find(anyone, "book") == []
    assert anyone.get("books?search_term=kobo").json()["results"] == []
    assert anyone.get(f"books/{book_id}").status_code == 200


@pytest.mark.parametrize("product_id", ["0", "999999999", "9223372036854775808", "x", "-1"])
def test_unknown_electronics_are_not_found(staff: Caller, product_id: str) -> None:
    assert staff.get(f"electronics/{product_id}").status_code == 404
    assert staff.delete(f"electronics/{product_id}").status_code == 404


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"name": ""}, {"name": "blank"}),
        ({"name": "a" * 301}, {"name": "max_length"}),
        ({"brand": 5}, {"brand": "invalid"}),
        ({"brand": "a" * 101}, {"brand": "max_length"}),
        ({"model": " "}, {"model": "blank"}),
        ({"model": "a\nb"}, {"model": "invalid"}),
        ({"model": "a" * 101}, {"model": "max_length"}),
        ({"price": 1.5}, {"price": "invalid"}),
        ({"price": 0}, {"price": "min_value"}),
        ({"description": None}, {"description": "null"}),
        ({"description": "a" * 10_001}, {"description": "max_length"}),
        ({"title": "a"}, {"title": "unknown_field"}),
        ({"kind": "book"}, {"kind": "unknown_field"}),
    ],
)
def test_wrong_input_is_named(staff: Caller, change: dict[str, Any], found: dict[str, str]) -> None:
    assert codes(staff.post("electronics", {**READER, **change})) == found


def test_every_field_but_the_description_is_required(staff: Caller) -> None:
    needed = {name: value for name, value in READER.items() if name != "description"}
    assert codes(staff.post("electronics", {})) == dict.fromkeys(needed, "required")
    assert staff.post("electronics", needed).json()["description"] == ""
