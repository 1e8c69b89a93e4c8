"""The table of payments, as the shop knows them; a provider keeps its own books."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from shop.core.money import DECIMAL_PLACES, MAX_DIGITS


class PaymentStatus(models.TextChoices):
    """What became of a payment."""

    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"
    REFUNDED = "refunded"


class Payment(models.Model):
    """One attempt to pay an order."""

    order = models.ForeignKey("orders.Order", models.PROTECT)
    # What the provider knows it by: `{job_id}:{step}`.
    key = models.CharField(max_length=128)
    provider = models.CharField(max_length=32)
    method = models.CharField(max_length=32)
    status = models.CharField(max_length=16, choices=PaymentStatus)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    # What was given back, and beside it what is promised to be: refunds under way count at once.
    refunded = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, default=0)
    refunding = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, default=0)
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="payment_key_unique"),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunding__gte=F("refunded"))
                & Q(refunding__lte=F("amount")),
                name="payment_refunds_within_amount",
            ),
            # An order is paid once: whatever the code does, a second capture is not written down.
            models.UniqueConstraint(
                fields=["order"], condition=Q(status="captured"), name="payment_captured_once"
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk} of order {self.order_id}, {self.status}"


class Refund(models.Model):
    """Money of a payment that is given back: promised, and then done."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    # What the provider knows it by: `{job_id}:{step}`.
    key = models.CharField(max_length=128)
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    # The account of whoever wanted it; null for the shop itself.
    by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="refund_key_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_not_empty"),
        ]
        # For who looks whether the books add up.
        indexes: ClassVar = [models.Index(Coalesce("done_at", "created_at"), name="refund_at")]

    def __str__(self) -> str:
        return f"refund {self.pk} of payment {self.payment_id}"


class Event(models.Model):
    """A message of a provider, as it arrived. It is a hint: what is true, the provider is asked."""

    provider = models.CharField(max_length=32)
    # The sender's own id of it, the same for a repeat.
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=64)
    # The charge that it is about, if any.
    key = models.CharField(max_length=128, blank=True, default="")
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="event_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.provider}"
