"""Authors and categories go only while no book names them, whatever happens at the same time."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from shop.catalog import services as catalog
from shop.catalog.models import Author, Book, Category

pytestmark = pytest.mark.django_db(transaction=True)


def author_and_category() -> tuple[int, int]:
    author = catalog.create_author(author_name="Nam Cao")
    return author.pk, catalog.create_category(category_name="Truyện ngắn").pk


def add_book(author_id: int, category_id: int) -> None:
    catalog.create_book(
        title="Chí Phèo",
        author_id=author_id,
        category_id=category_id,
        published_date=date(1941, 1, 1),
        price=Decimal(50_000),
    )


def add_books(author_id: int, category_id: int) -> None:
    """Have a book of the same author and category loaded, by their names."""
    entry = ("Nam Cao", "Truyện ngắn", date(1941, 1, 1), Decimal(50_000))
    catalog.add_books(entries=[catalog.Entry("Lão Hạc", *entry)])


def remove_author(author_id: int, category_id: int) -> None:
    catalog.delete_author(author_id=author_id)


def remove_category(author_id: int, category_id: int) -> None:
    catalog.delete_category(category_id=category_id)


def one_after_the_other(
    first: Callable[..., None], second: Callable[..., None], *args: int
) -> BaseException | None:
    """Begin the second while the first has not committed; return what the second raised."""

    def work() -> None:
        try:
            second(*args)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first(*args)
            doing = pool.submit(work)
            wait_until_it_waits(doing)
        return doing.exception()


def wait_until_it_waits(doing: Future[Any]) -> None:
    """Wait until the other is held up by what we have locked."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
        assert not doing.done(), "nothing held it up"
        time.sleep(0.01)
    raise AssertionError("it neither waits nor ends")


@pytest.mark.parametrize(
    ("remove", "error"),
    [(remove_author, catalog.AuthorInUse), (remove_category, catalog.CategoryInUse)],
)
@pytest.mark.parametrize("add", [add_book, add_books])
def test_what_a_book_is_coming_to_name_stays(
    add: Callable[..., None], remove: Callable[..., None], error: type[Exception]
) -> None:
    assert isinstance(one_after_the_other(add, remove, *author_and_category()), error)
    assert Author.objects.count() == Category.objects.count() == Book.objects.count() == 1


@pytest.mark.parametrize(
    ("remove", "error"),
    [(remove_author, catalog.UnknownAuthor), (remove_category, catalog.UnknownCategory)],
)
def test_a_book_of_what_is_being_removed_is_refused(
    remove: Callable[..., None], error: type[Exception]
) -> None:
    assert isinstance(one_after_the_other(remove, add_book, *author_and_category()), error)
    assert not Book.objects.exists()


@pytest.mark.parametrize("remove", [remove_author, remove_category])
def test_books_loaded_while_what_they_name_is_removed_come_with_their_own(
    remove: Callable[..., None],
) -> None:
    assert one_after_the_other(remove, add_books, *author_and_category()) is None
    assert Author.objects.count() == Category.objects.count() == Book.objects.count() == 1
