"""The gateway's whole HTTP surface, in one table.

Ids that no record can have lead nowhere: they are `404` like any other unknown id.
"""

from uuid import UUID

from django.urls import URLPattern, path, register_converter
from django.urls.converters import IntConverter

from api.serializers.fields import MAX_BIGINT
from api.views import (
    auth,
    carts,
    catalog,
    credentials,
    customers,
    export,
    inventory,
    jobs,
    notifications,
    orders,
    products,
    sessions,
    webhooks,
)


class IdConverter(IntConverter):
    """The id of a record."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        """Return the id. Raises ValueError for one that no column holds."""
        number = int(value)
        if number > MAX_BIGINT:
            raise ValueError(value)
        return number


class JobIdConverter:
    """The id of a job, in any case."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> UUID:
        """Return the id."""
        return UUID(value)

    def to_url(self, value: UUID) -> str:
        """Return the id as text."""
        return str(value)


register_converter(IdConverter, "id")
register_converter(JobIdConverter, "job")

# fmt: off
urlpatterns: list[URLPattern] = [
    # They are tried one after the other: what is asked most comes first.

    # Jobs
    path("jobs", jobs.JobsView.as_view()),
    path("jobs/<job:job_id>", jobs.JobView.as_view()),
    path("jobs/<job:job_id>/cancel", jobs.JobCancelView.as_view()),
    path("jobs/<job:job_id>/resume", jobs.JobResumeView.as_view()),

    # Carts, orders, payments
    path("carts/<id:user_id>", carts.CartView.as_view()),
    path("carts/<id:user_id>/items", carts.CartItemsView.as_view()),
    path("carts/<id:user_id>/items/<id:product_id>", carts.CartItemView.as_view()),
    path("carts/<id:user_id>/removals", carts.CartRemovalsView.as_view()),
    path("checkouts", carts.CheckoutsView.as_view()),
    path("orders", orders.OrdersView.as_view()),
    path("orders/<id:order_id>", orders.OrderView.as_view()),
    path("orders/<id:order_id>/payments", orders.OrderPaymentsView.as_view()),
    path("orders/<id:order_id>/refunds", orders.OrderRefundsView.as_view()),
    path("payments/<id:payment_id>", orders.PaymentView.as_view()),
    path("webhooks/payments/<str:provider>", webhooks.PaymentWebhooksView.as_view()),

    # The catalog
    path("authors", catalog.AuthorsView.as_view()),
    path("authors/<id:author_id>", catalog.AuthorView.as_view()),
    path("categories", catalog.CategoriesView.as_view()),
    path("categories/<id:category_id>", catalog.CategoryView.as_view()),
    path("books", products.BooksView.as_view()),
    path("books/<id:book_id>", products.BookView.as_view()),
    path("electronics", products.ElectronicsView.as_view()),
    path("electronics/<id:product_id>", products.OneOfElectronicsView.as_view()),
    path("clothes", products.ClothesView.as_view()),
    path("clothes/<id:product_id>", products.OneOfClothesView.as_view()),

    # Customers and their logins
    path("registrations", customers.RegistrationsView.as_view()),
    path("auth/login", auth.LoginView.as_view()),
    path("auth/refresh", auth.RefreshView.as_view()),
    path("auth/logout", auth.LogoutView.as_view()),
    path("auth/password", credentials.PasswordView.as_view()),
    path("auth/password-resets", credentials.PasswordResetsView.as_view()),
    path("auth/password-resets/confirm", credentials.PasswordResetConfirmationView.as_view()),
    path("auth/email-verifications", credentials.EmailVerificationsView.as_view()),
    path("auth/email-verifications/confirm", credentials.EmailConfirmationView.as_view()),
    path("auth/sessions", sessions.SessionsView.as_view()),
    path("auth/sessions/<id:session_id>", sessions.SessionView.as_view()),
    path("me", customers.MeView.as_view()),
    path("me/export", export.ExportView.as_view()),
    path("customers/<id:user_id>", customers.CustomerView.as_view()),
    path("accounts/<id:account_id>", customers.AccountView.as_view()),

    # The warehouse
    path("inventory", inventory.InventoryView.as_view()),
    path("inventory/items", inventory.ItemsView.as_view()),
    path("inventory/movements", inventory.MovementsView.as_view()),
    path("inventory/receipts", inventory.ReceiptsView.as_view()),
    path("inventory/withdrawals", inventory.WithdrawalsView.as_view()),
    path("inventory/capacity-checks", inventory.CapacityChecksView.as_view()),

    # Notifications
    path("notifications", notifications.NotificationsView.as_view()),
    path("notifications/<id:notification_id>/read", notifications.NotificationReadView.as_view()),
]
# fmt: on
