"""The table of notifications."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Notification(models.Model):
    """Something that a customer was told."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, db_index=False)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    read_at = models.DateTimeField(null=True)
    # The job `notification` that mails it.
    job_id = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="notification_of_customer"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_read(self) -> bool:
        """Return whether the customer has read it."""
        return self.read_at is not None
