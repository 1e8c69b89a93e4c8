"""What becomes of sessions: those whose process is frozen, as the server itself tells it, and
those that are older than a table.
"""

import json
import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from tasks.engine import rows
from tasks.engine.workflow import LEASE
from tests.engine.conftest import begin, deliver, finish, script

ASK = """
import json, django
django.setup()
from django.db import connection
names = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
if connection.pg_version >= 170_000:
    names += ("transaction_timeout",)
with connection.cursor() as cursor:
    cursor.execute("SELECT json_object_agg(name, setting::int) FROM pg_settings"
        " WHERE name = ANY(%s)", [list(names)])
    print(json.dumps(cursor.fetchone()[0]))
"""


def limits(role: str) -> dict[str, int]:
    """Return the time limits, in milliseconds, of a session of this role."""
    done = subprocess.run(
        (sys.executable, "-c", ASK),
        env={**os.environ, "SHOP_ROLE": role},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("role", ["worker", "recovery"])
def test_whoever_carries_out_jobs_loses_its_locks_before_the_lease_ends(role: str) -> None:
    found = limits(role)
    assert all(0 < milliseconds < LEASE * 1000 for milliseconds in found.values()), found


def test_a_gateway_that_is_frozen_holds_nothing_for_longer_than_a_lease() -> None:
    found = limits("gateway")
    found.pop("transaction_timeout", None)
    assert all(0 < milliseconds < LEASE * 1000 for milliseconds in found.values()), found


def change(column_type: str) -> None:
    """Change a column as a migration does, in a session of its own."""
    wanted = connection.get_connection_params()
    given = {name: wanted[name] for name in ("host", "port", "user", "password", "dbname")}
    with psycopg.connect(**given, autocommit=True) as session:
        session.execute(f"ALTER TABLE jobs_job ALTER COLUMN kind TYPE {column_type}".encode())


@pytest.mark.django_db(transaction=True)
def test_a_worker_leaves_a_session_that_is_older_than_a_table() -> None:
    """Its prepared statements would fail for ever."""
    job = begin()
    connection.connection.prepare_threshold = 0
    assert rows.look(job_id=job.pk, seq=0)
    change("varchar(80)")
    try:
        assert deliver(job).seq == 0
        assert script.ran == []
        assert finish(job).seq > 0
    finally:
        change("varchar(64)")
