"""Authors, categories and products of every kind (2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers.base import Form, Shape
from api.serializers.fields import DateField, EmailField, IdField, MoneyField, TextField
from shop.catalog.candidates import MOST

MAX_NAME = 200
MAX_CATEGORY_NAME = 100
MAX_TITLE = 300
MAX_BRAND = 100
MAX_MODEL = 100
MAX_SIZE = 50
MAX_COLOR = 50
MAX_DESCRIPTION = 10_000
# Room for a title with all else that finds a product.
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


class ProductQuery(PageQuery):
    """Which products to find: an id, or the beginnings of words."""

    search_term = TextField(
        max_length=MAX_SEARCH_TERM,
        allow_blank=True,
        required=False,
        help_text=(
            "A word that stands before others and is one of the catalog is looked for as it is;"
            " only where nothing is found so, as a beginning too."
            " A word of four letters or more that begins no word of the catalog is taken for the"
            " nearest ones: within one edit, or two from eight letters on; never a word with"
            f" digits. Where more than {MOST} match, the list ends after the best: those with just"
            " these words as their title or name, then those with them in it, then those with them"
            f" anywhere, of each the newest {MOST} at most, until there are so many."
        ),
    )


class ProductForm(Form):
    """What every new product has, whatever its kind."""

    price = MoneyField(positive=True)
    description = TextField(
        max_length=MAX_DESCRIPTION, allow_blank=True, multiline=True, required=False
    )


class BookForm(ProductForm):
    """A new book."""

    title = TextField(max_length=MAX_TITLE)
    author_id = IdField()
    category_id = IdField()
    published_date = DateField()


class ElectronicsForm(ProductForm):
    """New electronics."""

    name = TextField(max_length=MAX_TITLE)
    brand = TextField(max_length=MAX_BRAND)
    model = TextField(max_length=MAX_MODEL)


class ClothesForm(ProductForm):
    """New clothes."""

    name = TextField(max_length=MAX_TITLE)
    brand = TextField(max_length=MAX_BRAND)
    size = TextField(max_length=MAX_SIZE)
    color = TextField(max_length=MAX_COLOR)


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


class ElectronicsShape(Shape):
    """Electronics on sale, and how many of them can be bought."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["electronics"])
    name = serializers.CharField()
    brand = serializers.CharField()
    model = serializers.CharField()
    price = MoneyField()
    currency = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    available = serializers.IntegerField()


class ClothesShape(Shape):
    """Clothes on sale, and how many of them can be bought."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["clothes"])
    name = serializers.CharField()
    brand = serializers.CharField()
    size = serializers.CharField()
    color = serializers.CharField()
    price = MoneyField()
    currency = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    available = serializers.IntegerField()


def render_products(
    rows: Iterable[Any], *, shape: type[Shape], available: Mapping[int, int]
) -> list[dict[str, Any]]:
    """Return products of one kind as JSON; what is not in `available` was never in stock."""
    names = list(shape().fields)
    return shape.render_many(_facts(row, names, available.get(row.pk, 0)) for row in rows)


def _facts(row: Any, names: Iterable[str], available: int) -> dict[str, Any]:
    """Return what is shown of a product: what all have, and by its name what its kind has."""
    product = row.product
    shared = {
        "id": product.pk,
        "kind": product.kind,
        "title": product.title,
        "name": product.title,
        "price": product.price,
        "currency": product.currency,
        "description": product.description,
        "available": available,
    }
    return {name: shared[name] if name in shared else getattr(row, name) for name in names}
