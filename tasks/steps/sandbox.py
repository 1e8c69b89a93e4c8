"""Steps of the sandbox provider: what it does as a provider, not as a part of the shop."""

from uuid import UUID

from shop.payments.sandbox import webhooks
from tasks.engine.workflow import NotYet

# Seconds that the shop gets: to be connected to, and to answer.
TIMEOUT = 2 * webhooks.TIMEOUT
# Seconds until a webhook that was not taken is sent again, and until nobody will send it any more.
AGAIN = 5.0
GIVEN_UP = 3 * 24 * 3600.0


def send_webhook(*, entry_id: int, job_id: UUID) -> None:
    """Tell the shop what the customer did; in doubt again, for days, under the same id."""
    try:
        webhooks.send(entry_id=entry_id, message_id=f"msg_{job_id}")
    except webhooks.WebhookNotTaken as not_taken:
        raise NotYet(seconds=AGAIN, limit=GIVEN_UP, then=not_taken) from not_taken
