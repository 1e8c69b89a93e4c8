"""Steps of the sandbox provider: what it does as a provider, not as a part of the shop."""

from uuid import UUID

from shop.payments.sandbox import webhooks

# Seconds that the shop gets: to be connected to, and to answer.
TIMEOUT = 2 * webhooks.TIMEOUT


def send_webhook(*, entry_id: int, job_id: UUID) -> None:
    """Tell the shop what the customer did; in doubt again, under the same id."""
    webhooks.send(entry_id=entry_id, message_id=f"msg_{job_id}")
