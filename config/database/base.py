"""The way to PostgreSQL: Django's, but for how times are read and what a broken pool does."""

import time
from functools import cache, partial
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base
from psycopg.adapt import AdaptersMap
from psycopg.errors import FeatureNotSupported
from psycopg.types.datetime import TimestamptzLoader
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


@cache
def _adapters(of_django: AdaptersMap) -> AdaptersMap:
    """Return how values come from PostgreSQL: as Django has it, but for times.

    Its sessions speak UTC, and so psycopg's own loader, which is written in C, makes the same of
    them as Django's, in a fifteenth of the time. A turn of a worker reads some thirty.
    """
    ours = AdaptersMap(of_django)
    ours.register_loader("timestamptz", TimestamptzLoader)
    return ours


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend; if it has a pool, one broken connection makes all idle ones suspect."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what Django connects with, but for times and the cursors of a pool."""
        params = super().get_connection_params()
        params["context"] = _adapters(params["context"])
        if "pool" in self.settings_dict["OPTIONS"]:
            # The threshold, which no statement here comes to, is what allows to prepare any.
            params |= {"cursor_factory": Cursor, "prepare_threshold": 1}
        return params

    def create_cursor(self, name: str | None = None) -> psycopg.Cursor[Any]:
        """Return a cursor; Django's would look whether its own loader of times is there."""
        session: Session = self.connection
        if name is None:
            return session.cursor()
        return session.cursor(name, scrollable=False, withhold=session.autocommit)

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
