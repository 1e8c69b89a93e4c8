"""What must hold when all is over, a sentence each: of jobs here, of things in adding_up.py."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.engine import registry
from tests.chaos import adding_up
from tests.chaos.evidence import Evidence, Row
from tests.chaos.injector import Injected, Injector
from tests.chaos.life import ended
from tests.chaos.load import Load
from tests.chaos.stack import Stack
from tests.journeys.client import FINAL

# Seconds after the last fault that could hold a job, at the end of which it is final.
LIMIT, PROVIDER_LIMIT = 60.0, 300.0
# Seconds of tries after which a payment is given up, and a refund is stuck, at the least: the
# pauses of the engine's attempts, each shorter by a quarter.
GIVEN_UP, STUCK = 60.0, 130.0
# Of the timetable, as migrations make it.
EVERY_MINUTE = {"unpaid_orders", "clean_up"}
Checked = tuple[int, list[str]]


@dataclass(frozen=True)
class Finding:
    """An invariant, how many things it was checked on, and where it does not hold."""

    invariant: str
    checked: int
    violations: list[str]


def check(stack: Stack, load: Load, injector: Injector) -> list[Finding]:
    """Check all invariants, when load and faults are over and the jobs have had their time."""
    seen = Evidence(stack, load, list(injector.injected))
    return [Finding(sentence, *rule(seen)) for sentence, rule in INVARIANTS.items()]


def has_job(seen: Evidence) -> Checked:
    lost = [
        f"{a.kind} {a.job_id}, {a.story}" for a in seen.load.accepted if not seen.jobs[a.job_id]
    ]
    return len(seen.jobs), lost


def is_final(seen: Evidence) -> Checked:
    # The clock goes on: what it has just started is not late.
    left = [
        row
        for row in seen.rows
        if row["state"] not in FINAL and not (row["scope"] == "schedule" and row["age"] < LIMIT)
    ]
    wrong = [
        f"{row['kind']} {row['id']} is {row['state']}: {row['error']}"
        for row in left
        if not (row["state"] == "stuck" and _provider_was_away(seen, row, STUCK))
    ]
    return len(seen.rows), wrong


def ends_as_meant(seen: Evidence) -> Checked:
    rows = {row["id"]: row for row in seen.rows}
    wrong, final = [], 0
    for one in seen.load.accepted:
        job = seen.jobs[one.job_id]
        if job is None or job["state"] not in FINAL:
            continue
        final += 1
        excused = ended(job) == "failed payment_provider_unavailable" and _provider_was_away(
            seen, rows[one.job_id], GIVEN_UP
        )
        if ended(job) not in one.ends and not excused:
            meant = " or ".join(sorted(one.ends))
            wrong.append(f"{one.kind} {one.job_id}, {one.story}: {ended(job)}, not {meant}")
    return final, wrong


def _provider_was_away(seen: Evidence, row: Row, seconds: float) -> bool:
    """Return whether a job had so much time to fail in, with the provider away at times."""
    finished = row["finished"] or float("inf")
    return finished - row["created"] >= seconds and any(
        "provider" in one.kind and one.ended_at > row["created"] and one.began_at < finished
        for one in seen.injected
    )


def key_makes_one(seen: Evidence) -> Checked:
    keys = seen.load.journal.keys
    made = Counter(row["idempotency_key"] for row in seen.rows)
    wrong = [
        f"{key}: {made[key]} jobs, and answers told of {sorted(told)}"
        for key, told in keys.items()
        if len(told) != 1 or made[key] != 1
    ]
    return len(keys), wrong


def is_soon(seen: Evidence) -> Checked:
    released = {one.job_id: one.released_at for one in seen.load.accepted}
    faults = sorted(seen.injected, key=lambda fault: fault.began_at)
    wrong = []
    final = [row for row in seen.rows if row["finished"]]
    for row in final:
        since = max(row["created"], released.get(row["id"], 0.0))
        until = _latest(row, since, faults)
        if row["finished"] > until:
            late = row["finished"] - until
            took = row["finished"] - since
            wrong.append(f"{row['kind']} {row['id']}: {took:.1f} s, {late:.1f} s too late")
    return len(final), wrong


def _latest(row: Row, since: float, faults: Sequence[Injected]) -> float:
    """Return by when a job had to end that nothing but these faults, in their order, held up.

    What begins when it had to be over is no excuse.
    """
    until = since + LIMIT
    for fault in faults:
        if fault.began_at > until:
            break
        if fault.ended_at >= since and _holds_up(fault, row):
            limit = PROVIDER_LIMIT if fault.target == "provider" else LIMIT
            until = max(until, fault.ended_at + limit)
    return until


def _holds_up(fault: Injected, row: Row) -> bool:
    """Return whether a job of this kind needs what the fault hit."""
    if fault.target == "provider":
        links = registry.newest(row["kind"]).links
        return any(link.queue == "payments" for link in links)
    if fault.target.startswith("beat"):
        return bool(row["scope"] == "schedule")
    return fault.target != "flower"


def accounts_for_steps(seen: Evidence) -> Checked:
    names = {flow.kind: [step.name for step in flow.steps] for flow in registry.workflows()}
    final = [row for row in seen.rows if row["state"] in FINAL]
    wrong = []
    for row in final:
        if [step["name"] for step in row["steps"]] != names[row["kind"]]:
            wrong.append(f"{row['kind']} {row['id']} has other steps than its workflow")
        elif problem := _wrong_with(row):
            states = [(step["state"], step["attempts"]) for step in row["steps"]]
            wrong.append(f"{row['kind']} {row['id']}, {row['state']}: {problem}: {states}")
    return len(final), wrong


def _wrong_with(row: Row) -> str:
    """Return what is wrong with the steps of a job that ended, if anything."""
    steps = row["steps"]
    states = [step["state"] for step in steps]
    allowed = (
        {"done", "skipped"} if row["state"] == "succeeded" else {"undone", "failed", "skipped"}
    )
    tried = [step for step in steps if step["state"] in ("done", "failed")]
    failed = states.index("failed") if "failed" in states else len(states)
    is_failure = row["state"] == "failed"
    problems = {
        "a step is in no state for this end": set(states) - allowed,
        "a step was done without an attempt": [s for s in tried if s["attempts"] < 1],
        "nobody knows when a step was done": [s for s in tried if not s["finished_at"]],
        "not one step failed": is_failure and states.count("failed") != 1,
        "a step after the failed one ran": set(states[failed + 1 :]) - {"skipped"},
        "failed without a cause, or not failed with one": is_failure != bool(row["error"]),
    }
    return "; ".join(problem for problem, is_there in problems.items() if is_there)


def ran_once(seen: Evidence) -> Checked:
    runs = Counter(
        (row["kind"], row["idempotency_key"]) for row in seen.rows if row["scope"] == "schedule"
    )
    return len(runs), [f"{run}: {number} times" for run, number in runs.items() if number > 1]


def goes_on(seen: Evidence) -> Checked:
    """Judge the clock by what runs every minute: one run may be under way, and one be late."""
    kinds = {row["kind"] for row in seen.rows if row["scope"] == "schedule"} & EVERY_MINUTE
    youngest = {kind: min(row["age"] for row in seen.rows if row["kind"] == kind) for kind in kinds}
    wrong = [f"{kind} never ran" for kind in EVERY_MINUTE - kinds]
    wrong += [f"{kind} ran {age:.0f} s ago" for kind, age in youngest.items() if age > 60.0 + LIMIT]
    return len(EVERY_MINUTE), wrong


def no_500(seen: Evidence) -> Checked:
    bad = [a for a in seen.load.answers if a.status >= 500 and a.status != 503]
    return len(seen.load.answers), [f"{a.method} {a.path}: {a.status}" for a in bad]


def as_told(seen: Evidence) -> Checked:
    return sum(seen.load.story_ends.values()), seen.load.told


def at_any_time(seen: Evidence) -> Checked:
    return seen.load.sampler.number, sorted(seen.load.sampler.breaches)


INVARIANTS: dict[str, Callable[[Evidence], Checked]] = {
    "Every accepted job is there, for its owner to read.": has_job,
    "Every job has ended, and none is stuck.": is_final,
    "Each ended as its request allows.": ends_as_meant,
    "A key makes one job, and each answer names it.": key_makes_one,
    "None ended later than its faults allow.": is_soon,
    "Each step of a job that ended is accounted for, once.": accounts_for_steps,
    "No slot of the clock ran twice.": ran_once,
    "The clock's jobs go on to the end.": goes_on,
    "No client saw a 500.": no_500,
    "No client saw what it should not.": as_told,
    "At any time the warehouse's books agree.": at_any_time,
    **adding_up.INVARIANTS,
}
