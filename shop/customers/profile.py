"""Changes of a customer's name and address, and the word that an email is theirs."""

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from shop.core.errors import NotFound
from shop.customers import mailed_tokens
from shop.customers.models import Account, Address, FullName
from shop.customers.purposes import Purpose


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


@transaction.atomic
def verify_email(*, token: str) -> None:
    """Note that whose account it is reads what is sent to its email.

    Raises UnusableToken, also when it was used before.
    """
    purpose = Purpose.EMAIL_VERIFICATION
    account = mailed_tokens.holder(token=token, purpose=purpose)
    # First of all the account is locked, as by all who lock it and its tokens.
    note_that_email_is_read(account_id=account.pk)
    mailed_tokens.use(token=token, purpose=purpose)


def note_that_email_is_read(*, account_id: int) -> None:
    """Note the first time at which that was shown. May be repeated."""
    account = Account.objects.filter(pk=account_id)
    account.update(email_verified_at=Coalesce("email_verified_at", Now()))


def _given(**values: str | None) -> dict[str, str]:
    """Return those of the values that are there."""
    return {name: value for name, value in values.items() if value is not None}
