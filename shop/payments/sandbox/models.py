"""The sandbox's own books. The shop never reads them but through the provider's interface."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shop.core.money import DECIMAL_PLACES, MAX_DIGITS


class EntryStatus(models.TextChoices):
    """What the sandbox did under a key."""

    OPEN = "open"
    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"


class Outcome(models.TextChoices):
    """What the customer did on the sandbox's page."""

    PAID = "paid"
    DECLINED = "declined"


class Entry(models.Model):
    """One idempotency key and what was done under it. Holds no token."""

    key = models.CharField(max_length=128)
    status = models.CharField(max_length=16, choices=EntryStatus, default=EntryStatus.OPEN)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, default=0)
    refunded = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, default=0)
    currency = models.CharField(max_length=3, blank=True, default="")
    # How many requests were answered with a fault, which some tokens ask for.
    faults = models.PositiveSmallIntegerField(default=0)
    # The address of the customer's page, where the charge needs one; whoever knows it may pay.
    page_id = models.UUIDField(null=True, unique=True, editable=False)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    # Paid after the shop had voided it: captured all the same, for so it is in the world.
    is_late = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="sandbox_entry_key_unique"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None)
                | Q(outcome__in=Outcome.values, decided_at__isnull=False, page_id__isnull=False),
                name="sandbox_outcome_decided",
            ),
            models.CheckConstraint(
                condition=Q(is_late=False) | Q(outcome="paid", status="captured"),
                name="sandbox_late_is_captured",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")),
                name="sandbox_refunded_within_amount",
            ),
        ]
        # Entries come in the order of their times, so this costs next to nothing.
        indexes: ClassVar = [
            BrinIndex(fields=["created_at"], name="sandbox_entry_at", autosummarize=True)
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


class Refund(models.Model):
    """One refund, under a key of its own."""

    key = models.CharField(max_length=128)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="sandbox_refund_key_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_refund_not_empty"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="sandbox_refund_at")]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"
