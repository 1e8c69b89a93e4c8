"""The catalog's services and reads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from shop.catalog import selectors
from shop.catalog import services as catalog
from shop.catalog.models import Author, Category, Product
from shop.core.errors import NotFound

pytestmark = pytest.mark.django_db


def add_book(title: str = "Chí Phèo", price: str = "50000") -> int:
    author = catalog.create_author(author_name="Nam Cao")
    shelf = Category.objects.filter(category_name="Truyện ngắn").first()
    shelf = shelf or catalog.create_category(category_name="Truyện ngắn")
    made = catalog.create_book(
        title=title,
        author_id=author.pk,
        category_id=shelf.pk,
        published_date=date(1941, 1, 1),
        price=Decimal(price),
    )
    return selectors.book(book_id=made.pk).product.id


def test_a_book_has_its_products_id() -> None:
    book_id = add_book()
    book = selectors.book(book_id=book_id)
    facts = selectors.product(product_id=book_id)
    assert book.pk == book.product.pk == facts.id
    assert (facts.kind, facts.title, facts.price) == ("book", "Chí Phèo", Decimal(50000))
    assert (facts.currency, facts.deleted_at) == ("VND", None)


def test_a_book_of_an_unknown_author_or_category_is_refused() -> None:
    author = catalog.create_author(author_name="Nam Cao")
    book = {"title": "x", "published_date": date(1941, 1, 1), "price": Decimal(1)}
    with pytest.raises(catalog.UnknownAuthor) as no_author:
        catalog.create_book(author_id=10**30, category_id=1, **book)  # type: ignore[arg-type]  # a dict of several types
    with pytest.raises(catalog.UnknownCategory) as no_category:
        catalog.create_book(author_id=author.pk, category_id=-1, **book)  # type: ignore[arg-type]  # as above
    assert (no_author.value.code, no_author.value.field) == ("not_found", "author_id")
    assert (no_category.value.code, no_category.value.field) == ("not_found", "category_id")
    assert not selectors.has_products()


@pytest.mark.parametrize("again", ["Thơ", "thơ", "THƠ"])
def test_a_category_is_there_once_whatever_its_case(again: str) -> None:
    catalog.create_category(category_name="Thơ")
    with pytest.raises(catalog.CategoryTaken) as taken:
        catalog.create_category(category_name=again)
    assert (taken.value.code, taken.value.field) == ("category_taken", "category_name")
    assert [found.category_name for found in selectors.categories()] == ["Thơ"]


def test_categories_that_differ_in_accents_are_two() -> None:
    catalog.create_category(category_name="Thơ")
    catalog.create_category(category_name="Thô")
    assert selectors.categories().count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_categories_at_once_one_is_made() -> None:
    def create(name: str) -> bool:
        try:
            catalog.create_category(category_name=name)
        except catalog.CategoryTaken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(create, ["Kịch", "kịch", "KỊCH", "Kịch"]))
    assert sum(made) == Category.objects.count() == 1


@pytest.mark.parametrize(
    "part", ["tô hoài", "TO HOAI", "hoai", "oai", "o h", "o hoai", "to ho", "oa", " tô "]
)
def test_authors_are_found_by_any_part_of_the_name(part: str) -> None:
    catalog.create_author(author_name="Nam Cao")
    author = catalog.create_author(author_name="Tô Hoài")
    assert list(selectors.authors(author_name=part)) == [author]


@pytest.mark.parametrize("part", ["hoaito", "to hoai x", "too hoai", "hoaj", "to  hoai", "tohoai"])
def test_no_author_is_found_by_what_is_no_part_of_the_name(part: str) -> None:
    catalog.create_author(author_name="Tô Hoài")
    assert not selectors.authors(author_name=part).exists()


def test_an_index_finds_an_author_among_many() -> None:
    folded = [f"nguyen {n}" if n % 5 < 2 else f"le {n}" for n in range(5_000)]
    Author.objects.bulk_create(Author(author_name=name, name_folded=name) for name in folded)
    author = catalog.create_author(author_name="Tô Hoài")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_author")
    rare, common = (selectors.authors(author_name=name) for name in ("ô hoà", "nguyễn"))
    assert list(rare) == [author]
    assert "author_name_triples" in rare.explain()
    # Of a name that many have the newest are soon found without.
    assert "author_name_triples" not in common[:20].explain()
    assert common.count() == 2_000


@pytest.mark.parametrize("part", ["%", "_", "\\", "x", "\0", "Nam%Cao"])
def test_signs_of_a_pattern_mean_themselves(part: str) -> None:
    catalog.create_author(author_name="Nam Cao")
    assert not selectors.authors(author_name=part).exists()
    assert not selectors.categories(category_name=part).exists()


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_name_all_are_listed_newest_first(nothing: str | None) -> None:
    first, second = (catalog.create_author(author_name=name) for name in ("a", "b"))
    assert list(selectors.authors(author_name=nothing)) == [second, first]


def test_a_deleted_book_is_gone_but_its_facts_stay() -> None:
    book_id = add_book()
    catalog.delete_book(book_id=book_id)
    with pytest.raises(NotFound):
        selectors.book(book_id=book_id)
    with pytest.raises(NotFound):
        selectors.product(product_id=book_id)
    with pytest.raises(NotFound):
        catalog.delete_book(book_id=book_id)
    assert selectors.products(product_ids=[book_id])[book_id].deleted_at is not None


@pytest.mark.parametrize("unknown", [0, -1, 999_999_999, 2**63, 10**40])
def test_an_unknown_product_is_not_found(unknown: int) -> None:
    assert selectors.products(product_ids=[unknown]) == {}
    with pytest.raises(NotFound):
        selectors.product(product_id=unknown)
    with pytest.raises(NotFound):
        selectors.book(book_id=unknown)
    with pytest.raises(NotFound):
        catalog.delete_book(book_id=unknown)


def test_several_products_are_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ids = [add_book("a"), add_book("b")]
    with django_assert_num_queries(1):
        assert set(selectors.products(product_ids=[*ids, *ids, 10**9])) == set(ids)


@pytest.mark.parametrize(
    "wrong",
    [{"price": -1}, {"price": 10**12 + 1}, {"kind": "toy"}, {"title": ""}, {"currency": "vnd"}],
)
def test_the_database_refuses_what_no_product_is(wrong: dict[str, object]) -> None:
    book_id = add_book()
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=book_id).update(**wrong)


def test_many_books_share_authors_and_categories() -> None:
    catalog.create_author(author_name="Nam Cao")
    catalog.create_category(category_name="truyện ngắn")
    entry = ("Nam Cao", "Truyện Ngắn", date(1941, 1, 1), Decimal(1))
    ids = catalog.add_books(
        entries=[catalog.Entry("Chí Phèo", *entry), catalog.Entry("Lão Hạc", *entry)]
    )
    assert [selectors.book(book_id=book_id).product.title for book_id in ids] == [
        "Chí Phèo",
        "Lão Hạc",
    ]
    assert selectors.authors().count() == selectors.categories().count() == 1
