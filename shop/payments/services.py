"""Writes of payments (6): talk to the provider, and note what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TypedDict

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from shop.core import money, rows, versions
from shop.core.errors import Refused
from shop.orders import selectors as order_reads
from shop.orders import services as orders
from shop.payments import providers, selectors
from shop.payments.models import Payment, PaymentStatus, Refund
from shop.payments.providers import NewCharge

# Who takes what a customer pays past every provider: in cash, or by bank transfer.
MANUAL = "manual"
# Statuses of an order in which the customer gets back what was paid.
GIVEN_BACK = ("cancelled", "failed", "returned")


class RefundExceedsPayment(Refused):
    """There is not so much left of what was captured."""

    code = "refund_exceeds_payment"
    detail = "More cannot be refunded than is left of what was captured."


class OrderNotPayable(Refused):
    """The order is not pending, or is being paid."""

    code = "order_not_payable"
    detail = "The order is not waiting for a payment, or a payment of it is under way."


class Paid(TypedDict):
    """What a provider says of a charge."""

    charge_status: str


class Planned(TypedDict):
    """Money to be given back, in digits; all null where there is none."""

    payment_id: int | None
    provider: str | None
    charge_key: str | None
    amount: str | None
    currency: str | None


NOTHING = Planned(payment_id=None, provider=None, charge_key=None, amount=None, currency=None)


def capture_all(*, method: str, charges: Sequence[NewCharge]) -> list[Paid | Exception]:
    """Take the money for several charges, outside of any transaction, and answer for each.

    May be repeated with the same keys. Answers are PaymentDeclined; CustomerMustAct, when the
    customer has to go somewhere first; ProviderUnavailable, when it may have been taken. Raises
    UnknownMethod.
    """
    return [
        charge if isinstance(charge, Exception) else Paid(charge_status=charge.status)
        for charge in providers.provider_for(method=method).capture_all(charges=charges)
    ]


def void(*, key: str, method: str) -> Paid:
    """Give the money back or call the charge off for good. May be repeated with the same key.

    Raises ProviderUnavailable.
    """
    return Paid(charge_status=providers.provider_for(method=method).void(key=key).status)


@dataclass(frozen=True, kw_only=True)
class NewPayment:
    """What became of a charge for an order, under its key."""

    order_id: int
    key: str
    method: str
    amount: Decimal
    currency: str
    charge_status: str


def record(
    *, order_id: int, key: str, method: str, amount: Decimal, currency: str, charge_status: str
) -> int:
    """Note what became of the charge under this key, and return the payment's id.

    May be repeated: what is noted last, stands. Raises IntegrityError when the order has been
    paid with another charge.
    """
    payment = NewPayment(
        order_id=order_id,
        key=key,
        method=method,
        amount=amount,
        currency=currency,
        charge_status=charge_status,
    )
    return record_all([payment])[0]


_RECORD = """
    INSERT INTO payments_payment (
        order_id, key, provider, method, status, amount, currency, refunded, refunding
    )
    SELECT charge.*, 0, 0 FROM json_to_recordset(%s::json) AS charge (
        order_id bigint, key text, provider text, method text, charge_status text, amount numeric,
        currency text
    )
    ON CONFLICT (key) DO UPDATE SET status = EXCLUDED.status
    RETURNING id
"""


def record_all(payments: Sequence[NewPayment]) -> list[int]:
    """Note what became of several charges, as `record` does, and return the payments' ids."""
    noted = [
        {**asdict(one), "provider": providers.provider_for(method=one.method).name}
        for one in payments
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [rows.packed(noted)])
        return [payment_id for (payment_id,) in cursor.fetchall()]


def check_version(*, order_id: int, if_match: Collection[str]) -> None:
    """Go on only if the order is as it was seen, and keep it so until the transaction ends.

    Raises NotFound; PreconditionFailed.
    """
    orders.lock(order_id=order_id)
    versions.check(selectors.version(order_id=order_id), wanted=if_match)


@transaction.atomic(savepoint=False)
def plan_refund(*, order_id: int, key: str, amount: Decimal | None, by: int | None) -> Planned:
    """Promise money back of what was captured for an order: `amount`, or all that is left.

    From then on nobody else can promise it. Raises RefundExceedsPayment when there is not so much.
    """
    orders.lock(order_id=order_id)
    payment = selectors.captured(order_id=order_id)
    left = payment.amount - payment.refunding if payment else Decimal(0)
    wanted = left if amount is None else amount
    if payment is None or not 0 < wanted <= left:
        raise RefundExceedsPayment
    Payment.objects.filter(pk=payment.pk).update(refunding=F("refunding") + wanted)
    Refund.objects.create(payment=payment, key=key, amount=wanted, by=by)
    return Planned(
        payment_id=payment.pk,
        provider=payment.provider,
        charge_key=payment.key,
        amount=money.text(wanted, payment.currency),
        currency=payment.currency,
    )


@transaction.atomic(savepoint=False)
def settle(*, order_id: int, status: str, key: str, refund_key: str, by: int | None) -> Planned:
    """Do for the money of an order what its new status means, and return what is to be given back.

    One that staff call paid was paid past every provider, and is noted under `key`; of one that is
    cancelled, failed or returned, all that is left goes back, under `refund_key`.
    """
    if status == "paid":
        order = order_reads.order(order_id=order_id)
        Payment.objects.create(
            order_id=order_id,
            key=key,
            provider=MANUAL,
            method=MANUAL,
            status=PaymentStatus.CAPTURED,
            amount=order.total,
            currency=order.currency,
        )
    if status not in GIVEN_BACK:
        return NOTHING
    try:
        return plan_refund(order_id=order_id, key=refund_key, amount=None, by=by)
    except RefundExceedsPayment:
        return NOTHING


def refund(*, key: str, provider: str, charge_key: str, amount: Decimal) -> None:
    """Have the provider give money back. May be repeated with the same key.

    Raises Refused when there is not so much left of the charge; ProviderUnavailable.
    """
    if provider != MANUAL:
        providers.provider(name=provider).refund(key=key, charge_key=charge_key, amount=amount)


@transaction.atomic(savepoint=False)
def record_refund(*, key: str) -> None:
    """Note that a promised refund is done. May be repeated."""
    if not Refund.objects.filter(key=key, done_at=None).update(done_at=Now()):
        return
    found = Refund.objects.get(key=key)
    payments = Payment.objects.filter(pk=found.payment_id)
    payments.update(refunded=F("refunded") + found.amount)
    payments.filter(status=PaymentStatus.CAPTURED, refunded=F("amount")).update(
        status=PaymentStatus.REFUNDED
    )
