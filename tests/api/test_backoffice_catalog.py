"""Staff add to the catalog in the back office, by the API's rules."""

from typing import Any

import pytest
from django.test import Client

from shop.catalog.models import Author, Book, Category, Clothes, Electronics, Product
from tests.api.browsers import buttons, push, told
from tests.api.callers import Caller
from tests.workflows.cases import new_book

pytestmark = pytest.mark.django_db

AUTHOR = {"author_name": "Tô Hoài", "email": "to@example.org", "address": "Hà Nội"}


def add(browser: Client, table: str, body: dict[str, Any]) -> Any:
    return browser.post(f"/admin/catalog/{table}/add/", body)


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def book(**changes: Any) -> dict[str, Any]:
    given = {
        "title": "Dế Mèn phiêu lưu ký",
        "author": Author.objects.create(author_name="Tô Hoài", name_folded="to hoai").pk,
        "category": Category.objects.create(category_name="Truyện", name_key="truyện").pk,
        "published_date": "1941-01-01",
        "price": "50000",
        "description": "",
    }
    return {**given, **changes}


def test_an_author_is_added(clerk: Client) -> None:
    assert add(clerk, "author", AUTHOR)["Location"] == "/admin/catalog/author/"
    made = Author.objects.get()
    assert (made.author_name, made.name_folded, made.email) == (
        *("Tô Hoài", "to hoai", "to@example.org"),
    )


def test_a_category_is_added_once(clerk: Client) -> None:
    assert add(clerk, "category", {"category_name": "Truyện"}).status_code == 302
    again = add(clerk, "category", {"category_name": "TRUYỆN"})
    assert errors(again) == {"category_name": ["There is a category of this name already."]}
    assert Category.objects.count() == 1


def test_a_book_is_added_as_the_api_adds_it(clerk: Client, anyone: Caller) -> None:
    assert add(clerk, "book", book())["Location"] == "/admin/catalog/book/"
    (found,) = anyone.get("books?search_term=de men hoai").json()["results"]
    assert (found["title"], found["price"]) == ("Dế Mèn phiêu lưu ký", "50000")


def test_electronics_and_clothes_are_added(clerk: Client) -> None:
    lamp = {"name": "Lamp", "brand": "Điện Quang", "model": "L1", "price": "90000"}
    shirt = {"name": "Shirt", "brand": "May 10", "size": "M", "color": "red", "price": "90000"}
    assert add(clerk, "electronics", lamp).status_code == 302
    assert add(clerk, "clothes", shirt).status_code == 302
    assert Electronics.objects.get().product.title == "Lamp"
    assert Clothes.objects.get().product.title == "Shirt"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("title", ""), ("title", " "), ("title", "x" * 301), ("title", "a\tb"), ("title", "\0")),
        *(("author", ""), ("author", "0"), ("author", "9" * 30)),
        *(("category", "999999999"), ("published_date", "yesterday"), ("published_date", "")),
        *(("price", "0"), ("price", "-1"), ("price", "1.5"), ("price", "1e3"), ("price", "9" * 30)),
        ("description", "x" * 10_001),
    ],
)
def test_what_the_api_refuses_is_shown_beside_its_field(
    clerk: Client, field: str, value: str
) -> None:
    assert list(errors(add(clerk, "book", book(**{field: value})))) == [field]
    assert not Product.objects.exists()


def test_an_author_that_can_be_none_is_refused(clerk: Client) -> None:
    assert add(clerk, "book", book(author="x")).status_code == 400


def test_a_product_is_taken_off_sale_when_that_is_confirmed(clerk: Client, anyone: Caller) -> None:
    book_id = new_book(copies=1)
    asked = push(clerk, "catalog_product", "take_off_sale", book_id)
    assert asked.status_code == 200
    assert "cannot be put on sale again" in asked.content.decode()
    assert anyone.get(f"books/{book_id}").status_code == 200
    done = push(clerk, "catalog_product", "take_off_sale", book_id, confirmed="1")
    assert done["Location"] == f"/admin/catalog/product/{book_id}/change/"
    assert anyone.get(f"books/{book_id}").status_code == 404


def test_of_several_products_each_says_what_came_of_it(clerk: Client) -> None:
    first, second = new_book(), new_book()
    push(clerk, "catalog_book", "take_off_sale", first, confirmed="1")
    done = push(clerk, "catalog_book", "take_off_sale", first, second, confirmed="1")
    assert sorted(told(done))[-1] == f"{Book.objects.get(pk=second)}: done."
    assert f"{Book.objects.get(pk=first)}: There is no such book." in told(done)
    assert buttons(clerk, "catalog_product", first) == set()


def test_no_more_are_done_at_once_than_a_list_shows(clerk: Client) -> None:
    keys = [new_book() for _ in range(51)]
    done = push(clerk, "catalog_book", "take_off_sale", *keys, confirmed="1")
    assert told(done) == ["Choose 50 at most."]
    assert not Product.objects.filter(deleted_at__isnull=False).exists()
