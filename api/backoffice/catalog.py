"""Products, authors and categories."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin
from shop.catalog.models import Author, Book, Category, Product


@admin.register(Author)
class AuthorAdmin(ReadOnlyAdmin):
    """Authors."""

    list_display = ("id", "author_name", "email")
    search_fields = ("author_name",)
    exclude = ("name_folded",)


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    """Categories."""

    list_display = ("id", "category_name")
    search_fields = ("category_name",)
    exclude = ("name_folded", "name_key")


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    """Products of every kind, deleted ones too."""

    list_display = ("id", "kind", "title", "price", "currency", "deleted_at")
    list_filter = ("kind", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("title",)
    exclude = ("search",)


@admin.register(Book)
class BookAdmin(ReadOnlyAdmin):
    """Books."""

    list_display = ("product_id", "product", "author", "category", "published_date")
    list_select_related = ("product", "author", "category")
    search_fields = ("product__title", "author__author_name")
