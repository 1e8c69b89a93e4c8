"""The gateway's way to PostgreSQL: Django's own, but for what a broken connection means."""

import time
from functools import partial
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

Session = psycopg.Connection[Any]
# For how long a connection that worked is taken to work still.
TRUSTED_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend with a pool in which one broken connection makes all idle ones suspect."""

    @property
    def pool(self) -> ConnectionPool[Session] | None:
        """Return the process's pool; None where the settings want none."""
        pool: ConnectionPool[Session] | None = super().pool
        if pool is not None:
            # Django leaves no choice of the check that the pool makes of what it gives.
            pool._check = partial(_check, pool)
        return pool


def _check(pool: ConnectionPool[Session], session: Session) -> None:
    """Look whether a connection works, and where it does not, at all that are idle.

    Not at one that was looked at a moment ago: each request would pay for that. PostgreSQL's
    restart breaks them all at once. By itself the pool would have requests find them one by one,
    with pauses that double, until their patience ends. Raises psycopg.Error.
    """
    state = vars(session)
    if time.monotonic() < state.get("trusted_until", 0.0):
        return
    try:
        pool.check_connection(session)
    except psycopg.Error:
        # Broken ones are replaced; this request gets another, or waits for a new one.
        pool.check()
        raise
    state["trusted_until"] = time.monotonic() + TRUSTED_SECONDS
