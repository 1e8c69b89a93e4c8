"""The sandbox: a payment provider whose tokens decide what happens."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from shop.core.errors import NotFound, Refused
from shop.core.outcomes import only
from shop.payments.providers import (
    Charge,
    CustomerMustAct,
    Hint,
    NewCharge,
    PaymentDeclined,
    PaymentVoided,
    ProviderUnavailable,
)
from shop.payments.sandbox import webhooks
from shop.payments.sandbox.models import Entry, EntryStatus, Refund

# How many requests with a token are answered with a fault before the charge is made.
FAULTS_BEFORE = {"tok_flaky": 2}
# … and how many after it was made: the money moves and the answer is lost.
FAULTS_AFTER = {"tok_timeout": 1}
# The customer decides, on a page of the sandbox.
REDIRECTED = "tok_redirect"
APPROVED = {"tok_ok", *FAULTS_BEFORE, *FAULTS_AFTER}


class RefundTooLarge(Refused):
    """There is not so much left of the charge."""

    code = "refund_exceeds_payment"
    detail = "More cannot be refunded than is left of what was captured."


class SandboxProvider:
    """Keeps charges in tables of its own and moves no money. Every other token is declined."""

    name = "sandbox"
    methods = ("card",)

    def capture(self, *, key: str, amount: Decimal, currency: str, token: str) -> Charge:
        """Charge as the token says, once for each key."""
        charge = NewCharge(key=key, amount=amount, currency=currency, token=token)
        return only(self.capture_all(charges=[charge]))

    def capture_all(self, *, charges: Sequence[NewCharge]) -> list[Charge | Exception]:
        """Charge as the tokens say, once for each key."""
        entries = {charge.key: Entry(key=charge.key) for charge in charges}
        fails = {charge.key: _capture(entries[charge.key], charge) for charge in charges}
        with transaction.atomic():
            made = _insert([entries[key] for key in sorted(entries)])
            for charge in charges:
                if charge.key not in made:
                    entry = entries[charge.key] = self._entry(charge.key)
                    fails[charge.key] = _capture(entry, charge)
                    entry.save()
        # Answered only now: what the provider did stands in its books whatever it says.
        return [_answer(entries[charge.key], fails=fails[charge.key]) for charge in charges]

    def void(self, *, key: str) -> Charge:
        """Take a charge back; where there is none yet, leave a tombstone that forbids it.

        A repeat is answered as the first time, also where the customer has paid since.
        """
        with transaction.atomic():
            entry = self._entry(key)
            if entry.status != EntryStatus.DECLINED and not entry.is_late:
                entry.status = EntryStatus.VOIDED
                entry.save(update_fields=["status"])
        return _charge(entry, status=EntryStatus.VOIDED if entry.is_late else None)

    def refund(self, *, key: str, charge_key: str, amount: Decimal) -> Charge:
        """Give back part of a captured charge, once for each key."""
        with transaction.atomic():
            entry = self._entry(charge_key)
            if not Refund.objects.filter(key=key).exists():
                if entry.status != EntryStatus.CAPTURED or entry.refunded + amount > entry.amount:
                    raise RefundTooLarge
                Refund.objects.create(key=key, entry=entry, amount=amount)
                Entry.objects.filter(pk=entry.pk).update(refunded=F("refunded") + amount)
                entry.refresh_from_db()
        return _charge(entry)

    def look_up(self, *, key: str) -> Charge:
        """Return what stands in the books under this key."""
        entry = Entry.objects.filter(key=key).first()
        if entry is None:
            raise NotFound
        return _charge(entry)

    def verify(self, *, headers: Mapping[str, str], body: bytes) -> str:
        """Return the id of a message that the sandbox signed. Raises InvalidSignature."""
        return webhooks.verify(headers=headers, body=body)

    def read(self, *, message: Any) -> Hint:
        """Return what a message of the sandbox says."""
        return webhooks.read(message=message)

    def _entry(self, key: str) -> Entry:
        """Return the entry of this key, locked, made if need be."""
        Entry.objects.bulk_create([Entry(key=key)], ignore_conflicts=True)
        return Entry.objects.select_for_update().get(key=key)


def _capture(entry: Entry, charge: NewCharge) -> bool:
    """Do what the token says, and return whether the answer is to be a fault."""
    if entry.status != EntryStatus.OPEN:
        return False
    fails = False
    entry.amount, entry.currency = charge.amount, charge.currency
    if charge.token == REDIRECTED:
        entry.status, entry.page_id = EntryStatus.PENDING, uuid4()
    elif charge.token not in APPROVED:
        entry.status = EntryStatus.DECLINED
    elif entry.faults < FAULTS_BEFORE.get(charge.token, 0):
        fails = True
    else:
        entry.status = EntryStatus.CAPTURED
        fails = entry.faults < FAULTS_AFTER.get(charge.token, 0)
    entry.faults += fails
    return fails


def _insert(entries: Sequence[Entry]) -> set[str]:
    """Write entries whose keys are new, in one statement, and return these keys."""
    columns = ("key", "status", "amount", "currency", "faults", "page_id")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sandbox_entry"
            " (key, status, amount, currency, faults, page_id, refunded, outcome, is_late)"
            " SELECT *, 0, '', false FROM unnest(%s::text[], %s::text[], %s::numeric[],"
            " %s::text[], %s::smallint[], %s::uuid[])"
            " ON CONFLICT (key) DO NOTHING RETURNING key",
            [[getattr(entry, column) for entry in entries] for column in columns],
        )
        return {key for (key,) in cursor.fetchall()}


def _answer(entry: Entry, *, fails: bool) -> Charge | Exception:
    """Return what the shop is told of a charge."""
    if fails:
        return ProviderUnavailable()
    if entry.status == EntryStatus.VOIDED or entry.is_late:
        return PaymentVoided()
    if entry.status == EntryStatus.DECLINED:
        return PaymentDeclined()
    if entry.status == EntryStatus.PENDING:
        return CustomerMustAct(url=f"{settings.SHOP_PUBLIC_URL}/sandbox/payments/{entry.page_id}")
    return _charge(entry)


def _charge(entry: Entry, *, status: str | None = None) -> Charge:
    refunded = entry.status == EntryStatus.CAPTURED and entry.refunded == entry.amount > 0
    return Charge(
        key=entry.key,
        status=status or ("refunded" if refunded else entry.status),
        amount=entry.amount,
        refunded=entry.refunded,
        currency=entry.currency,
    )
