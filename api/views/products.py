"""Products of every kind: books (2.1), electronics (2.2) and clothes (2.3)."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page
from api.permissions import staff_who
from api.roles import Operation
from api.schema import answers, page_of
from api.serializers.base import Nothing, Shape
from api.serializers.catalog import (
    BookForm,
    BookShape,
    ClothesForm,
    ClothesShape,
    ElectronicsForm,
    ElectronicsShape,
    ProductQuery,
    render_products,
)
from api.views.base import ReadOnly, View
from shop.catalog import selectors
from shop.catalog import services as catalog
from shop.inventory import selectors as inventory


class BooksView(View):
    """Books."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)
    query: ClassVar = ProductQuery

    @answers(page_of(BookShape), summary="Find books")
    def get(self, request: Request) -> Response:
        """Find books, best match first, or list all, newest first (2.1.7).

        Every word of the term must begin some word of title, author or category, whatever its case
        and accents. A number also finds the book of that id, first.
        """
        return _page(request, selectors.books(**_term(self)), shape=BookShape)

    @answers(
        BookShape,
        BookForm,
        status=201,
        summary="Put a book on sale",
        refuses=(catalog.UnknownAuthor, catalog.UnknownCategory),
    )
    def post(self, request: Request) -> Response:
        """Put a book on sale (2.1.3)."""
        made = catalog.create_book(**BookForm.parse(request))
        return _created(f"books/{made.pk}", made, shape=BookShape)


class BookView(View):
    """A book."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)

    @answers(BookShape, summary="Read a book")
    def get(self, request: Request, book_id: int) -> Response:  # noqa: ARG002 (all see the same)
        """Read a book on sale."""
        return Response(_rendered([selectors.book(book_id=book_id)], shape=BookShape)[0])

    @answers(None, status=204, summary="Take a book off sale")
    def delete(self, request: Request, book_id: int) -> Response:
        """Take a book off sale for good (2.1.4); orders that hold it stay whole."""
        Nothing.parse(request)
        catalog.delete_book(book_id=book_id)
        return Response(status=204)


class ElectronicsView(View):
    """Electronics."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)
    query: ClassVar = ProductQuery

    @answers(page_of(ElectronicsShape), summary="Find electronics")
    def get(self, request: Request) -> Response:
        """Find electronics, best match first, or list all, newest first (2.2).

        Every word of the term must begin some word of name, brand or model, whatever its case and
        accents. A number also finds the product of that id, first.
        """
        return _page(request, selectors.electronics(**_term(self)), shape=ElectronicsShape)

    @answers(ElectronicsShape, ElectronicsForm, status=201, summary="Put electronics on sale")
    def post(self, request: Request) -> Response:
        """Put electronics on sale (2.2)."""
        made = catalog.create_electronics(**ElectronicsForm.parse(request))
        return _created(f"electronics/{made.pk}", made, shape=ElectronicsShape)


class OneOfElectronicsView(View):
    """A product of kind electronics."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)

    @answers(ElectronicsShape, summary="Read electronics")
    def get(self, request: Request, product_id: int) -> Response:  # noqa: ARG002 (all see the same)
        """Read electronics on sale."""
        found = selectors.one_of_electronics(product_id=product_id)
        return Response(_rendered([found], shape=ElectronicsShape)[0])

    @answers(None, status=204, summary="Take electronics off sale")
    def delete(self, request: Request, product_id: int) -> Response:
        """Take electronics off sale for good (2.2); orders that hold them stay whole."""
        Nothing.parse(request)
        catalog.delete_electronics(product_id=product_id)
        return Response(status=204)


class ClothesView(View):
    """Clothes."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)
    query: ClassVar = ProductQuery

    @answers(page_of(ClothesShape), summary="Find clothes")
    def get(self, request: Request) -> Response:
        """Find clothes, best match first, or list all, newest first (2.3).

        Every word of the term must begin some word of name, brand, size or color, whatever its
        case and accents. A number also finds the product of that id, first.
        """
        return _page(request, selectors.clothes(**_term(self)), shape=ClothesShape)

    @answers(ClothesShape, ClothesForm, status=201, summary="Put clothes on sale")
    def post(self, request: Request) -> Response:
        """Put clothes on sale (2.3)."""
        made = catalog.create_clothes(**ClothesForm.parse(request))
        return _created(f"clothes/{made.pk}", made, shape=ClothesShape)


class OneOfClothesView(View):
    """A product of kind clothes."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)

    @answers(ClothesShape, summary="Read clothes")
    def get(self, request: Request, product_id: int) -> Response:  # noqa: ARG002 (all see the same)
        """Read clothes on sale."""
        found = selectors.one_of_clothes(product_id=product_id)
        return Response(_rendered([found], shape=ClothesShape)[0])

    @answers(None, status=204, summary="Take clothes off sale")
    def delete(self, request: Request, product_id: int) -> Response:
        """Take clothes off sale for good (2.3); orders that hold them stay whole."""
        Nothing.parse(request)
        catalog.delete_clothes(product_id=product_id)
        return Response(status=204)


def _term(view: View) -> dict[str, str | None]:
    """Return what to look for, as the selectors take it."""
    return {"search_term": view.parameters.get("search_term")}


def _page(request: Request, rows: QuerySet[Any], *, shape: type[Shape]) -> Response:
    """Answer with a page of the products of one kind."""
    order = selectors.order_of(rows)
    return page(request, rows, order=order, render=partial(_rendered, shape=shape))


def _created(path: str, made: Any, *, shape: type[Shape]) -> Response:
    """Answer with a new product, and where it is."""
    headers = {"Location": f"/api/v1/{path}"}
    return Response(_rendered([made], shape=shape)[0], status=201, headers=headers)


def _rendered(rows: Sequence[Any], *, shape: type[Shape]) -> list[dict[str, Any]]:
    """Return products of one kind as JSON, with how many copies of each can be bought."""
    available = inventory.available(product_ids=[row.pk for row in rows])
    return render_products(rows, shape=shape, available=available)
