"""Jobs in numbers, for whoever watches the shop. Reads active and stuck jobs only, by an index."""

from dataclasses import dataclass

from django.db import connection

from tasks.engine.models import RESTING, RecoveryTally, Setback, State

# The words of two partial indexes: ended jobs cost nothing, however many there are.
ACTIVE = """
    SELECT state, count(*), count(*) FILTER (WHERE due_at <= statement_timestamp()),
        extract(epoch FROM statement_timestamp() - min(due_at))::float8
    FROM jobs_job WHERE due_at IS NOT NULL GROUP BY state"""
STUCK = "SELECT count(*) FROM jobs_job WHERE state = 'stuck'"


@dataclass(frozen=True)
class Figures:
    """How many jobs are in each state, due, stuck, and how often some had to be recovered."""

    active: dict[str, int]
    stuck: int
    # What recovery has yet to publish, and for how many seconds it has waited at most.
    due: int
    overdue_by: float
    # Since the shop began, by reason.
    recovered: dict[str, int]


def read() -> Figures:
    """Return the figures as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIVE)
        rows = cursor.fetchall()
        cursor.execute(STUCK)
        (stuck,) = cursor.fetchone()
    counted = dict(RecoveryTally.objects.values_list("reason", "number"))
    return Figures(
        active={str(state): 0 for state in State if state not in RESTING}
        | {state: number for state, number, _, _ in rows},
        stuck=stuck,
        due=sum(due for _, _, due, _ in rows),
        overdue_by=max([0.0, *(seconds for *_, seconds in rows)]),
        recovered=dict.fromkeys(Setback.values, 0) | counted,
    )
