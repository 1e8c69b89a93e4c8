"""What every page of the back office has in common: it shows, and jobs and services change."""

from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    SuspiciousOperation,
    ValidationError,
)
from django.db.models import DateTimeField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html

from api.backoffice.actions import buttons
from api.roles import may
from shop.core import money

if TYPE_CHECKING:
    # Generic for the type checker only, for which unfold's are untyped.
    _ModelAdmin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin as _ModelAdmin
    from unfold.admin import TabularInline as _Inline

# What the filters of Django's admin ask a column; without a word, whether it equals something.
LOOKUPS = ("", "exact", "isnull", "isempty", "gte", "lt")
# Far enough from the ends of time for any zone.
FIRST_YEAR, LAST_YEAR = 1900, 9000
# Each word of a search is a condition of its own: thousands are more than PostgreSQL takes.
MAX_SEARCH = 200
# A function of a row. To the types of Django's admin, a column is a name and nothing else.
Column = Any


def amount(name: str, *, of: str = "") -> Column:
    """Return a column with an amount as its currency writes it, such as `125000 VND`.

    `of` names the relation whose currency it is, where that is not the row's own.
    """
    value_of, code_of = attrgetter(name), attrgetter(f"{of}.currency" if of else "currency")

    @admin.display(description=name.rpartition(".")[2].replace("_", " "))
    def column(row: Any) -> str:
        value, code = value_of(row), code_of(row)
        return "–" if value is None else f"{money.text(value, code)} {code}".rstrip()

    return column


def link_to_job(name: str = "job_id") -> Column:
    """Return a column that leads to the job of this id."""

    @admin.display(description="job")
    def column(row: Any) -> str:
        job_id = getattr(row, name)
        return link("jobs_job", job_id, str(job_id)) if job_id else "–"

    return column


def link(table: str, key: int | UUID, text: str) -> str:
    """Return a link to the page of a row, such as `link("orders_order", 7, "order 7")`."""
    address = reverse(f"admin:{table}_change", args=(key,))
    return format_html('<a href="{}" class="text-link">{}</a>', address, text)


def _parameter(item: Any) -> str:
    """Return the parameter of a filter, one of `list_filter`, as far as its `__`."""
    if isinstance(item, str):
        return item
    return str(item[0] if isinstance(item, tuple) else item.parameter_name)


def _is_moment(text: str) -> bool:
    """Return whether PostgreSQL can compare something with this, in whatever zone it is."""
    try:
        moment = parse_datetime(text)
        return moment is not None and FIRST_YEAR <= moment.year <= LAST_YEAR
    except ValueError:
        return False


def _is_for(request: HttpRequest, function: Any) -> bool:
    """Return whether this action is for whoever asks; Django's own look after themselves."""
    return not hasattr(function, "operation") or may(request.user, function.operation)


class StaffAdmin(_ModelAdmin):
    """A table that all staff may look at."""

    list_per_page = 50
    show_full_result_count = False
    # Actions are for what is seen, not for all that a filter finds.
    list_disable_select_all = True
    change_form_outer_before_template = "backoffice/buttons.html"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether a list offers this filter: what is not shown cannot be guessed at."""
        name, _, how = lookup.partition("__")
        offered = {_parameter(item) for item in self.get_list_filter(request)}
        # PostgreSQL knows no such character.
        if name not in offered or how not in LOOKUPS or "\0" in value:
            return False
        is_when = any(isinstance(f, DateTimeField) for f in self.opts.fields if f.name == name)
        return how.startswith("is") or not is_when or _is_moment(value)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list, or do what is asked with its rows.

        Raises PermissionDenied for what others do; BadRequest for a filter that is not offered.
        """
        asked = request.POST.getlist("action")
        for function in self.actions or ():
            if getattr(function, "__name__", "") in asked and not _is_for(request, function):
                raise PermissionDenied
        try:
            return super().changelist_view(request, extra_context)
        except SuspiciousOperation as error:
            # Of which Django writes an error into the log, as if it were the shop's.
            raise BadRequest("The list cannot be filtered so.") from error

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether it is listed: for all staff."""
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Return whether it is shown: to all staff."""
        return self.admin_site.has_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return what can be done with rows by whoever asks."""
        found: dict[str, Any] = super().get_actions(request)
        return {name: entry for name, entry in found.items() if _is_for(request, entry[0])}

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Model | None:
        """Return the row of this id, or None."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show a row, with buttons for what can be done with it."""
        row = self.get_object(request, object_id) if object_id else None
        found = buttons(self.get_actions(request), row) if row else []
        context = {"buttons": found, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows with all of these words. Raises BadRequest for too many."""
        if len(search_term) > MAX_SEARCH:
            raise BadRequest(f"A search has at most {MAX_SEARCH} characters.")
        return super().get_search_results(request, queryset, search_term)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *where: Any
    ) -> HttpResponse | None:
        """Do what is asked with the chosen rows. Raises BadRequest for ids that are none."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(key)
            except ValidationError as error:
                raise BadRequest("There can be no such row.") from error
        return super().response_action(request, queryset, *where)


class ReadOnlyAdmin(StaffAdmin):
    """A table to look at. Stock, orders, payments and jobs change through jobs only."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Return False: rows are made by jobs."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        """Return False: rows are changed by jobs."""
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        """Return False: rows are deleted by jobs."""
        return False


class ReadOnlyInline(_Inline):
    """The rows that belong to another, to look at."""

    extra = 0
    can_delete = False
    hide_title = True
    # What else its rows show, so that it is read along.
    select_related: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows, with what they show of others."""
        rows = super().get_queryset(request)
        return rows.select_related(*self.select_related) if self.select_related else rows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Return False: rows are made by jobs."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        """Return False: rows are changed by jobs."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Return whether they are shown: to all staff."""
        return self.admin_site.has_permission(request)
