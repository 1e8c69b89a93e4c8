"""Customers and their carts."""

from django.contrib import admin
from django.http import HttpRequest

from api.backoffice.actions import action, asked
from api.backoffice.common import ReadOnlyAdmin, ReadOnlyInline
from api.roles import Operation
from shop.carts.models import Cart, CartItem
from shop.customers.models import Address, Customer, FullName
from tasks.acceptance import accounts as acceptance
from tasks.engine.models import Job


@action(
    "Delete the account",
    Operation.DELETE_ACCOUNT,
    sure="Who it was is erased for good. Paid orders stay, for the law.",
    fits=lambda customer: customer.account.erased_at is None,
)
def delete_account(request: HttpRequest, customer: Customer) -> Job:
    """Delete a customer's account."""
    return acceptance.delete(account_id=customer.account_id, asked=asked(request))


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers."""

    list_display = ("id", "account", "fullname", "address", "created_at")
    list_select_related = ("account", "fullname", "address")
    search_fields = ("=id", "account__username", "account__email")
    ordering = ("-id",)
    actions = (delete_account,)
    fields = readonly_fields = ("id", "account", "fullname", "address", "created_at")


@admin.register(FullName)
class FullNameAdmin(ReadOnlyAdmin):
    """Customers' names."""

    list_display = ("id", "first_name", "last_name")
    search_fields = ("first_name", "last_name")
    ordering = ("-id",)


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    """Where customers' orders go."""

    list_display = ("id", "address", "city", "country")
    search_fields = ("address", "city")
    ordering = ("-id",)


class CartItemInline(ReadOnlyInline):
    """What is in a cart."""

    model = CartItem
    fields = readonly_fields = ("product", "quantity")
    select_related = ("product",)


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """Carts."""

    list_display = ("id", "customer", "created_at")
    list_select_related = ("customer",)
    ordering = ("-id",)
    inlines = (CartItemInline,)
