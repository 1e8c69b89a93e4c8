"""The gateway's pool of connections, after PostgreSQL has ended some of them, or all."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg_pool import ConnectionPool

from config.database.base import DatabaseWrapper

IDLE = 12
# More than one connection takes, and less than pauses of 0, 1, 2 and 4 seconds.
PATIENCE = 6
PIDS = "SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'pool'"
END = "SELECT pg_terminate_backend(%s, 5000)"


@pytest.fixture
def pool() -> Iterator[ConnectionPool[psycopg.Connection[Any]]]:
    """A pool as the gateway has it, full of idle connections."""
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
    try:
        database.pool.open(wait=True)
        yield database.pool
    finally:
        database.close_pool()


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
