"""Changes of a customer's name and address."""

from django.db import transaction

from shop.core.errors import NotFound
from shop.customers.models import Account, Address, FullName


@transaction.atomic
def update_customer(
    *,
    user_id: int,
    first_name: str | None = None,
    last_name: str | None = None,
    address: str | None = None,
    city: str | None = None,
    country: str | None = None,
) -> None:
    """Change what is given of a customer's name and address. May be repeated.

    Orders keep what they were shipped to. Raises NotFound when the customer is gone.
    """
    # Under the account's lock, so that no change comes after the erasure of what it changes.
    there = Account.objects.select_for_update(of=("self",), no_key=True).select_related("customer")
    account = there.filter(customer=user_id, erased_at=None).first()
    if account is None:
        raise NotFound
    name = _given(first_name=first_name, last_name=last_name)
    if name:
        FullName.objects.filter(id=account.customer.fullname_id).update(**name)
    place = _given(address=address, city=city, country=country)
    if place:
        Address.objects.filter(id=account.customer.address_id).update(**place)


def _given(**values: str | None) -> dict[str, str]:
    """Return those of the values that are there."""
    return {name: value for name, value in values.items() if value is not None}
