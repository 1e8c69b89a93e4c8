"""Registrations and customers (1.1, 4.x)."""

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.accepting import accept, request_id
from api.errors import BODY
from api.permissions import account_id, caller_id, own_user_id
from api.schema import answers, starts_job
from api.serializers.customers import CustomerShape, RegistrationForm
from api.views.base import OpenView, View
from shop.customers import selectors
from shop.customers import services as customers
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job
from tasks.workflows.registration import REGISTRATION


class RegistrationsView(OpenView):
    """Registrations of new customers."""

    throttle = "registration"

    @starts_job(RegistrationForm)
    def post(self, request: Request) -> Response:
        """Start the job `registration`; the password is hashed before anything keeps it."""
        form = RegistrationForm.parse(request)
        password = form.pop("password")
        customers.check_password_strength(
            password=password,
            username=form["username"],
            email=form["email"],
            first_name=form["first_name"],
            last_name=form["last_name"],
        )
        # Before the transaction, which would stay open for as long as a hash takes.
        password_hash = customers.hash_password(password=password)

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

    @answers(CustomerShape)
    def get(self, request: Request) -> Response:
        """Read the caller's account and what belongs to it."""
        return Response(CustomerShape.render(selectors.me(account_id=account_id(request))))


class CustomerView(View):
    """One customer."""

    @answers(CustomerShape)
    def get(self, request: Request, user_id: int) -> Response:
        """Read a customer with account, name and address."""
        person = selectors.customer(user_id=own_user_id(request, user_id))
        return Response(CustomerShape.render(person))
