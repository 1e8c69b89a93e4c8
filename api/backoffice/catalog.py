"""Authors, categories and products of every kind."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import HttpRequest

from api.backoffice import forms
from api.backoffice.actions import action
from api.backoffice.common import ReadOnlyAdmin, amount
from api.roles import Operation, may
from shop.catalog import services as catalog
from shop.catalog.models import Author, Book, Category, Clothes, Electronics, Kind, Product

PRICE = amount("price")
PRODUCT_PRICE = amount("product.price", of="product")


def _is_on_sale(row: Any) -> bool:
    return _product(row).deleted_at is None


def _product(row: Any) -> Product:
    """Return the product that this is, or that it belongs to."""
    return row if isinstance(row, Product) else row.product


@action(
    "Take off sale",
    Operation.WRITE_CATALOG,
    sure="It cannot be put on sale again. Orders that hold it stay whole.",
    fits=_is_on_sale,
)
def take_off_sale(request: HttpRequest, row: Any) -> None:  # noqa: ARG001
    """Take a product off sale for good, whatever its kind."""
    product = _product(row)
    if product.kind == Kind.BOOK:
        catalog.delete_book(book_id=product.pk)
    elif product.kind == Kind.ELECTRONICS:
        catalog.delete_electronics(product_id=product.pk)
    else:
        catalog.delete_clothes(product_id=product.pk)


class AddingAdmin(ReadOnlyAdmin):
    """A table that staff add to; its rows they only look at."""

    add_form: ClassVar[type[forms.AddForm]]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether rows may be added: by those who write the catalog."""
        return may(request.user, Operation.WRITE_CATALOG)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form or a row. Raises BadRequest for the id of another row that is no number."""
        for name in self.autocomplete_fields:
            for given in (request.GET, request.POST):
                # Django looks for it in the table to show its name, whatever it is.
                if not given.get(name, "0").isdecimal() and given[name]:
                    raise BadRequest("There can be no such row.")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form that adds a row; without one, of what is shown."""
        if obj is None:
            kwargs["form"] = self.add_form
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what the form asks for, or what a row's page shows."""
        if obj is None:
            return tuple(self.add_form.field_order or self.add_form.base_fields)
        return super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what is only shown: nothing of the form."""
        return () if obj is None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Do nothing more: the form has had the service add the row."""


@admin.register(Author)
class AuthorAdmin(AddingAdmin):
    """Authors."""

    add_form = forms.AuthorAddForm
    list_display = ("id", "author_name", "email")
    search_fields = ("author_name",)
    ordering = ("-id",)
    fields = readonly_fields = ("id", "author_name", "email", "address", "created_at")


@admin.register(Category)
class CategoryAdmin(AddingAdmin):
    """Categories."""

    add_form = forms.CategoryAddForm
    list_display = ("id", "category_name")
    search_fields = ("category_name",)
    ordering = ("-id",)
    fields = readonly_fields = ("id", "category_name", "created_at")


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    """Products of every kind, deleted ones too."""

    list_display = ("id", "kind", "title", PRICE, "deleted_at")
    list_filter = ("kind", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("title",)
    ordering = ("-id",)
    actions = (take_off_sale,)
    fields = readonly_fields = (
        *("id", "kind", "title", PRICE, "description", "created_at", "deleted_at"),
    )


@admin.register(Book)
class BookAdmin(AddingAdmin):
    """Books."""

    add_form = forms.BookAddForm
    list_display = ("product_id", "product", "author", "category", "published_date", PRODUCT_PRICE)
    list_select_related = ("product", "author", "category")
    search_fields = ("product__title", "author__author_name")
    autocomplete_fields = ("author", "category")
    ordering = ("-product_id",)
    actions = (take_off_sale,)
    fields = readonly_fields = ("product", "author", "category", "published_date", PRODUCT_PRICE)


@admin.register(Electronics)
class ElectronicsAdmin(AddingAdmin):
    """Electronics."""

    add_form = forms.ElectronicsAddForm
    list_display = ("product_id", "product", "brand", "model", PRODUCT_PRICE)
    list_select_related = ("product",)
    search_fields = ("product__title", "brand", "model")
    ordering = ("-product_id",)
    actions = (take_off_sale,)
    fields = readonly_fields = ("product", "brand", "model", PRODUCT_PRICE)


@admin.register(Clothes)
class ClothesAdmin(AddingAdmin):
    """Clothes."""

    add_form = forms.ClothesAddForm
    list_display = ("product_id", "product", "brand", "size", "color", PRODUCT_PRICE)
    list_select_related = ("product",)
    search_fields = ("product__title", "brand", "color")
    ordering = ("-product_id",)
    actions = (take_off_sale,)
    fields = readonly_fields = ("product", "brand", "size", "color", PRODUCT_PRICE)
