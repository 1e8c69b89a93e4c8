"""Who asks for a job, and how."""

from dataclasses import dataclass

from tasks.engine.jobs import Idempotency


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks: an account, or null for the shop itself; and how."""

    account_id: int | None = None
    request_id: str = ""
    idempotency: Idempotency | None = None
