"""What PostgreSQL does to a session whose process is frozen, as the server itself tells it."""

import json
import os
import subprocess
import sys

import pytest

from tasks.engine.workflow import LEASE

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
