"""The sandbox's page: what the customer sees there, and decides."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from shop.core.errors import NotFound
from shop.payments.sandbox.models import Entry, EntryStatus, Outcome

OUTCOMES = tuple(Outcome.values)


@dataclass(frozen=True)
class Page:
    """A charge as its page shows it: nothing of the customer's.

    `outcome` is paid, declined, or empty; `is_off` says that the shop has called the charge off.
    """

    entry_id: int
    amount: Decimal
    currency: str
    outcome: str
    is_off: bool


def page(*, page_id: UUID) -> Page:
    """Return a charge's page. Raises NotFound."""
    return _page(_found(Entry.objects.all(), page_id))


@transaction.atomic(savepoint=False)
def decide(*, page_id: UUID, outcome: str) -> tuple[Page, bool]:
    """Take the customer's decision, one of OUTCOMES; return the page, and whether it is news.

    May be repeated: the first one stands. Raises NotFound.
    """
    entry = _found(Entry.objects.select_for_update(), page_id)
    if entry.outcome:
        return _page(entry), False
    entry.outcome, entry.decided_at = Outcome(outcome), Now()
    if outcome == Outcome.PAID:
        # A bank does not know that the shop has given up meanwhile.
        entry.is_late = entry.status == EntryStatus.VOIDED
        entry.status = EntryStatus.CAPTURED
    elif entry.status == EntryStatus.PENDING:
        entry.status = EntryStatus.DECLINED
    entry.save(update_fields=["outcome", "decided_at", "is_late", "status"])
    return _page(entry), True


def _found(rows: QuerySet[Entry], page_id: UUID) -> Entry:
    entry = rows.filter(page_id=page_id).first()
    if entry is None:
        raise NotFound
    return entry


def _page(entry: Entry) -> Page:
    return Page(
        entry_id=entry.pk,
        amount=entry.amount,
        currency=entry.currency,
        outcome=entry.outcome,
        is_off=entry.is_late or entry.status == EntryStatus.VOIDED,
    )
