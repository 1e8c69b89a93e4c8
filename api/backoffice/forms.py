"""Forms that add to the catalog: their rules are the API's, what they do is the service's."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Model
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from api.serializers import catalog as bodies
from api.serializers.base import Form
from shop.catalog import services as catalog
from shop.catalog.models import Author, Book, Category, Clothes, Electronics
from shop.core.errors import Refused

if TYPE_CHECKING:
    # Generic for the type checker only.
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm


def text() -> forms.CharField:
    """Return a field for a line of text."""
    return forms.CharField(widget=UnfoldAdminTextInputWidget, strip=False)


def price() -> forms.CharField:
    """Return a field for an amount; the API's rules read it."""
    return forms.CharField(widget=UnfoldAdminTextInputWidget, help_text="In the shop's currency.")


def description() -> forms.CharField:
    """Return a field for a description."""
    return forms.CharField(required=False, widget=UnfoldAdminTextareaWidget, strip=False)


class AddForm(_ModelForm):
    """A form that has the API's form check its fields, as a body, and a service add the row."""

    body: ClassVar[type[Form]]
    create: ClassVar[Callable[..., Model]]
    # The body's names of fields that are called otherwise here.
    names: ClassVar[Mapping[str, str]] = {}

    def _post_clean(self) -> None:
        """Check by the API's rules and add the row.

        Here, as the last of what is asked whether the form is valid: a refusal of the service is
        shown beside its field like any other fault.
        """
        if self.errors:
            return
        body = type(self).body(data=self._as_body())
        if not body.is_valid():
            for name, found in body.errors.items():
                self._blame(name, [str(error) for error in found])
            return
        try:
            self.instance = type(self).create(**body.validated_data)
        except Refused as error:
            self._blame(error.field, [error.detail])

    def _as_body(self) -> dict[str, Any]:
        """Return what the form holds as JSON would."""
        return {
            self.names.get(name, name): _as_json(value) for name, value in self.cleaned_data.items()
        }

    def _blame(self, name: str | None, messages: list[str]) -> None:
        """Show what is wrong, beside the field of this name where there is one."""
        ours = {self.names.get(field, field): field for field in self.fields}
        self.add_error(ours.get(name or ""), messages)


def _as_json(value: Any) -> Any:
    """Return a value of a form as JSON has it: a row is its id, a date is text."""
    if isinstance(value, Model):
        return value.pk
    return value.isoformat() if hasattr(value, "isoformat") else value


class AuthorAddForm(AddForm):
    """A new author."""

    body = bodies.AuthorForm
    create = catalog.create_author
    author_name, email, address = text(), text(), text()

    class Meta:
        model = Author
        fields = ("author_name", "email", "address")


class CategoryAddForm(AddForm):
    """A new category."""

    body = bodies.CategoryForm
    create = catalog.create_category
    category_name = text()

    class Meta:
        model = Category
        fields = ("category_name",)


class BookAddForm(AddForm):
    """A new book."""

    body = bodies.BookForm
    create = catalog.create_book
    names: ClassVar = {"author": "author_id", "category": "category_id"}
    field_order = ("title", "author", "category", "published_date", "price", "description")
    title, price, description = text(), price(), description()

    class Meta:
        model = Book
        fields = ("author", "category", "published_date")


class ElectronicsAddForm(AddForm):
    """New electronics."""

    body = bodies.ElectronicsForm
    create = catalog.create_electronics
    name, brand, model, price, description = text(), text(), text(), price(), description()

    class Meta:
        model = Electronics
        fields = ()


class ClothesAddForm(AddForm):
    """New clothes."""

    body = bodies.ClothesForm
    create = catalog.create_clothes
    name, brand, size, color = text(), text(), text(), text()
    price, description = price(), description()

    class Meta:
        model = Clothes
        fields = ()
