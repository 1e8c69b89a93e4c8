"""What the shop needs of a payment provider, and which providers there are.

Every call carries an idempotency key and may be repeated with it: the provider acts once. Calls
are made outside of any database transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from shop.core.errors import NotFound, Refused, Unavailable


class PaymentDeclined(Refused):
    """The customer's bank said no."""

    code = "payment_declined"
    detail = "The payment was declined; try another card."


class PaymentVoided(Refused):
    """The key was voided before: the charge comes too late and is not made."""

    code = "payment_voided"
    detail = "The payment was called off before it was made."


class PaymentTimeout(Refused):
    """The customer did not pay in time."""

    code = "payment_timeout"
    detail = "The payment was not made in time."


class ProviderUnavailable(Unavailable):
    """The provider does not answer; whether it did what it was asked is unknown."""

    code = "payment_provider_unavailable"
    detail = "The payment provider does not answer."


class InvalidSignature(Refused):
    """A message that the provider did not sign, or not lately."""

    code = "invalid_signature"
    detail = "The message is not signed by the provider, or too old."


class UnknownMethod(Refused):
    """No provider takes this way to pay."""

    code = "invalid_choice"
    detail = "There is no such payment method."
    field = "payment.method"


class CustomerMustAct(Exception):
    """Neither taken nor declined yet: the customer has to go to the provider's page at `url`."""

    def __init__(self, *, url: str) -> None:
        super().__init__("The customer has to act at the provider.")
        self.url = url


@dataclass(frozen=True)
class Charge:
    """A charge in the provider's books.

    `status` is pending, while the customer has to act; captured, declined, voided or refunded.
    """

    key: str
    status: str
    amount: Decimal
    refunded: Decimal
    currency: str


@dataclass(frozen=True)
class Hint:
    """What a message of a provider says: its kind, the charge's key, and whether that is paid.

    Empty where it says nothing that the shop understands.
    """

    kind: str
    key: str
    is_paid: bool


@dataclass(frozen=True, kw_only=True)
class NewCharge:
    """Money to be taken, under an idempotency key."""

    key: str
    amount: Decimal
    currency: str
    token: str


class Provider(Protocol):
    """A payment provider."""

    name: str
    methods: tuple[str, ...]

    def capture(self, *, key: str, amount: Decimal, currency: str, token: str) -> Charge:
        """Authorize and capture.

        Raises PaymentDeclined, PaymentVoided, ProviderUnavailable, and CustomerMustAct as long as
        the same again will tell later what the customer did.
        """

    def capture_all(self, *, charges: Sequence[NewCharge]) -> list[Charge | Exception]:
        """Do what `capture` does for each of several, and answer for each, as long as one takes.

        Raises ProviderUnavailable where it does not answer for any.
        """

    def void(self, *, key: str) -> Charge:
        """Take the charge of this key back, or see to it that it can never be made.

        Leaves a declined charge as it is. Raises ProviderUnavailable.
        """

    def refund(self, *, key: str, charge_key: str, amount: Decimal) -> Charge:
        """Give back part of a captured charge. Raises Refused, ProviderUnavailable."""

    def look_up(self, *, key: str) -> Charge:
        """Return the charge of this key. Raises NotFound, ProviderUnavailable."""

    def verify(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """Return the id of a message of the provider, the same for a copy of it.

        Raises InvalidSignature.
        """

    def read(self, *, message: Any) -> Hint:
        """Return what a message says, whatever it is: JSON that was signed."""


def provider(*, name: str) -> Provider:
    """Return the provider of this name. Raises NotFound when the shop has none such."""
    path = settings.SHOP_PAYMENT_PROVIDERS.get(name)
    if path is None:
        raise NotFound("There is no such payment provider.")
    found: Provider = import_string(path)()
    return found


def provider_for(*, method: str) -> Provider:
    """Return the provider that takes this way to pay. Raises UnknownMethod."""
    for name in settings.SHOP_PAYMENT_PROVIDERS:
        found = provider(name=name)
        if method in found.methods:
            return found
    raise UnknownMethod
