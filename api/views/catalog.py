"""Authors and categories (2.1)."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page
from api.permissions import is_staff, staff_who
from api.roles import Operation
from api.schema import answers, page_of
from api.serializers.base import Nothing
from api.serializers.catalog import (
    AuthorContactShape,
    AuthorForm,
    AuthorQuery,
    AuthorShape,
    CategoryForm,
    CategoryQuery,
    CategoryShape,
)
from api.views.base import ReadOnly, View
from shop.catalog import selectors
from shop.catalog import services as catalog


class AuthorsView(View):
    """Authors."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)
    query: ClassVar = AuthorQuery

    @answers(page_of(AuthorShape), summary="Find authors")
    def get(self, request: Request) -> Response:
        """List authors, newest first, or those whose name holds a text (2.1.5).

        Case and accents make no difference. Staff see email and address too.
        """
        shape = AuthorContactShape if is_staff(request) else AuthorShape
        rows = selectors.authors(author_name=self.parameters.get("author_name"))
        return page(request, rows, order=("-id",), render=shape.render_many)

    @answers(AuthorContactShape, AuthorForm, status=201, summary="Add an author")
    def post(self, request: Request) -> Response:
        """Add an author (2.1.1)."""
        made = catalog.create_author(**AuthorForm.parse(request))
        headers = {"Location": f"/api/v1/authors/{made.pk}"}
        return Response(AuthorContactShape.render(made), status=201, headers=headers)


class AuthorView(View):
    """An author."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)

    @answers(AuthorShape, summary="Read an author")
    def get(self, request: Request, author_id: int) -> Response:
        """Read an author. Staff see email and address too."""
        shape = AuthorContactShape if is_staff(request) else AuthorShape
        return Response(shape.render(selectors.author(author_id=author_id)))

    @answers(None, status=204, summary="Remove an author", refuses=(catalog.AuthorInUse,))
    def delete(self, request: Request, author_id: int) -> Response:
        """Remove an author for good, unless there is, or was, a book by them."""
        Nothing.parse(request)
        catalog.delete_author(author_id=author_id)
        return Response(status=204)


class CategoriesView(View):
    """Categories."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)
    query: ClassVar = CategoryQuery

    @answers(page_of(CategoryShape), summary="Find categories")
    def get(self, request: Request) -> Response:
        """List categories, newest first, or those whose name holds a text (2.1.6).

        Case and accents make no difference.
        """
        rows = selectors.categories(category_name=self.parameters.get("category_name"))
        return page(request, rows, order=("-id",), render=CategoryShape.render_many)

    @answers(
        CategoryShape,
        CategoryForm,
        status=201,
        summary="Add a category",
        refuses=(catalog.CategoryTaken,),
    )
    def post(self, request: Request) -> Response:
        """Add a category (2.1.2)."""
        made = catalog.create_category(**CategoryForm.parse(request))
        headers = {"Location": f"/api/v1/categories/{made.pk}"}
        return Response(CategoryShape.render(made), status=201, headers=headers)


class CategoryView(View):
    """A category."""

    permission_classes = (ReadOnly | staff_who(Operation.WRITE_CATALOG),)

    @answers(CategoryShape, summary="Read a category")
    def get(self, request: Request, category_id: int) -> Response:  # noqa: ARG002 (all see the same)
        """Read a category."""
        return Response(CategoryShape.render(selectors.category(category_id=category_id)))

    @answers(None, status=204, summary="Remove a category", refuses=(catalog.CategoryInUse,))
    def delete(self, request: Request, category_id: int) -> Response:
        """Remove a category for good, unless a book stands in it, or stood."""
        Nothing.parse(request)
        catalog.delete_category(category_id=category_id)
        return Response(status=204)
