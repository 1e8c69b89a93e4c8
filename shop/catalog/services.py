"""What can be changed in the catalog (2.1.1 to 2.1.4, 2.2, 2.3)."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from shop.catalog import search, vocabulary
from shop.catalog.models import Author, Book, Category, Clothes, Electronics, Kind, Product
from shop.core import money
from shop.core.errors import NotFound, Refused
from shop.core.text import fold


class CategoryTaken(Refused):
    """There is a category of this name already, in whatever case."""

    code = "category_taken"
    detail = "There is a category of this name already."
    field = "category_name"


class AuthorInUse(Refused):
    """A book names the author, on sale or deleted: old orders lead to it."""

    code = "author_in_use"
    detail = "There are, or were, books by this author, so that the author stays."


class CategoryInUse(Refused):
    """A book stands in the category, on sale or deleted: old orders lead to it."""

    code = "category_in_use"
    detail = "There are, or were, books in this category, so that it stays."


class UnknownAuthor(Refused):
    """The author that a book names is not there."""

    code = "not_found"
    detail = "There is no such author."
    field = "author_id"


class UnknownCategory(Refused):
    """The category that a book names is not there."""

    code = "not_found"
    detail = "There is no such category."
    field = "category_id"


@dataclass(frozen=True, slots=True)
class Entry:
    """A book with its author and category by name, as a list of books has it."""

    title: str
    author_name: str
    category_name: str
    published_date: date
    price: Decimal


def create_author(*, author_name: str, email: str = "", address: str = "") -> Author:
    """Add an author (2.1.1). Repeated, it adds another: people share names."""
    return Author.objects.create(
        author_name=author_name, name_folded=fold(author_name), email=email, address=address
    )


def create_category(*, category_name: str) -> Category:
    """Add a category (2.1.2).

    Raises CategoryTaken when its name is there already, in whatever case.
    """
    # Asked of the constraint alone, so that two at once cannot both be told that it is free.
    try:
        with transaction.atomic():
            return Category.objects.create(**_named(category_name))
    except IntegrityError as error:
        if "category_name_unique" in str(error):
            raise CategoryTaken from error
        raise


def delete_author(*, author_id: int) -> None:
    """Remove an author for good.

    Raises NotFound when there is no such author, or no longer; AuthorInUse when any book names
    them, a deleted one too.
    """
    _remove(Author.objects.filter(pk=author_id), AuthorInUse)


def delete_category(*, category_id: int) -> None:
    """Remove a category for good; its name is free then.

    Raises NotFound when there is no such category, or no longer; CategoryInUse when any book
    stands in it, a deleted one too.
    """
    _remove(Category.objects.filter(pk=category_id), CategoryInUse)


@transaction.atomic
def create_book(
    *,
    title: str,
    author_id: int,
    category_id: int,
    published_date: date,
    price: Decimal,
    description: str = "",
) -> Book:
    """Put a book on sale (2.1.3), at a price in the shop's currency. Repeated, it adds another.

    Raises UnknownAuthor or UnknownCategory when there is none of that id.
    """
    # Locked, so that neither can be removed before the book is there.
    author = Author.objects.select_for_update(no_key=True).filter(pk=author_id).first()
    if author is None:
        raise UnknownAuthor
    category = Category.objects.select_for_update(no_key=True).filter(pk=category_id).first()
    if category is None:
        raise UnknownCategory
    product = _book_product(title, author, category, price, description)
    product.save(force_insert=True)
    book = Book.objects.create(
        product=product, author=author, category=category, published_date=published_date
    )
    vocabulary.learn(texts=(title, author.author_name, category.category_name))
    return book


@transaction.atomic
def create_electronics(
    *, name: str, brand: str, model: str, price: Decimal, description: str = ""
) -> Electronics:
    """Put electronics on sale (2.2), at a price in the shop's currency. Repeated, it adds more."""
    product = _product(Kind.ELECTRONICS, name, (brand, model), price, description)
    product.save(force_insert=True)
    made = Electronics.objects.create(product=product, brand=brand, model=model)
    vocabulary.learn(texts=(name, brand, model))
    return made


@transaction.atomic
def create_clothes(
    *, name: str, brand: str, size: str, color: str, price: Decimal, description: str = ""
) -> Clothes:
    """Put clothes on sale (2.3), at a price in the shop's currency. Repeated, it adds more."""
    product = _product(Kind.CLOTHES, name, (brand, color, size), price, description)
    product.save(force_insert=True)
    made = Clothes.objects.create(product=product, brand=brand, size=size, color=color)
    vocabulary.learn(texts=(name, brand, size, color))
    return made


def delete_book(*, book_id: int) -> None:
    """Take a book off sale for good (2.1.4); orders that hold it stay whole.

    Raises NotFound when there is no such book, or no longer.
    """
    _take_off_sale(Kind.BOOK, book_id, "There is no such book.")


def delete_electronics(*, product_id: int) -> None:
    """Take electronics off sale for good (2.2); orders that hold them stay whole.

    Raises NotFound when there are no such electronics, or no longer.
    """
    _take_off_sale(Kind.ELECTRONICS, product_id, "There are no such electronics.")


def delete_clothes(*, product_id: int) -> None:
    """Take clothes off sale for good (2.3); orders that hold them stay whole.

    Raises NotFound when there are no such clothes, or no longer.
    """
    _take_off_sale(Kind.CLOTHES, product_id, "There are no such clothes.")


@transaction.atomic
def add_books(*, entries: Iterable[Entry]) -> list[int]:
    """Put many books on sale, with the authors and categories that they name; return their ids.

    Ids are in the order of the entries. Prices are in the shop's currency. Authors and categories
    of the same name are taken where they are there. Repeated, it adds the books again.
    """
    listed = list(entries)
    authors = _authors({entry.author_name for entry in listed})
    categories = _categories({entry.category_name for entry in listed})
    pairs = [(authors[entry.author_name], categories[entry.category_name]) for entry in listed]
    products = Product.objects.bulk_create(
        _book_product(entry.title, author, category, entry.price, "")
        for entry, (author, category) in zip(listed, pairs, strict=True)
    )
    Book.objects.bulk_create(
        Book(product=product, author=author, category=category, published_date=entry.published_date)
        for product, entry, (author, category) in zip(products, listed, pairs, strict=True)
    )
    titles = (entry.title for entry in listed)
    vocabulary.learn(texts=(*titles, *authors, *categories))
    return [product.pk for product in products]


def _named(category_name: str) -> dict[str, str]:
    """Return the fields of a category of this name."""
    return {
        "category_name": category_name,
        "name_key": _key(category_name),
        "name_folded": fold(category_name),
    }


def _key(category_name: str) -> str:
    """Return the name in one case and one spelling; accents stay, for they tell words apart."""
    return unicodedata.normalize("NFC", category_name.casefold())


def _book_product(
    title: str, author: Author, category: Category, price: Decimal, description: str
) -> Product:
    """Return the product of a book, not yet saved."""
    others = (author.author_name, category.category_name)
    return _product(Kind.BOOK, title, others, price, description)


def _product(
    kind: Kind, title: str, others: Sequence[str], price: Decimal, description: str
) -> Product:
    """Return a product, not yet saved, that is found by its title and the words of `others`."""
    return Product(
        kind=kind,
        title=title,
        price=price,
        currency=money.currency(),
        description=description,
        search=search.document(title=title, others=others),
    )


def _take_off_sale(kind: Kind, product_id: int, otherwise: str) -> None:
    there = Product.objects.filter(pk=product_id, kind=kind, deleted_at__isnull=True)
    if not there.update(deleted_at=Now()):
        raise NotFound(otherwise)


@transaction.atomic
def _remove(found: QuerySet[Author] | QuerySet[Category], in_use: type[Refused]) -> None:
    """Remove what no book names: locked first, so that none can come to name it meanwhile."""
    row = found.select_for_update().first()
    if row is None:
        raise NotFound
    if row.books.exists():
        raise in_use
    row.delete()


def _authors(names: set[str]) -> dict[str, Author]:
    """Return authors by name, the oldest of a name, and add those that are missing."""
    rows = Author.objects.select_for_update(no_key=True).filter(author_name__in=names)
    there = {author.author_name: author for author in rows.order_by("-id")}
    missing = sorted(names - there.keys())
    made = Author.objects.bulk_create(
        Author(author_name=name, name_folded=fold(name)) for name in missing
    )
    return {**there, **{author.author_name: author for author in made}}


def _categories(names: set[str]) -> dict[str, Category]:
    """Return categories by name, whatever its case, and add those that are missing."""
    keys = {name: _key(name) for name in sorted(names)}
    first = {key: name for name, key in reversed(keys.items())}
    # Another may add the same name meanwhile: the constraint keeps one, and that one is read.
    Category.objects.bulk_create(
        (Category(**_named(name)) for name in first.values()), ignore_conflicts=True
    )
    rows = Category.objects.select_for_update(no_key=True).filter(name_key__in=first)
    there = {category.name_key: category for category in rows.order_by("id")}
    return {name: there[key] for name, key in keys.items()}
