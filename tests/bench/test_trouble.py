"""What PostgreSQL complains of is found in its log."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection

from tests.bench.trouble import COMPLAINTS

LOG = Path(os.environ["SHOP_DATA_DIR"]).parent / "postgres.log"
URL = os.environ["DATABASE_URL"]
LOCK = "SELECT pg_advisory_xact_lock(%s)"


def complaints(size: int) -> dict[str, int]:
    text = LOG.read_bytes()[size:].decode(errors="replace")
    return {name: len(found.findall(text)) for name, found in COMPLAINTS.items()}


def test_timeouts_are_counted() -> None:
    size = LOG.stat().st_size
    with psycopg.connect(URL) as holder, psycopg.connect(URL) as other:
        holder.execute(LOCK, [71])
        other.execute("SET LOCAL lock_timeout = '10ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(LOCK, [71])
        other.rollback()
        other.execute("SET LOCAL statement_timeout = '10ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            other.execute(LOCK, [71])
        other.rollback()
        holder.execute("SET idle_in_transaction_session_timeout = '1ms'")
        # Once the idle one is ended, the lock is free.
        other.execute(LOCK, [71])
        # What PostgreSQL said at last may be lost with the connection.
        ended = (psycopg.errors.IdleInTransactionSessionTimeout, psycopg.OperationalError)
        with pytest.raises(ended):
            holder.execute("SELECT 1")
    assert complaints(size) == {"deadlocks": 0, "timeouts": 3}


def test_deadlocks_are_counted() -> None:
    size = LOG.stat().st_size
    with psycopg.connect(URL) as one, psycopg.connect(URL) as two, ThreadPoolExecutor(1) as pool:
        for session, lock in ((one, 72), (two, 73)):
            session.execute("SET LOCAL deadlock_timeout = '20ms'")
            session.execute(LOCK, [lock])

        def cross(session: Connection, lock: int) -> bool:
            """Return whether the session got the lock; if not, the other gets its own."""
            try:
                session.execute(LOCK, [lock])
            except psycopg.errors.DeadlockDetected:
                session.rollback()
                return False
            return True

        crossing = pool.submit(cross, one, 73)
        assert [cross(two, 72), crossing.result(10)].count(True) == 1
    assert complaints(size) == {"deadlocks": 1, "timeouts": 0}
