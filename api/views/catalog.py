"""Authors, categories and books (2.1)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page
from api.permissions import IsStaff, is_staff
from api.schema import answers, page_of
from api.serializers.base import Nothing
from api.serializers.catalog import (
    AuthorContactShape,
    AuthorForm,
    AuthorQuery,
    AuthorShape,
    BookForm,
    BookQuery,
    BookShape,
    CategoryForm,
    CategoryQuery,
    CategoryShape,
    render_books,
)
from api.views.base import ReadOnly, View
from shop.catalog import selectors
from shop.catalog import services as catalog
from shop.inventory import selectors as inventory


class AuthorsView(View):
    """Authors."""

    permission_classes = (ReadOnly | IsStaff,)
    query: ClassVar = AuthorQuery

    @answers(page_of(AuthorShape))
    def get(self, request: Request) -> Response:
        """List authors, newest first, or those whose name holds a text (2.1.5).

        Case and accents make no difference. Staff see email and address too.
        """
        shape = AuthorContactShape if is_staff(request) else AuthorShape
        rows = selectors.authors(author_name=self.parameters.get("author_name"))
        return page(request, rows, order=("-id",), render=shape.render_many)

    @answers(AuthorContactShape, AuthorForm, status=201)
    def post(self, request: Request) -> Response:
        """Add an author (2.1.1)."""
        made = catalog.create_author(**AuthorForm.parse(request))
        return Response(AuthorContactShape.render(made), status=201)


class CategoriesView(View):
    """Categories."""

    permission_classes = (ReadOnly | IsStaff,)
    query: ClassVar = CategoryQuery

    @answers(page_of(CategoryShape))
    def get(self, request: Request) -> Response:
        """List categories, newest first, or those whose name holds a text (2.1.6).

        Case and accents make no difference.
        """
        rows = selectors.categories(category_name=self.parameters.get("category_name"))
        return page(request, rows, order=("-id",), render=CategoryShape.render_many)

    @answers(CategoryShape, CategoryForm, status=201)
    def post(self, request: Request) -> Response:
        """Add a category (2.1.2)."""
        made = catalog.create_category(**CategoryForm.parse(request))
        return Response(CategoryShape.render(made), status=201)


class BooksView(View):
    """Books."""

    permission_classes = (ReadOnly | IsStaff,)
    query: ClassVar = BookQuery

    @answers(page_of(BookShape))
    def get(self, request: Request) -> Response:
        """Find books, best match first, or list all, newest first (2.1.7).

        Every word of the term must begin some word of title, author or category, whatever its case
        and accents. A number also finds the book of that id, first.
        """
        rows = selectors.books(search_term=self.parameters.get("search_term"))
        return page(request, rows, order=selectors.order_of(rows), render=_rendered)

    @answers(BookShape, BookForm, status=201)
    def post(self, request: Request) -> Response:
        """Put a book on sale (2.1.3)."""
        made = catalog.create_book(**BookForm.parse(request))
        headers = {"Location": f"/api/v1/books/{made.pk}"}
        return Response(_rendered([made])[0], status=201, headers=headers)


class BookView(View):
    """A book."""

    permission_classes = (ReadOnly | IsStaff,)

    @answers(BookShape)
    def get(self, request: Request, book_id: int) -> Response:  # noqa: ARG002 (all see the same)
        """Read a book on sale."""
        return Response(_rendered([selectors.book(book_id=book_id)])[0])

    @answers(None, status=204)
    def delete(self, request: Request, book_id: int) -> Response:
        """Take a book off sale for good (2.1.4); orders that hold it stay whole."""
        Nothing.parse(request)
        catalog.delete_book(book_id=book_id)
        return Response(status=204)


def _rendered(books: Sequence[Any]) -> list[dict[str, Any]]:
    """Return books as JSON, with how many copies of each can be bought."""
    available = inventory.available(product_ids=[book.pk for book in books])
    return render_books(books, available=available)
