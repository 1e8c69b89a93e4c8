"""`POST` and `GET /books`, `GET` and `DELETE /books/{book_id}`."""

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from pytest_django import DjangoAssertNumQueries

from shop.catalog import services as catalog
from shop.inventory import services as inventory
from tests.api.callers import Caller, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def author_id() -> int:
    return catalog.create_author(author_name="Paulo Coelho").pk


@pytest.fixture
def category_id() -> int:
    return catalog.create_category(category_name="Tiểu thuyết").pk


@pytest.fixture
def body(author_id: int, category_id: int) -> dict[str, Any]:
    return {
        "title": "Nhà giả kim",
        "author_id": author_id,
        "category_id": category_id,
        "published_date": "1988-01-01",
        "price": "79000",
        "description": "",
    }


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [book["title"] for book in response.json()["results"]]


def find(caller: Caller, term: str) -> list[str]:
    return titles(caller.get(f"books?search_term={quote(term)}"))


def test_staff_put_a_book_on_sale(staff: Caller, anyone: Caller, body: dict[str, Any]) -> None:
    response = staff.post("books", body)
    assert response.status_code == 201
    book = response.json()
    assert book == {
        "id": book["id"],
        "kind": "book",
        "author": {"id": body["author_id"], "author_name": "Paulo Coelho"},
        "category": {"id": body["category_id"], "category_name": "Tiểu thuyết"},
        "currency": "VND",
        "available": 0,
        **body,
    }
    assert response["Location"] == f"/api/v1/books/{book['id']}"
    assert anyone.get(response["Location"]).json() == book
    assert anyone.get("books").json()["results"] == [book]


def test_only_staff_change_books(
    anyone: Caller, customer: Caller, staff: Caller, body: dict[str, Any]
) -> None:
    book_id = staff.post("books", body).json()["id"]
    assert anyone.post("books", body).status_code == 401
    assert customer.post("books", body).status_code == 403
    assert anyone.delete(f"books/{book_id}").status_code == 401
    assert customer.delete(f"books/{book_id}").status_code == 403
    assert titles(anyone.get("books")) == ["Nhà giả kim"]


def test_a_book_shows_how_many_can_be_bought(
    staff: Caller, anyone: Caller, body: dict[str, Any]
) -> None:
    book_id = staff.post("books", body).json()["id"]
    inventory.set_up(capacity={"book": 9})
    inventory.receive(product_id=book_id, quantity=7)
    assert anyone.get(f"books/{book_id}").json()["available"] == 7
    assert anyone.get("books").json()["results"][0]["available"] == 7


@pytest.mark.parametrize("term", ["nha gia kim", "NHÀ", "coelho", "tieu thuyet", "gia paulo tieu"])
def test_words_find_a_book(staff: Caller, anyone: Caller, body: dict[str, Any], term: str) -> None:
    staff.post("books", body)
    staff.post("books", {**body, "title": "Brida", "category_id": body["category_id"]})
    assert "Nhà giả kim" in find(anyone, term)
    assert find(anyone, f"{term} xyz") == []


def test_a_number_finds_title_and_id(staff: Caller, anyone: Caller, body: dict[str, Any]) -> None:
    book_id = staff.post("books", body).json()["id"]
    staff.post("books", {**body, "title": str(book_id)})
    assert find(anyone, str(book_id)) == ["Nhà giả kim", str(book_id)]


@pytest.mark.parametrize("term", ["…", "' :* | !", "9" * 60, "ﷺ" * 400])
def test_a_strange_term_finds_nothing(
    staff: Caller, anyone: Caller, body: dict[str, Any], term: str
) -> None:
    staff.post("books", body)
    assert find(anyone, term) == []


@pytest.mark.parametrize("term", ["\0", "a\nb", "a" * 1001])
def test_an_impossible_term_is_refused(anyone: Caller, term: str) -> None:
    assert list(codes(anyone.get(f"books?search_term={quote(term)}"))) == ["search_term"]


def test_a_deleted_book_is_gone(staff: Caller, anyone: Caller, body: dict[str, Any]) -> None:
    book_id = staff.post("books", body).json()["id"]
    response = staff.delete(f"books/{book_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert anyone.get(f"books/{book_id}").status_code == 404
    assert staff.delete(f"books/{book_id}").status_code == 404
    assert find(anyone, "nha gia kim") == find(anyone, str(book_id)) == []


@pytest.mark.parametrize("book_id", ["0", "999999999", "9223372036854775808", "x", "-1"])
def test_an_unknown_book_is_not_found(staff: Caller, anyone: Caller, book_id: str) -> None:
    assert anyone.get(f"books/{book_id}").status_code == 404
    assert staff.delete(f"books/{book_id}").status_code == 404


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"title": ""}, {"title": "blank"}),
        ({"title": 1984}, {"title": "invalid"}),
        ({"title": "a" * 301}, {"title": "max_length"}),
        ({"author_id": 999_999_999}, {"author_id": "not_found"}),
        ({"author_id": 2**70}, {"author_id": "not_found"}),
        ({"author_id": "1"}, {"author_id": "invalid"}),
        ({"category_id": 999_999_999}, {"category_id": "not_found"}),
        ({"category_id": 1.5}, {"category_id": "invalid"}),
        ({"published_date": "1988"}, {"published_date": "invalid"}),
        ({"published_date": "1988-02-30"}, {"published_date": "invalid"}),
        ({"price": 79000.0}, {"price": "invalid"}),
        ({"price": "79000.5"}, {"price": "max_decimal_places"}),
        ({"price": "-1"}, {"price": "invalid"}),
        ({"price": 0}, {"price": "min_value"}),
        ({"price": 10**13}, {"price": "max_value"}),
        ({"price": "٧٩"}, {"price": "invalid"}),
        ({"description": None}, {"description": "null"}),
        ({"currency": "VND"}, {"currency": "unknown_field"}),
    ],
)
def test_wrong_input_is_named(
    staff: Caller, body: dict[str, Any], change: dict[str, Any], found: dict[str, str]
) -> None:
    assert codes(staff.post("books", {**body, **change})) == found


def test_every_field_but_the_description_is_required(staff: Caller, body: dict[str, Any]) -> None:
    del body["description"]
    assert codes(staff.post("books", {})) == dict.fromkeys(body, "required")
    assert staff.post("books", body).json()["description"] == ""


@pytest.mark.parametrize("term", ["", "tieu", "1", "tieuu"])
def test_following_next_meets_each_book_once(
    staff: Caller, anyone: Caller, body: dict[str, Any], term: str
) -> None:
    made = [
        staff.post("books", {**body, "title": f"1 Tiêu {n % 3}"}).json()["id"] for n in range(7)
    ]
    url: str | None = f"/api/v1/books?page_size=2&search_term={term}"
    seen: list[int] = []
    while url:
        answer = anyone.get(url).json()
        seen += [book["id"] for book in answer["results"]]
        url = answer["next"] and urlsplit(answer["next"])._replace(scheme="", netloc="").geturl()
    assert sorted(seen) == made
    assert term or seen == made[::-1]


def test_a_page_of_books_is_two_queries_and_to_understand_a_term_one_more(
    staff: Caller,
    anyone: Caller,
    body: dict[str, Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        staff.post("books", body)
    with django_assert_num_queries(3):
        anyone.get("books?search_term=nha")
