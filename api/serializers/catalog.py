"""Authors, categories and books (2.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers.base import Form, Shape
from api.serializers.fields import DateField, EmailField, IdField, MoneyField, TextField

MAX_NAME = 200
MAX_CATEGORY_NAME = 100
MAX_TITLE = 300
# Room for a title with its author and category.
MAX_SEARCH_TERM = 1000


class AuthorQuery(PageQuery):
    """Which authors to list."""

    author_name = TextField(max_length=MAX_NAME, allow_blank=True, required=False)


class AuthorForm(Form):
    """A new author."""

    author_name = TextField(max_length=MAX_NAME)
    email = EmailField()
    address = TextField(max_length=300)


class AuthorShape(Shape):
    """An author, as anyone sees them."""

    id = serializers.IntegerField()
    author_name = serializers.CharField()


class AuthorContactShape(AuthorShape):
    """An author, as staff see them."""

    email = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)


class CategoryQuery(PageQuery):
    """Which categories to list."""

    category_name = TextField(max_length=MAX_CATEGORY_NAME, allow_blank=True, required=False)


class CategoryForm(Form):
    """A new category."""

    category_name = TextField(max_length=MAX_CATEGORY_NAME)


class CategoryShape(Shape):
    """A category."""

    id = serializers.IntegerField()
    category_name = serializers.CharField()


class BookQuery(PageQuery):
    """Which books to find: an id, or words of a title, a category's or an author's name."""

    search_term = TextField(max_length=MAX_SEARCH_TERM, allow_blank=True, required=False)


class BookForm(Form):
    """A new book."""

    title = TextField(max_length=MAX_TITLE)
    author_id = IdField()
    category_id = IdField()
    published_date = DateField()
    price = MoneyField(positive=True)
    description = TextField(max_length=10_000, allow_blank=True, multiline=True)


class BookShape(Shape):
    """A book on sale, and how many copies of it can be bought."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["book"])
    title = serializers.CharField()
    author = AuthorShape()
    category = CategoryShape()
    author_id = serializers.IntegerField()
    category_id = serializers.IntegerField()
    published_date = serializers.DateField()
    price = MoneyField()
    currency = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    available = serializers.IntegerField()


def render_books(books: Iterable[Any], *, available: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the books as JSON; what is not in `available` was never in stock."""
    return BookShape.render_many(
        {
            "id": book.pk,
            "kind": book.product.kind,
            "title": book.product.title,
            "author": book.author,
            "category": book.category,
            "author_id": book.author_id,
            "category_id": book.category_id,
            "published_date": book.published_date,
            "price": book.product.price,
            "currency": book.product.currency,
            "description": book.product.description,
            "available": available.get(book.pk, 0),
        }
        for book in books
    )
