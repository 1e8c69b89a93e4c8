"""The figures, in tables."""

from collections.abc import Sequence
from typing import Any

from tests.bench.parts import GROWTH, PRESSURES
from tests.tables import table

MODES = {"alone": "1 client", "quarter": "quarter", "half": "half", "saturated": "saturated"}
CHECKOUT = {
    "answered_per_second": "accepted/s",
    "finished_per_second": "finished/s",
    "answer_ms.p50": "accept p50, ms",
    "answer_ms.p95": "accept p95, ms",
    "answer_ms.p99": "accept p99, ms",
    "final_ms.p50": "accept to final p50, ms",
    "final_ms.p95": "accept to final p95, ms",
    "final_ms.p99": "accept to final p99, ms",
    "jobs": "jobs each",
    "messages": "messages each",
    "redis_commands": "Redis commands each",
    "wal_bytes": "WAL, bytes each",
    "client_cpu_ms": "CPU of the client, ms each",
    "cpu_ms.all": "CPU of the shop, ms each",
}
SURROUNDINGS = {
    "cpus_would_carry": "what these CPUs would carry",
    "others_cpus": "CPUs busy with others",
    "load_average": "load average before",
}
WHEN = ("memory_at_start", "memory_at_end")
# A job that is recovered was late, which is no fault where the machine is slow.
WRONG = ("deadlocks", "timeouts", "broken rules")
TROUBLE = ("deadlocks", "timeouts", "recovered jobs", "broken rules")
MEMORY = {
    "first_third": "first third",
    "last_third": "last third",
    "after": "after it",
    "growth_an_hour": "growth an hour",
}
Rows = dict[str, Sequence[Any]]


def text(found: dict[str, Any]) -> str:
    """Return the whole report."""
    parts = [_machine(found["machine"])]
    if "checkouts" in found:
        checkout = found["checkouts"]
        parts.append(_checkout(checkout))
        if "counts" in checkout:
            parts.append(_counts(checkout["counts"]))
        if found["yardsticks"]:
            parts.append(_yardsticks(found["yardsticks"], checkout["saturated"]["median"]))
    if found.get("operations"):
        parts.append(_operations(found["operations"]))
    if "contention" in found:
        parts.append(_contention(found["contention"]))
    if GROWTH in found:
        parts += [_growth(found[GROWTH]), _plans(found[GROWTH])]
    parts += [_pressure(name, found[name]) for name in PRESSURES if name in found]
    if "memory_at_end" in found:
        parts.append(_memory(found))
    return "\n" + "\n\n".join(parts)


def is_as_wanted(found: dict[str, Any]) -> bool:
    """Return whether nothing went wrong where many wanted the same, or more than there is."""
    judged = [*found.get("contention", {}).values()]
    judged += [found[name] for name in PRESSURES if name in found]
    return all(one["as_wanted"] and not any(one[what] for what in WRONG) for one in judged)


def _machine(machine: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def _checkout(found: dict[str, Any]) -> str:
    columns = [mode for mode in MODES if mode in found]
    parts = {
        name: f"… {name.removeprefix('cpu_ms.')}"
        for name in found["saturated"]["median"]
        if name.startswith("cpu_ms.") and name != "cpu_ms.all"
    }
    rows: Rows = {
        title: [number(found[mode]["median"].get(name)) for mode in columns]
        for name, title in (CHECKOUT | parts | SURROUNDINGS).items()
    }
    shown = table("checkout of three lines", [MODES[mode] for mode in columns], rows)
    if "alone" in found:
        waited = number(found["alone"]["waiting_ms"])
        shown += f"\n1 client that asks with Prefer: wait is answered the end after {waited} ms."
    return shown


def _counts(found: dict[str, float]) -> str:
    rows: Rows = {
        name: [number(found[f"statements.{name}"]), number(found[f"commits.{name}"])]
        for name in ("gateway", "worker")
    }
    return table("a checkout and what it sends, saturated", ["statements", "commits"], rows)


def _yardsticks(found: dict[str, Any], checkout: dict[str, float]) -> str:
    """Return what else the machine did in the same run, and how the shop's checkouts compare."""
    rate, cpu = checkout["finished_per_second"], checkout["cpu_ms.all"] + checkout["client_cpu_ms"]
    rows: Rows = {"checkouts of the shop": [number(rate), number(cpu), "", ""]}
    notes = []
    for name, one in found.items():
        if "missing" in one:
            rows[name] = ["not measured", "", "", ""]
            notes.append(f"{name}: {one['missing']}")
            continue
        ratios = rate / one["per_second"], one["cpu_ms"] / cpu
        rows[name] = [number(one["per_second"]), number(one["cpu_ms"]), *map(number, ratios)]
    columns = ["per second", "CPU, ms each", "shop's rate by its", "its CPU by the shop's"]
    return "\n".join([table("beside it", columns, rows), *notes])


def _operations(found: dict[str, Any]) -> str:
    rows: Rows = {}
    for name, one in found.items():
        full, calm, counts = one["saturated"]["median"], one["alone"]["median"], one["counts"]
        rows[name] = [
            number(full["answered_per_second"]),
            number(full.get("finished_per_second")),
            *(number(calm[f"answer_ms.p{n}"]) for n in (50, 95, 99)),
            number(full["cpu_ms.all"]),
            number(full["cpu_ms.gateway"]),
            number(full["cpu_ms.worker-shop"] + full["cpu_ms.worker-outside"]),
            number(full["cpu_ms.postgres"]),
            *(number(_sum(counts, what)) for what in ("statements", "commits")),
            number(full["wal_bytes"]),
            number(full["redis_commands"]),
        ]
    columns = ["answered/s", "finished/s", "alone p50, ms", "p95", "p99", "CPU, ms each"]
    columns += ["gateway", "workers", "postgres", "statements", "commits", "WAL, bytes", "Redis"]
    shown = table("others", columns, rows)
    if "registrations" in found:
        hashing = number(found["registrations"]["hash_ms"])
        shown += f"\nOf a registration's CPU, {hashing} ms are the hash of its password."
    return shown


def _contention(found: dict[str, Any]) -> str:
    columns = ["answered/s", "jobs/s", "slowest, ms", "come again", *TROUBLE, "as wanted"]
    rows: Rows = {
        name: [
            *(number(one[k]) for k in ("answered_per_second", "jobs_per_second", "answer_ms_most")),
            *(one[what] for what in ("come_again", *TROUBLE)),
            "yes" if one["as_wanted"] else f"NO: {one['statuses']}, {one['jobs']}",
        ]
        for name, one in found.items()
    }
    return table("contention", columns, rows)


def _growth(stages: Sequence[dict[str, Any]]) -> str:
    """Return each operation's cost at each size, and how it compares with the first."""
    first, *larger = stages
    columns = [f"{first['size']['books']} books: CPU, ms", "p95, ms"]
    for stage in larger:
        columns += [f"{stage['size']['books']}: CPU, ms", "p95, ms", "CPU by the first"]
    rows: Rows = {}
    for name, costs in first["costs"].items():
        row = [number(costs["cpu_ms.all"]), number(costs["answer_ms.p95"])]
        for stage in larger:
            now = stage["costs"][name]
            row += [number(now["cpu_ms.all"]), number(now["answer_ms.p95"])]
            row.append(number(now["cpu_ms.all"] / max(costs["cpu_ms.all"], 0.1)))
        rows[name] = row
    sizes = [", ".join(f"{n} {what}" for what, n in stage["size"].items()) for stage in stages]
    return table("growth, one client", columns, rows) + "\n" + "\n".join(sizes)


def _plans(stages: Sequence[dict[str, Any]]) -> str:
    """Return what the statements that always run took and read at each size."""
    rows: Rows = {
        f"{name}, {stage['size']['jobs']} jobs": [
            number(one["ms"]),
            one["pages"],
            " ".join(one["indexes"]),
            " ".join(one["whole"]),
        ]
        for name in stages[0]["plans"]
        for stage in stages
        for one in [stage["plans"][name]]
    }
    return table("always", ["ms", "pages", "indexes", "read as a whole"], rows)


def _pressure(name: str, found: dict[str, Any]) -> str:
    """Return what became of load that lasted: a line for each tenth of it, then memory."""
    seconds = {int(second): statuses for second, statuses in found["by_second"].items()}
    tenth = max(1.0, found["seconds"] / 10)
    statuses = sorted(found["statuses"])
    rows: Rows = {}
    for n in range(int(max(seconds) // tenth) + 1):
        span = [seconds[second] for second in seconds if n * tenth <= second < (n + 1) * tenth]
        looks = [one for one in found["samples"] if n * tenth <= one["at"] < (n + 1) * tenth]
        rows[f"to {(n + 1) * tenth:.0f} s"] = [
            *(sum(one.get(status, 0) for one in span) for status in statuses),
            max((one["under_way"] for one in looks), default=0),
            number(max((one["oldest_seconds"] for one in looks), default=0.0)),
            max((one["messages"] for one in looks), default=0),
        ]
    columns = [
        *(f"answer {status}" for status in statuses),
        "jobs under way",
        "oldest, s",
        "messages",
    ]
    memory: Rows = {
        process: [number(one[when] / 2**20) for when in MEMORY]
        for process, one in sorted(found["memory"].items())
    }
    told, within = found["told_when_to_come_again"], found["answered_ms"]
    return "\n\n".join(
        [
            table(name, columns, rows),
            f"{number(found['rate'])} checkouts a second came for {found['seconds']:.0f} s;"
            f" {number(found['accepted_per_second'])}/s were accepted and"
            f" {number(found['finished_per_second'])}/s finished; answered within"
            f" {number(within['p50'])} ms (p50), {number(within['p99'])} ms (p99);"
            f" {told} were told when to come again, {found['not_told']} only to go away;"
            f" the jobs were over {found['drain_seconds']:.0f} s after the last request; "
            + ", ".join(f"{what} {found[what]}" for what in TROUBLE)
            + ("." if found["as_wanted"] else f". NOT as wanted: {found['jobs']}"),
            table("memory, MiB", list(MEMORY.values()), memory),
        ]
    )


def _sum(counts: dict[str, float], what: str) -> float:
    return sum(value for name, value in counts.items() if name.startswith(what))


def _memory(found: dict[str, Any]) -> str:
    names = sorted(found["memory_at_end"])
    rows: Rows = {
        name: [number(found[when].get(name, 0) / 2**20) for when in WHEN] for name in names
    }
    rows["all"] = [number(sum(found[when].values()) / 2**20) for when in WHEN]
    return table("memory, MiB (PSS)", ["at start", "at end"], rows)


def number(value: float | None) -> str:
    """Return a figure with as many digits as mean something."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"
