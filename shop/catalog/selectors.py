"""What can be read of the catalog (2.1.5 to 2.1.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from shop.catalog import search
from shop.catalog.models import Author, Book, Category, Product
from shop.core.errors import NotFound
from shop.core.text import fold

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What carts, stock and orders need to know of a product, on sale or deleted."""

    id: int
    kind: str
    title: str
    price: Decimal
    currency: str
    deleted_at: datetime | None


_FACTS = ("id", "kind", "title", "price", "currency", "deleted_at")


def authors(*, author_name: str | None = None) -> QuerySet[Author]:
    """Return the authors whose name holds `author_name`, or all, newest first.

    Case and accents make no difference.
    """
    found = Author.objects.order_by("-id")
    return found.filter(name_folded__contains=_part(author_name)) if author_name else found


def categories(*, category_name: str | None = None) -> QuerySet[Category]:
    """Return the categories whose name holds `category_name`, or all, newest first.

    Case and accents make no difference.
    """
    found = Category.objects.order_by("-id")
    return found.filter(name_folded__contains=_part(category_name)) if category_name else found


def books(*, search_term: str | None = None) -> QuerySet[Book]:
    """Return the books on sale that `search_term` finds, best match first, or all, newest first.

    Every word of the term must begin some word of title, author or category; a number also finds
    the book of that id, first. Found books carry `rank`, an integer, and are ordered by
    (`-rank`, `-product_id`); without a term they are ordered by `-product_id`.
    """
    found = (
        Book.objects.filter(product__deleted_at__isnull=True)
        .select_related("product", "author", "category")
        .defer("product__search")
    )
    term = search_term or ""
    if not term.strip():
        return found.order_by("-product_id")
    # A query of its own on products, which their index answers whatever is joined to it.
    products = Product.objects.filter(search.condition(term=term), deleted_at__isnull=True)
    return (
        found.filter(product__in=products)
        .annotate(rank=search.rank(term=term, product="product"))
        .order_by("-rank", "-product_id")
    )


def order_of(found: QuerySet[Book]) -> tuple[str, ...]:
    """Return the fields by which books are ordered, as a page of them must be."""
    return tuple(str(name) for name in found.query.order_by)


def book(*, book_id: int) -> Book:
    """Return a book on sale. Raises NotFound when it is unknown or deleted."""
    found = books().filter(pk=book_id).first()
    if found is None:
        raise NotFound("There is no such book.")
    return found


def products(*, product_ids: Iterable[int]) -> dict[int, ProductFacts]:
    """Return what is known of these products, deleted ones too, by id; unknown ids are missing."""
    ids = sorted({product_id for product_id in product_ids if 0 < product_id <= _LARGEST_ID})
    rows = Product.objects.filter(pk__in=ids).order_by("id").values_list(*_FACTS) if ids else []
    return {row[0]: ProductFacts(*row) for row in rows}


def product(*, product_id: int) -> ProductFacts:
    """Return a product on sale. Raises NotFound when it is unknown or deleted."""
    found = products(product_ids=[product_id]).get(product_id)
    if found is None or found.deleted_at is not None:
        raise NotFound("There is no such product.")
    return found


def has_products() -> bool:
    """Return whether the shop has, or ever had, any product."""
    return Product.objects.exists()


def _part(name: str) -> str:
    """Return `name` as it stands in folded names; PostgreSQL takes no NUL, and none is there."""
    return fold(name).strip().replace("\0", "�")
