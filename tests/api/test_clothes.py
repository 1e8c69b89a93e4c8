"""`POST` and `GET /clothes`, `GET` and `DELETE /clothes/{product_id}`."""

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from pytest_django import DjangoAssertNumQueries

from shop.inventory import services as inventory
from tests.api.callers import Caller, codes
from tests.shopping import refused
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db

SHIRT = {
    "name": "Áo thun",
    "brand": "Việt Tiến",
    "size": "XL",
    "color": "Xanh rêu",
    "price": "190000",
    "description": "",
}


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [found["name"] for found in response.json()["results"]]


def find(caller: Caller, term: str) -> list[str]:
    return names(caller.get(f"clothes?search_term={quote(term)}"))


def test_staff_put_clothes_on_sale(staff: Caller, anyone: Caller) -> None:
    response = staff.post("clothes", SHIRT)
    assert response.status_code == 201
    made = response.json()
    assert made == {
        "id": made["id"],
        "kind": "clothes",
        "currency": "VND",
        "available": 0,
        **SHIRT,
    }
    assert response["Location"] == f"/api/v1/clothes/{made['id']}"
    assert anyone.get(response["Location"]).json() == made
    assert anyone.get("clothes").json()["results"] == [made]


def test_only_staff_change_clothes(anyone: Caller, customer: Caller, staff: Caller) -> None:
    product_id = staff.post("clothes", SHIRT).json()["id"]
    for caller, status in ((anyone, 401), (customer, 403)):
        assert caller.post("clothes", SHIRT).status_code == status
        assert caller.delete(f"clothes/{product_id}").status_code == status
    assert names(anyone.get("clothes")) == ["Áo thun"]


def test_clothes_show_how_many_can_be_bought(staff: Caller, anyone: Caller) -> None:
    product_id = staff.post("clothes", SHIRT).json()["id"]
    inventory.set_up(capacity={"clothes": 9})
    inventory.receive(product_id=product_id, quantity=7)
    assert anyone.get(f"clothes/{product_id}").json()["available"] == 7
    assert anyone.get("clothes").json()["results"][0]["available"] == 7


@pytest.mark.parametrize("term", ["ao", "VIET TIEN", "xl", "reu", "thun tie x xa"])
def test_words_of_name_brand_size_and_color_find_clothes(
    staff: Caller, anyone: Caller, term: str
) -> None:
    staff.post("clothes", SHIRT)
    staff.post("clothes", {**SHIRT, "name": "Nón", "brand": "Sơn", "size": "M", "color": "Đỏ"})
    assert find(anyone, term) == ["Áo thun"]
    assert find(anyone, f"{term} xyz") == []


def test_a_name_goes_before_a_brand_a_color_and_a_size(staff: Caller, anyone: Caller) -> None:
    other = {"brand": "a", "size": "a", "color": "a"}
    for name, change in {
        "d": {"size": "Xanh"},
        "c": {"color": "Xanh"},
        "b": {"brand": "Xanh"},
        "Xanh": {},
    }.items():
        staff.post("clothes", {**SHIRT, **other, **change, "name": name})
    assert find(anyone, "xanh") == ["Xanh", "b", "c", "d"]


def test_a_number_finds_the_id_first(staff: Caller, anyone: Caller) -> None:
    product_id = staff.post("clothes", SHIRT).json()["id"]
    staff.post("clothes", {**SHIRT, "name": f"Áo {product_id}", "size": f"{product_id}"})
    assert find(anyone, str(product_id)) == ["Áo thun", f"Áo {product_id}"]


def test_deleted_clothes_are_gone(staff: Caller, anyone: Caller) -> None:
    product_id = staff.post("clothes", SHIRT).json()["id"]
    response = staff.delete(f"clothes/{product_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert refused(anyone.get(f"clothes/{product_id}"), 404, "not_found")
    assert refused(staff.delete(f"clothes/{product_id}"), 404, "not_found")
    assert find(anyone, "") == find(anyone, "ao") == find(anyone, str(product_id)) == []


def test_a_book_is_no_clothes(staff: Caller, anyone: Caller) -> None:
    book_id = new_book()
    product_id = staff.post("clothes", SHIRT).json()["id"]
    for path in (f"clothes/{book_id}", f"books/{product_id}", f"electronics/{product_id}"):
        assert refused(anyone.get(path), 404, "not_found")
        assert refused(staff.delete(path), 404, "not_found")
    assert find(anyone, str(book_id)) == find(anyone, "book") == []
    assert anyone.get(f"clothes/{product_id}").status_code == 200


@pytest.mark.parametrize("product_id", ["0", "999999999", "9223372036854775808", "x", "-1"])
def test_unknown_clothes_are_not_found(staff: Caller, product_id: str) -> None:
    assert staff.get(f"clothes/{product_id}").status_code == 404
    assert staff.delete(f"clothes/{product_id}").status_code == 404


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"name": None}, {"name": "null"}),
        ({"name": "a" * 301}, {"name": "max_length"}),
        ({"brand": "a" * 101}, {"brand": "max_length"}),
        ({"size": 42}, {"size": "invalid"}),
        ({"size": "a" * 51}, {"size": "max_length"}),
        ({"color": "\0"}, {"color": "invalid"}),
        ({"color": "a" * 51}, {"color": "max_length"}),
        ({"price": "190000.5"}, {"price": "max_decimal_places"}),
        ({"price": -1}, {"price": "invalid"}),
        ({"title": "a"}, {"title": "unknown_field"}),
        ({"model": "a"}, {"model": "unknown_field"}),
    ],
)
def test_wrong_input_is_named(staff: Caller, change: dict[str, Any], found: dict[str, str]) -> None:
    assert codes(staff.post("clothes", {**SHIRT, **change})) == found


def test_every_field_but_the_description_is_required(staff: Caller) -> None:
    needed = {name: value for name, value in SHIRT.items() if name != "description"}
    assert codes(staff.post("clothes", {})) == dict.fromkeys(needed, "required")
    assert staff.post("clothes", needed).json()["description"] == ""


@pytest.mark.parametrize("term", ["", "xanh"])
def test_following_next_meets_all_clothes_once(staff: Caller, anyone: Caller, term: str) -> None:
    made = [staff.post("clothes", {**SHIRT, "name": f"{n % 2}"}).json()["id"] for n in range(5)]
    url: str | None = f"/api/v1/clothes?page_size=2&search_term={term}"
    seen: list[int] = []
    while url:
        answer = anyone.get(url).json()
        seen += [found["id"] for found in answer["results"]]
        url = answer["next"] and urlsplit(answer["next"])._replace(scheme="", netloc="").geturl()
    assert sorted(seen) == made


def test_a_page_of_clothes_is_two_queries_and_to_understand_a_term_one_more(
    staff: Caller, anyone: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        staff.post("clothes", SHIRT)
    with django_assert_num_queries(3):
        anyone.get("clothes?search_term=ao")
