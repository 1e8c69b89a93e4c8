"""Accounts and their logins, and who is of the staff."""

from typing import TYPE_CHECKING, Any

import structlog
from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from api.backoffice.common import ReadOnlyAdmin
from api.roles import Operation, Role, may
from shop.customers import staff
from shop.customers.models import Account, Login

if TYPE_CHECKING:
    # Generic for the type checker only.
    _Form = forms.ModelForm[Account]
else:
    _Form = forms.ModelForm

log = structlog.get_logger("backoffice")
GIVEN = ("is_staff", "roles")


class StaffForm(_Form):
    """Whether somebody is of the staff, and what for."""

    roles = forms.MultipleChoiceField(
        choices=[(role, role) for role in Role],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Without a role staff only read.",
    )

    class Meta:
        model = Account
        fields = ("is_staff",)

    def __init__(self, *given: Any, **named: Any) -> None:
        """Begin with the roles that the account has."""
        super().__init__(*given, **named)
        self.initial["roles"] = sorted(self.instance.roles)

    def clean(self) -> None:
        """Refuse roles of somebody who is not of the staff."""
        if self.cleaned_data.get("roles") and not self.cleaned_data.get("is_staff"):
            self.add_error("roles", "Only staff have roles.")


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Who may log in; never the password, not even hashed. Superusers say who is staff."""

    form = StaffForm
    list_display = ("id", "username", "email", "is_active", "is_staff", "roles", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username", "email")
    ordering = ("-id",)
    fields = (
        *("id", "username", "email", "is_active", "is_superuser", "is_staff", "roles"),
        *("created_at", "email_verified_at", "erased_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """Return accounts, with their roles read along."""
        return super().get_queryset(request).prefetch_related("groups")

    def roles(self, account: Account) -> str:
        """Return an account's roles."""
        return ", ".join(sorted(group.name for group in account.groups.all())) or "–"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether roles may be given: by superusers, who need none, to who can log in."""
        gets = not isinstance(obj, Account) or (obj.is_active and not obj.is_superuser)
        return gets and may(request.user, Operation.ASSIGN_ROLES)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return what is only shown: all but the roles that are given."""
        changes = self.has_change_permission(request, obj)
        return tuple(name for name in self.fields if not (changes and name in GIVEN))

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:  # noqa: ARG002
        """Give the roles."""
        given = {"is_staff": obj.is_staff, "roles": form.cleaned_data["roles"]}
        staff.assign_roles(account_id=obj.pk, **given)
        log.info("roles_assigned", account_id=obj.pk, by=request.user.pk, **given)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Do nothing more: Django's log would keep a name for longer than the account does."""


@admin.register(Login)
class LoginAdmin(ReadOnlyAdmin):
    """Logins; never what a token is made of."""

    list_display = ("id", "account", "created_at", "expires_at", "ended_at")
    list_select_related = ("account",)
    ordering = ("-id",)
    # From where and with what people call is their own business; see docs/decisions/0017.
    exclude = ("refresh_jti", "address", "user_agent")
