"""What recovery had to mend, and why: the last entries in a job's row, and a tally of all.

Of a job that nobody had to recover nothing is written, and nothing is kept.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from shop.core.times import rfc3339
from tasks.engine import registry
from tasks.engine.models import Job, Setback

# How many entries a job keeps. Each has its number, so that the last one tells how many there were.
KEPT = 20


def note(jobs: Sequence[tuple[Job, datetime]]) -> None:
    """Note why each of these jobs is published now, unless it was to be, and when that was decided.

    To be called under their locks, at the end of the transaction: all recoveries share the tally.
    """
    entries = [(job, entry) for job, at in jobs if (entry := _entry(job, at))]
    if not entries:
        return
    histories = [json.dumps([*(job.recoveries or ()), entry][-KEPT:]) for job, entry in entries]
    reasons = Counter(entry["reason"] for _, entry in entries)
    with connection.cursor() as cursor:
        # The worker's name now stands in the entry; the next one to claim the job writes its own.
        cursor.execute(
            "UPDATE jobs_job SET recoveries = history, claimed_by = ''"
            " FROM unnest(%s::uuid[], %s::jsonb[]) AS t (job_id, history) WHERE id = job_id",
            [[job.pk for job, _ in entries], histories],
        )
        # In one order, so that two recoveries wait for each other and not in a circle.
        cursor.execute(
            "INSERT INTO jobs_recoverytally AS tally (reason, number)"
            " SELECT * FROM unnest(%s::text[], %s::int[]) AS t (reason, number) ORDER BY reason"
            " ON CONFLICT (reason) DO UPDATE SET number = tally.number + excluded.number",
            [list(reasons), list(reasons.values())],
        )


def _entry(job: Job, at: datetime) -> dict[str, Any] | None:
    """Return what to note of a job whose `publications` counts the message that is sent now."""
    reason = job.delayed_by or (Setback.LEASE_ENDED if job.publications > 1 else None)
    last = job.recoveries[-1] if job.recoveries else None
    if reason is None or (last and _is_same_outage(job, reason, last)):
        return None
    step = registry.workflow_of(job).steps[job.cursor].name if job.cursor >= 0 else None
    return {
        "number": last["number"] + 1 if last else 1,
        "at": rfc3339(at),
        "step": step,
        "publication": job.publications,
        "reason": str(reason),
        "worker": job.claimed_by or None,
        "seq": job.seq,
    }


def _is_same_outage(job: Job, reason: str, last: dict[str, Any]) -> bool:
    """Return whether the broker is still away: then each job is sent in vain twice a second."""
    found = (reason, job.seq)
    return reason == Setback.BROKER_UNREACHABLE and found == (last["reason"], last["seq"])
