"""Registrations, customers and their accounts (1.1, 4.x)."""

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.accepting import accept, asked, request_id
from api.errors import BODY
from api.permissions import account_id as own_account_id
from api.permissions import acting_for, caller_id, is_staff, own_user_id, require
from api.roles import Operation
from api.schema import answers, starts_job
from api.serializers.base import Nothing
from api.serializers.customers import CustomerForm, CustomerShape, RegistrationForm
from api.views.base import OpenView, View
from shop.core.errors import NotFound
from shop.customers import closing, hashing, passwords, profile, selectors
from shop.customers import services as customers
from shop.orders.services import OrdersOpen
from tasks.acceptance import accounts
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job
from tasks.workflows.registration import REGISTRATION


class RegistrationsView(OpenView):
    """Registrations of new customers."""

    throttle = "registration"

    @starts_job(
        "registration",
        RegistrationForm,
        summary="Register",
        refuses=(customers.UsernameTaken, customers.EmailTaken, passwords.WeakPassword),
        fails={"create_account": (customers.UsernameTaken, customers.EmailTaken)},
    )
    def post(self, request: Request) -> Response:
        """Start the job `registration` (1.1).

        Anyone may. Its `result` holds the new `user_id` and `account_id`.
        """
        form = RegistrationForm.parse(request)
        password = form.pop("password")
        passwords.check_strength(
            password=password,
            username=form["username"],
            email=form["email"],
            first_name=form["first_name"],
            last_name=form["last_name"],
        )
        # Before the transaction, which would stay open for as long as a hash takes.
        password_hash = hashing.hash_password(password=password)

        def begin(key: Idempotency | None) -> Job:
            refuse_taken(username=form["username"], email=form["email"])
            return jobs.start(
                REGISTRATION,
                input=form,
                secrets={"password_hash": password_hash},
                owner_id=caller_id(request),
                request_id=request_id(request),
                idempotency=key,
            )

        return accept(request, begin)


def refuse_taken(*, username: str, email: str) -> None:
    """Raise ValidationError, naming both fields where both are taken already."""
    found = customers.conflicts(username=username, email=email)
    if found:
        raise ValidationError(
            {error.field or BODY: [ErrorDetail(error.detail, error.code)] for error in found}
        )


class MeView(View):
    """The caller."""

    @answers(CustomerShape, summary="Who am I")
    def get(self, request: Request) -> Response:
        """Read the caller's account and what belongs to it."""
        return Response(CustomerShape.render(selectors.me(account_id=own_account_id(request))))


class CustomerView(View):
    """One customer."""

    @answers(CustomerShape, summary="Read a customer")
    def get(self, request: Request, user_id: int) -> Response:
        """Read a customer with account, name and address."""
        person = selectors.customer(user_id=own_user_id(request, user_id))
        return Response(CustomerShape.render(person))

    @answers(
        CustomerShape,
        CustomerForm,
        summary="Change a name or an address",
        refuses=("forbidden",),
    )
    def patch(self, request: Request, user_id: int) -> Response:
        """Change a customer's name or address; orders keep what they were shipped to."""
        user_id = acting_for(request, user_id, Operation.UPDATE_CUSTOMER)
        profile.update_customer(user_id=user_id, **CustomerForm.parse(request))
        return Response(CustomerShape.render(selectors.customer(user_id=user_id)))


class AccountView(View):
    """One account."""

    @starts_job(
        "account_deletion",
        summary="Delete an account",
        refuses=("forbidden", closing.AccountClosed, closing.AccountProtected, OrdersOpen),
    )
    def delete(self, request: Request, account_id: int) -> Response:
        """Start the job `account_deletion` (4.2).

        The id is the `account_id` of `GET /me`, not the `user_id`. No order may be open. Nobody can
        log in to the account from now on, and it cannot be undone.
        """
        if account_id != own_account_id(request):
            if not is_staff(request):
                raise NotFound
            require(request, Operation.DELETE_ACCOUNT)
        Nothing.parse(request)
        return accept(
            request, lambda key: accounts.delete(account_id=account_id, asked=asked(request, key))
        )
