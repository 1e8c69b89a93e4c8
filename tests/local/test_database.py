"""The gateway's connections: after PostgreSQL has ended some, or all; and what they prepare."""

import time
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connections
from psycopg.pq import Format
from psycopg_pool import ConnectionPool

from config.database.base import DatabaseWrapper
from shop.core.statements import Prepared

TIMESTAMPTZ = psycopg.adapters.types["timestamptz"].oid
IDLE = 12
# More than one connection takes, and less than pauses of 0, 1, 2 and 4 seconds.
PATIENCE = 6
PIDS = "SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'pool'"
END = "SELECT pg_terminate_backend(%s, 5000)"


@pytest.fixture
def database(django_db_blocker: Any) -> Iterator[DatabaseWrapper]:
    """The database as the gateway has it, with a pool full of idle connections."""
    given = connections.settings["default"]
    options = {"min_size": IDLE, "max_size": 2 * IDLE, "timeout": PATIENCE}
    wanted = {
        **given,
        "NAME": "shop",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**given["OPTIONS"], "application_name": "pool", "pool": options},
    }
    database = DatabaseWrapper(wanted, alias="pool")
    assert database.pool is not None
    connections["pool"] = database
    try:
        database.pool.open(wait=True)
        with django_db_blocker.unblock():
            yield database
    finally:
        database.close()
        database.close_pool()
        del connections["pool"]


@pytest.fixture
def pool(database: DatabaseWrapper) -> ConnectionPool[psycopg.Connection[Any]]:
    """Its pool."""
    assert database.pool is not None
    return database.pool


@pytest.fixture
def operator() -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the pool's."""
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as session:
        yield session


def pids(operator: psycopg.Connection[Any]) -> set[int]:
    """Return the server's processes behind the pool's connections."""
    ((found,),) = operator.execute(PIDS).fetchall()
    return set(found)


def test_a_request_waits_for_no_more_than_one_of_many_that_have_ended(
    pool: ConnectionPool[psycopg.Connection[Any]], operator: psycopg.Connection[Any]
) -> None:
    ended = pids(operator)
    assert len(ended) == IDLE
    for pid in ended:
        operator.execute(END, [pid])
    begun_at = time.monotonic()
    with pool.connection() as session:
        session.execute("SELECT 1")
    assert time.monotonic() - begun_at < PATIENCE / 2


def test_those_that_work_are_kept_when_one_has_ended(
    pool: ConnectionPool[psycopg.Connection[Any]], operator: psycopg.Connection[Any]
) -> None:
    before = pids(operator)
    ended = min(before)
    operator.execute(END, [ended])
    # As often as it takes to come upon the one that has ended.
    for _ in range(IDLE):
        with pool.connection() as session:
            session.execute("SELECT 1")
    assert before - pids(operator) == {ended}


@pytest.fixture
def books(operator: psycopg.Connection[Any]) -> Iterator[str]:
    """A table, as a statement finds it."""
    operator.execute("CREATE TABLE test_books (id int, title varchar(10))")
    operator.execute("INSERT INTO test_books VALUES (1, 'Kim')")
    yield "SELECT title FROM test_books WHERE id = %s"
    operator.execute("DROP TABLE test_books")


def found(database: DatabaseWrapper, statement: str) -> tuple[Any, ...]:
    with database.cursor() as cursor:
        cursor.execute(statement, [1])
        return tuple(cursor.fetchone())


def test_a_session_keeps_the_plans_of_what_is_marked_and_of_nothing_else(
    database: DatabaseWrapper, books: str
) -> None:
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE 1 = %s"
    for _ in range(10):
        assert found(database, books) == ("Kim",)
    assert found(database, kept) == (0,)
    assert found(database, Prepared(books)) == ("Kim",)
    assert found(database, kept) == (1,)


def test_a_session_with_a_plan_that_is_older_than_a_table_is_left(
    database: DatabaseWrapper, operator: psycopg.Connection[Any], books: str
) -> None:
    assert found(database, Prepared(books)) == ("Kim",)
    operator.execute("ALTER TABLE test_books ALTER COLUMN title TYPE varchar(20)")
    # The request is told to come again; the one after it gets a session that knows the table.
    with pytest.raises(OperationalError):
        found(database, Prepared(books))
    database.close()
    assert found(database, Prepared(books)) == ("Kim",)


def test_times_are_in_utc_and_cheap(django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT timestamptz '2026-01-31 23:59:59.5+07'")
        (found,) = cursor.fetchone()
        loader = cursor.cursor.adapters.get_loader(TIMESTAMPTZ, Format.TEXT)
    assert found.tzinfo is UTC
    assert found.isoformat() == "2026-01-31T16:59:59.500000+00:00"
    # psycopg's own, in C where it has that.
    assert loader is psycopg.adapters.get_loader(TIMESTAMPTZ, Format.TEXT)
