"""What came of it all, in tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import quantiles
from typing import Any

from tests.chaos.injector import Injected
from tests.chaos.invariants import Finding
from tests.chaos.load import Load
from tests.chaos.patient import Sent
from tests.chaos.trial import Trial
from tests.tables import table

# Seconds after a fault in which those who were hit by it are still at work.
AFTERMATH = 2.0
SHOWN = 20


def text(trial: Trial) -> str:
    """Return the whole report."""
    found = as_data(trial)
    parts = [
        table("faults", ("number", "seconds"), found["faults"]),
        table("jobs", ("succeeded", "failed", "cancelled", "other"), found["jobs"]),
        table("accepted within", ("requests", "p50 ms", "p99 ms", "most ms"), found["latency"]),
        "\n".join(f"{name}: {value}" for name, value in found["times"].items()),
        table("invariants", ("checked", "violations"), found["invariants"]),
        *(_shown(finding) for finding in trial.findings if finding.violations),
        verdict(trial),
    ]
    return "\n\n".join(parts)


def _shown(finding: Finding) -> str:
    """Return where an invariant does not hold, or the first such places."""
    more = len(finding.violations) - SHOWN
    lines = [f"not so: {finding.invariant}", *(f"  {v}" for v in finding.violations[:SHOWN])]
    return "\n".join([*lines, *([f"  … and {more} more"] if more > 0 else [])])


def as_data(trial: Trial) -> dict[str, dict[str, Any]]:
    """Return the figures of the report, for programs."""
    return {
        "trial": {"seed": trial.seed, "jobs": len(trial.load.accepted)},
        "faults": _faults(trial.injected),
        "jobs": _jobs(trial.rows),
        "latency": {
            name: _spread([s.seconds for s in accepts(trial.load) if holds(s, trial.injected)])
            for name, holds in GROUPS.items()
        },
        "invariants": {f.invariant: [f.checked, len(f.violations)] for f in trial.findings},
        "times": times(trial),
    }


def verdict(trial: Trial) -> str:
    """Return the last line."""
    wrong = sum(len(finding.violations) for finding in trial.findings)
    if wrong:
        return f"{wrong} violations."
    number = len(trial.load.accepted)
    # The rule of three. Source: Hanley and Lippman-Hand, JAMA 249 (1983), 1743.
    return f"0 violations in {number} jobs: fewer than {3 / max(1, number):.2%}, at 95 %."


def accepts(load: Load) -> list[Sent]:
    """Return the requests that a job was accepted for."""
    return [sent for sent in load.answers if sent.status == 202]


def times(trial: Trial) -> dict[str, Any]:
    """Return how long jobs took, and how many requests were in vain."""
    over = max((fault.ended_at for fault in trial.injected), default=trial.began_at)
    held = [r for r in trial.rows if r["created"] <= over and r["finished"]]
    last = max([over, *(row["finished"] for row in held)])
    statuses = Counter(sent.status for sent in trial.load.answers)
    settled = {}
    if trial.injected:
        settled["from the last fault to the end of all jobs before it"] = f"{last - over:.1f} s"
    return settled | {
        "from the last request to the end of all jobs": f"{trial.settled:.1f} s",
        "processes that ended by themselves": len(trial.injector.deaths),
        "requests": len(trial.load.answers),
        "… without an answer": statuses[0],
        "… told to come again": statuses[429] + statuses[503],
        "… without a key, of which nobody knows": len(trial.load.unknown),
    }


def _faults(injected: Sequence[Injected]) -> dict[str, list[Any]]:
    number = Counter(fault.kind for fault in injected)
    return {
        kind: [
            number[kind],
            f"{sum(f.ended_at - f.began_at for f in injected if f.kind == kind):.0f}",
        ]
        for kind in sorted(number)
    }


def _jobs(rows: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["kind"], Counter())[row["state"]] += 1
    final = ("succeeded", "failed", "cancelled")
    return {
        kind: [*(states[s] for s in final), states.total() - sum(states[s] for s in final)]
        for kind, states in sorted(found.items())
    }


def _spread(seconds: list[float]) -> list[Any]:
    if len(seconds) < 2:
        return [len(seconds), "", "", ""]
    cuts = quantiles(seconds, n=100, method="inclusive")
    return [len(seconds), *(round(1000 * value) for value in (cuts[49], cuts[98], max(seconds)))]


def _during(is_meant: Callable[[Injected], bool]) -> Callable[[Sent, Sequence[Injected]], bool]:
    def holds(sent: Sent, injected: Sequence[Injected]) -> bool:
        return any(
            is_meant(fault)
            and fault.began_at <= sent.began_at + sent.seconds
            and sent.began_at <= fault.ended_at + AFTERMATH
            for fault in injected
        )

    return holds


_DISTURBED = _during(lambda _: True)
GROUPS: dict[str, Callable[[Sent, Sequence[Injected]], bool]] = {
    "all": lambda sent, injected: True,
    "undisturbed": lambda sent, injected: not _DISTURBED(sent, injected),
    "Redis frozen": _during(lambda fault: "freeze" in fault.kind and "redis" in fault.target),
    "a worker frozen": _during(lambda fault: "freeze" in fault.kind and "worker" in fault.target),
}


def looked_at_nothing(findings: Iterable[Finding]) -> list[str]:
    """Return the invariants that were checked on nothing: then nobody knows whether they hold."""
    return [finding.invariant for finding in findings if not finding.checked]
