"""The database, the queues and the mail as they were: to begin again from there is quick."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString

from django.db import connection, transaction
from psycopg.sql import SQL, Composable, Identifier, Literal

from tests import emptying
from tests.workflows import forks

# What Django needs, whatever is in the shop.
KEPT = set(emptying.KEPT)
# What recovery counts of itself.
TALLY = "jobs_recoverytally"
# PostgreSQL computes some columns itself.
COLUMNS = """
    SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
    WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name"""


class Snapshot:
    """All rows and all messages of this moment, without any mail; there is one at a time."""

    def __init__(self, *, files: Path) -> None:
        filled = [table for table, number in _counts(_tables()).items() if number]
        _run(
            SQL("DROP SCHEMA IF EXISTS snapshot CASCADE"),
            SQL("CREATE SCHEMA snapshot"),
            *(_for(table, "CREATE TABLE snapshot.{0} AS TABLE {0}") for table in filled),
        )
        with connection.cursor() as cursor:
            cursor.execute(COLUMNS)
            columns = dict(cursor.fetchall())
        self._restoring = [
            *(_for(table, "DELETE FROM {0}") for table in _tables()),
            *(
                _for(table, "INSERT INTO {0} ({1}) SELECT {1} FROM snapshot.{0}", columns[table])
                for table in filled
            ),
        ]
        self._messages = forks.messages()
        self._files = files
        shutil.rmtree(files, ignore_errors=True)

    def restore(self) -> None:
        """Have the rows and messages of that moment again, and no others."""
        _run(*self._restoring)
        forks.put_back(self._messages)
        shutil.rmtree(self._files, ignore_errors=True)


def counts() -> dict[str, int]:
    """Return how many rows there are in each table, without the tally of recoveries."""
    return _counts(_tables() - {TALLY})


def _counts(tables: set[str]) -> dict[str, int]:
    each = (
        SQL("SELECT {}, count(*) FROM {}").format(Literal(table), Identifier(table))
        for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(SQL(" UNION ALL ").join(each))
        return dict(cursor.fetchall())


def _tables() -> set[str]:
    return set(connection.introspection.django_table_names()) - KEPT


def _for(table: str, statement: LiteralString, columns: Sequence[str] = ()) -> Composable:
    names = SQL(", ").join(map(Identifier, columns))
    return SQL(statement).format(Identifier(table), names)


def _run(*statements: Composable) -> None:
    """Run these in one transaction, without foreign keys and triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(SQL("; ").join(statements))
