"""The gateway's way to PostgreSQL: Django's own, but for what a broken connection means."""

import time
from functools import partial
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import FeatureNotSupported
from psycopg_pool import ConnectionPool

from shop.core.statements import Prepared

Session = psycopg.Connection[Any]
# For how long a connection that worked is taken to work still.
TRUSTED_SECONDS = 1.0


class Cursor(base.ServerBindingCursor, psycopg.Cursor[Any]):
    """Django's cursor, which has PostgreSQL prepare what is marked so, and nothing else."""

    def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
        """Run a statement. Raises psycopg.Error."""
        how["prepare"] = isinstance(query, Prepared)
        try:
            return super().execute(query, params, **how)
        except FeatureNotSupported as error:
            if not how["prepare"]:
                raise
            # A migration has changed what it finds, which this session will never see.
            self.connection.close()
            raise psycopg.OperationalError(str(error)) from error


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend with a pool in which one broken connection makes all idle ones suspect."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what Django connects with, but for the cursors."""
        # The threshold, which no statement here comes to, is what allows to prepare any.
        ours = {"cursor_factory": Cursor, "prepare_threshold": 1}
        return {**super().get_connection_params(), **ours}

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
