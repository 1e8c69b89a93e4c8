"""Accounts, customers and their carts."""

from django.contrib import admin

from api.backoffice.common import ReadOnlyAdmin, ReadOnlyInline
from shop.carts.models import Cart, CartItem
from shop.customers.models import Account, Customer, Login


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Who may log in; never the password, not even hashed."""

    list_display = ("id", "username", "email", "is_active", "is_staff", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username", "email")
    exclude = ("password",)


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers."""

    list_display = ("id", "account", "fullname", "address")
    list_select_related = ("account", "fullname", "address")
    search_fields = ("account__username", "account__email")


@admin.register(Login)
class LoginAdmin(ReadOnlyAdmin):
    """Logins; never what a token is made of."""

    list_display = ("id", "account", "created_at", "expires_at", "ended_at")
    list_select_related = ("account",)
    exclude = ("refresh_jti",)


class CartItemInline(ReadOnlyInline):
    """What is in a cart."""

    model = CartItem


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """Carts."""

    list_display = ("id", "customer", "created_at")
    list_select_related = ("customer",)
    inlines = (CartItemInline,)
