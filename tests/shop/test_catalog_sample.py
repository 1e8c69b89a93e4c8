"""The sample: what is in it, and how it gets into a shop."""

import io
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from shop.catalog import selectors as catalog
from shop.catalog.models import Author, Category, Product
from shop.core.errors import Refused
from shop.inventory import selectors as inventory
from shop.inventory import services as stock
from tasks.sample import loading


def load() -> str:
    out = io.StringIO()
    call_command("load_sample", stdout=out)
    return out.getvalue().splitlines()[-1]


def test_the_sample_is_clean() -> None:
    books = loading.books()
    entries = [book.entry for book in books]
    texts = [text for e in entries for text in (e.title, e.author_name, e.category_name)]
    assert len(books) >= 220
    assert len({(e.title, e.author_name) for e in entries}) == len(books)
    assert {"Nhà giả kim", "1984"} <= {e.title for e in entries}
    assert all(text == unicodedata.normalize("NFC", text.strip()) != "" for text in texts)
    assert all(date(1500, 1, 1) < e.published_date < date(2026, 1, 1) for e in entries)
    assert all(45_000 <= e.price <= 450_000 and e.price % 1000 == 0 for e in entries)
    assert all(5 <= book.quantity <= 60 for book in books)
    assert 15 <= len({e.category_name for e in entries}) <= 22


@pytest.mark.django_db
def test_an_empty_shop_is_filled_once() -> None:
    assert load() == "loaded"
    assert load() == "kept"
    books = loading.books()
    warehouse = inventory.warehouse()
    assert Product.objects.count() == len(books)
    assert warehouse["on_hand"]["book"] == sum(book.quantity for book in books)
    assert warehouse["remaining"]["book"] > 0
    [found] = catalog.books(search_term="nha gia kim")
    assert (found.product.title, found.author.author_name) == ("Nhà giả kim", "Paulo Coelho")
    assert inventory.available(product_ids=[found.pk])[found.pk] >= 5
    assert catalog.books(search_term="1984")[0].product.title == "1984"


@pytest.mark.django_db
def test_filling_a_shop_takes_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(40):
        load()


@pytest.mark.django_db
def test_what_an_operator_set_up_stays() -> None:
    stock.set_up(address="Huế", capacity={"book": 60_000, "clothes": 1})
    load()
    warehouse = inventory.warehouse()
    assert (warehouse["address"], warehouse["capacity"]["book"]) == ("Huế", 60_000)


@pytest.mark.django_db
def test_a_shop_of_another_currency_is_kept(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "EUR"
    assert load() == "kept"
    assert not catalog.has_products()


@pytest.mark.django_db
def test_an_inactive_warehouse_is_kept_empty() -> None:
    stock.set_up(status="inactive")
    assert load() == "kept"
    assert not catalog.has_products()


@pytest.mark.django_db
def test_a_sample_that_cannot_be_stocked_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_make_room", lambda _copies: None)
    with pytest.raises(Refused):
        load()
    assert not Product.objects.exists()
    assert not Author.objects.exists()
    assert not Category.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_fills_the_shop() -> None:
    def begin(_: int) -> str:
        try:
            return load()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(begin, range(2))) == ["kept", "loaded"]
    assert Product.objects.count() == len(loading.books())


@pytest.mark.django_db
def test_the_staff_account_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for password in ("first-password", "first-password", "second-password"):
        monkeypatch.setenv("SHOP_ADMIN_PASSWORD", password)
        call_command("ensure_admin", stdout=io.StringIO())
    monkeypatch.delenv("SHOP_ADMIN_PASSWORD")
    with pytest.raises(CommandError, match="SHOP_ADMIN_PASSWORD"):
        call_command("ensure_admin", stdout=io.StringIO())
