"""What providers tell (6), and money that they took after the shop had called the charge off."""

from datetime import timedelta
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from shop.core.errors import NotFound
from shop.payments import providers
from shop.payments.models import Event, Payment, PaymentStatus, Refund

# The shop counts these as paid, or has given them back.
SETTLED = (PaymentStatus.CAPTURED, PaymentStatus.REFUNDED)


class Payee(TypedDict):
    """Whose payment it is, and for which order."""

    user_id: int
    order_id: int


def record(*, provider: str, event_id: str, kind: str, key: str) -> bool:
    """Note a provider's message, and return whether it is new: of copies at once, one is.

    To be called in the transaction of what it leads to.
    """
    known = {"kind": _fitting(kind, 64), "key": known_key(key=key)}
    _, is_new = Event.objects.get_or_create(provider=provider, event_id=event_id, defaults=known)
    return is_new


def delete_old(*, older_than: timedelta, limit: int) -> int:
    """Delete messages of that age among so many of the first, and return how many went."""
    # Ids grow with time: to look at the first ones costs the same, however many there are.
    first = Event.objects.order_by("pk").values("pk")[:limit]
    old = Event.objects.select_for_update(skip_locked=True).filter(
        pk__in=first, received_at__lt=Now() - older_than
    )
    return Event.objects.filter(pk__in=[event.pk for event in old]).delete()[0]


def known_key(*, key: str) -> str:
    """Return a charge's key as the shop can look it up; nothing if no charge can have it."""
    return _fitting(key, 128)


def _fitting(text: str, length: int) -> str:
    """Return a text if the column holds it, else nothing: the shop means nothing by it."""
    return text if len(text) <= length and "\0" not in text else ""


def job_of(*, key: str) -> UUID | None:
    """Return the id of the job that makes the charge, `{job_id}:{step}`; None for no such key."""
    try:
        return UUID(key.partition(":")[0])
    except ValueError:
        return None


def payee(*, key: str) -> Payee | None:
    """Return whose charge it is, if the shop knows it."""
    row = Payment.objects.filter(key=key).values_list("order__customer_id", "order_id").first()
    return Payee(user_id=row[0], order_id=row[1]) if row else None


def late_amount(*, provider: str, key: str) -> Decimal | None:
    """Return what the provider holds of a charge that the shop does not count as paid, if anything.

    Asks outside of any transaction, about a charge that no job is at work on.
    Raises ProviderUnavailable.
    """
    payment = Payment.objects.filter(provider=provider, key=key).first()
    if payment is None or payment.status in SETTLED:
        return None
    try:
        charge = providers.provider(name=provider).look_up(key=key)
    except NotFound:
        return None
    if charge.status != PaymentStatus.CAPTURED:
        return None
    return charge.amount - charge.refunded


def refund_late(*, provider: str, key: str, amount: Decimal) -> None:
    """Give the money back, outside of any transaction. May be repeated: it is given back once.

    Raises ProviderUnavailable.
    """
    source = providers.provider(name=provider)
    source.refund(key=_refund_key(key), charge_key=key, amount=amount)


def note_late(*, key: str, amount: Decimal) -> bool:
    """Note that money which came too late was given back; return whether that is news."""
    unsettled = Payment.objects.filter(key=key).exclude(status__in=SETTLED)
    if not unsettled.update(
        status=PaymentStatus.REFUNDED, refunding=F("amount"), refunded=F("amount")
    ):
        return False
    payment = Payment.objects.get(key=key)
    Refund.objects.create(payment=payment, key=_refund_key(key), amount=amount, done_at=Now())
    return True


def _refund_key(key: str) -> str:
    """Return one key for all who want to give back the same charge."""
    return f"{key}:late"
