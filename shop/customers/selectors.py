"""What can be read of accounts, customers and logins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Lower

from shop.core.errors import NotFound
from shop.core.statements import Prepared
from shop.customers.models import Account, Customer


class Person(TypedDict):
    """An account and the customer whose it is; staff need not be customers."""

    user_id: int | None
    account_id: int
    username: str
    email: str
    email_verified: bool
    first_name: str | None
    last_name: str | None
    address: str | None
    city: str | None
    country: str | None


class ShipTo(TypedDict):
    """A customer's name and address as an order keeps them."""

    first_name: str
    last_name: str
    address: str
    city: str
    country: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Whether an account has this username, and whether one has this email."""

    username: bool
    email: bool


def taken(*, username: str, email: str) -> Taken:
    """Return what of these is taken, compared without regard to case."""
    same_username = Q(folded_username=Lower(Value(username)))
    same_email = Q(folded_email=Lower(Value(email)))
    found = list(
        Account.objects.alias(folded_username=Lower("username"), folded_email=Lower("email"))
        .filter(same_username | same_email)
        .order_by("id")
        .values_list(
            ExpressionWrapper(same_username, output_field=BooleanField()),
            ExpressionWrapper(same_email, output_field=BooleanField()),
        )
    )
    return Taken(username=any(row[0] for row in found), email=any(row[1] for row in found))


def customer(*, user_id: int) -> Person:
    """Return the customer with account, name and address.

    Raises NotFound when there is none, or the account was deleted.
    """
    return _person(Account.objects.filter(customer=user_id, erased_at=None))


def me(*, account_id: int) -> Person:
    """Return the account, with its customer if it has one. Raises NotFound when there is none."""
    return _person(Account.objects.filter(id=account_id))


def _person(accounts: QuerySet[Account]) -> Person:
    """Return the one account as a Person, in one query. Raises NotFound for none."""
    joined = accounts.select_related("customer__fullname", "customer__address")
    account = joined.order_by("id").first()
    if account is None:
        raise NotFound
    customer: Customer | None = getattr(account, "customer", None)
    return {
        "user_id": account.customer_id,
        "account_id": account.pk,
        "username": account.username,
        "email": account.email,
        "email_verified": account.email_verified_at is not None,
        "first_name": customer.fullname.first_name if customer else None,
        "last_name": customer.fullname.last_name if customer else None,
        "address": customer.address.address if customer else None,
        "city": customer.address.city if customer else None,
        "country": customer.address.country if customer else None,
    }


_SHIP_TO = """
    SELECT customer.id, first_name, last_name, place.address, city, country
    FROM customers_customer AS customer
    JOIN customers_account AS account ON account.id = customer.account_id
    JOIN customers_fullname AS name ON name.id = customer.fullname_id
    JOIN customers_address AS place ON place.id = customer.address_id
    WHERE customer.id = ANY(%s) AND account.is_active
"""


def ship_to(*, user_ids: Iterable[int]) -> dict[int, ShipTo]:
    """Return the names and addresses of customers, by id.

    Missing are those whose account is closed: who is being deleted gets nothing any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHIP_TO, [list(user_ids)])
        return {
            user_id: ShipTo(
                first_name=first_name,
                last_name=last_name,
                address=address,
                city=city,
                country=country,
            )
            for user_id, first_name, last_name, address, city, country in cursor.fetchall()
        }


def emails(*, user_ids: Iterable[int]) -> dict[int, str]:
    """Return the email addresses of customers, by id; missing are those that were deleted."""
    found = Account.objects.filter(customer__in=list(user_ids), erased_at=None)
    return dict(found.values_list("customer", "email"))


def account_id(*, user_id: int) -> int:
    """Return the id of the customer's account, also of one that was deleted.

    Raises NotFound when there is no such customer.
    """
    found = Customer.objects.filter(id=user_id).values_list("account_id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def account_of_login(*, login_id: int) -> Account | None:
    """Return the account of a login, its customer read along; None when either has ended."""
    # Each request with a token asks this: written out, it costs a fifth of what the ORM takes.
    with connection.cursor() as cursor:
        cursor.execute(_OF_LOGIN, [login_id])
        row = cursor.fetchone()
    if row is None:
        return None
    account = Account.from_db(DEFAULT_DB_ALIAS, _ACCOUNT, row[: len(_ACCOUNT)])
    customer = row[len(_ACCOUNT) :]
    # Where Django keeps what `select_related` has read, also that there is none.
    if customer[0] is not None:
        account.customer = Customer.from_db(DEFAULT_DB_ALIAS, _CUSTOMER, customer)
    else:
        Account._meta.get_field("customer").set_cached_value(account, None)
    return account


_ACCOUNT = [field.attname for field in Account._meta.concrete_fields]
_CUSTOMER = [field.attname for field in Customer._meta.concrete_fields]
_OF_LOGIN = Prepared(
    f"SELECT {', '.join(f'account.{name}' for name in _ACCOUNT)},"  # noqa: S608 (our own names)
    f" {', '.join(f'customer.{name}' for name in _CUSTOMER)}"
    " FROM customers_login AS login"
    " JOIN customers_account AS account ON account.id = login.account_id"
    " LEFT JOIN customers_customer AS customer ON customer.account_id = account.id"
    " WHERE login.id = %s AND login.ended_at IS NULL AND account.is_active"
)


def staff_emails() -> list[str]:
    """Return the email addresses of the staff who may log in."""
    rows = Account.objects.filter(is_staff=True, is_active=True).exclude(email="")
    return list(rows.order_by("pk").values_list("email", flat=True))


def registered(*, since: datetime, until: datetime) -> int:
    """Return how many customers there are that registered between two times."""
    return Customer.objects.filter(created_at__gte=since, created_at__lt=until).count()
