"""Jobs that ended long ago are deleted, a few at a time."""

from datetime import timedelta

from django.db import connection

# One short statement; what somebody reads at this moment under a lock waits for the next time.
STATEMENT = """
    DELETE FROM jobs_job WHERE id = ANY(ARRAY(
        SELECT id FROM jobs_job
        WHERE finished_at IS NOT NULL AND finished_at < now() - %(age)s * interval '1 s' {condition}
        ORDER BY finished_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))"""


def delete_finished(*, older_than: timedelta, limit: int, scope: str | None = None) -> int:
    """Delete so many of the oldest jobs that ended that long ago; return how many went.

    Of one scope of idempotency keys, or of all. Their keys go with them.
    """
    statement = STATEMENT.format(condition="" if scope is None else "AND scope = %(scope)s")
    values = {"age": older_than.total_seconds(), "limit": limit, "scope": scope}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
