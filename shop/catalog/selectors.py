"""What can be read of the catalog (2.1.5 to 2.1.7, 2.2, 2.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from shop.catalog import candidates, names, search, terms
from shop.catalog.models import Author, Book, Category, Clothes, Electronics, Kind, Product
from shop.core.errors import NotFound
from shop.core.text import fold

_LARGEST_ID = 2**63 - 1
Row = TypeVar("Row", bound=Model)


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
    found: QuerySet[Any] = Author.objects.order_by("-id")
    if not author_name:
        return found
    part = _part(author_name)
    # An index finds what has these; for one or two characters the names are looked through.
    if triples := names.triples(part):
        found = found.alias(triples=names.Triples("name_folded")).filter(triples__contains=triples)
    return found.filter(name_folded__contains=part)


def author(*, author_id: int) -> Author:
    """Return an author. Raises NotFound."""
    return _one(Author.objects.all(), author_id, "There is no such author.")


def categories(*, category_name: str | None = None) -> QuerySet[Category]:
    """Return the categories whose name holds `category_name`, or all, newest first.

    Case and accents make no difference.
    """
    found = Category.objects.order_by("-id")
    return found.filter(name_folded__contains=_part(category_name)) if category_name else found


def category(*, category_id: int) -> Category:
    """Return a category. Raises NotFound."""
    return _one(Category.objects.all(), category_id, "There is no such category.")


def books(*, search_term: str | None = None) -> QuerySet[Book]:
    """Return the books on sale that words of title, author or category find; see `_on_sale`."""
    rows = Book.objects.select_related("product", "author", "category")
    return _on_sale(rows, Kind.BOOK, search_term)


def electronics(*, search_term: str | None = None) -> QuerySet[Electronics]:
    """Return the electronics on sale that words of name, brand or model find; see `_on_sale`."""
    return _on_sale(Electronics.objects.select_related("product"), Kind.ELECTRONICS, search_term)


def clothes(*, search_term: str | None = None) -> QuerySet[Clothes]:
    """Return the clothes on sale that words of name, brand, size or color find; see `_on_sale`."""
    return _on_sale(Clothes.objects.select_related("product"), Kind.CLOTHES, search_term)


def order_of(found: QuerySet[Any]) -> tuple[str, ...]:
    """Return the fields by which products are ordered, as a page of them must be."""
    return tuple(str(name) for name in found.query.order_by)


def book(*, book_id: int) -> Book:
    """Return a book on sale. Raises NotFound when it is unknown or deleted."""
    return _one(books(), book_id, "There is no such book.")


def one_of_electronics(*, product_id: int) -> Electronics:
    """Return electronics on sale. Raises NotFound when they are unknown or deleted."""
    return _one(electronics(), product_id, "There are no such electronics.")


def one_of_clothes(*, product_id: int) -> Clothes:
    """Return clothes on sale. Raises NotFound when they are unknown or deleted."""
    return _one(clothes(), product_id, "There are no such clothes.")


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


def _on_sale(rows: QuerySet[Row], kind: Kind, search_term: str | None) -> QuerySet[Row]:
    """Return what is on sale and `search_term` finds, best match first, or all, newest first.

    Every word of the term must begin some word of the product; where that finds anything, those
    before the last, if the catalog has them, must be words of it. A number also finds the product
    of that id, first; a word that begins none of the catalog is taken for the nearest. Of each kind
    of match the newest `candidates.MOST` are listed. What is found carries `rank`, an integer, and
    is ordered by (`-rank`, `-product_id`); without a term by `-product_id`. `rows` are the products
    of one kind.
    """
    found = rows.filter(product__deleted_at__isnull=True).defer("product__search")
    if not (search_term or "").strip():
        return found.order_by("-product_id")
    term = terms.understood(term=search_term or "")
    listed: QuerySet[Any] = found.annotate(rank=search.rank(term=term))
    if not term.words and term.number is None:
        listed = listed.none()
    else:
        listed = listed.filter(product__in=candidates.found(term=term, kind=kind))
    return listed.order_by("-rank", "-product_id")


def _one(rows: QuerySet[Row], key: int, otherwise: str) -> Row:
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound(otherwise)
    return found


def _part(name: str) -> str:
    """Return `name` as it stands in folded names; PostgreSQL takes no NUL, and none is there."""
    return fold(name).strip().replace("\0", "�")
