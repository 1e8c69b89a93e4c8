"""The figures, in tables."""

from collections.abc import Sequence
from typing import Any

from tests.tables import table

MODES = {"alone": "1 client", "quarter": "quarter", "half": "half", "saturated": "saturated"}
ROWS = {
    "answered_per_second": "accepted/s",
    "finished_per_second": "finished/s",
    "answer_ms.p50": "accept p50, ms",
    "answer_ms.p95": "accept p95, ms",
    "answer_ms.p99": "accept p99, ms",
    "final_ms.p50": "accept to final p50, ms",
    "final_ms.p95": "accept to final p95, ms",
    "final_ms.p99": "accept to final p99, ms",
    "wal_bytes": "WAL, bytes each",
    "redis_commands": "Redis commands each",
    "messages": "messages each",
    "jobs": "jobs each",
    "cpu_ms.all": "CPU of the shop, ms each",
    "client_cpu_ms": "CPU of the client, ms each",
    "others_cpus": "CPUs busy with others",
    "load_average": "load average before",
}


def text(found: dict[str, Any]) -> str:
    """Return the whole report."""
    parts = [_machine(found["machine"])]
    if "checkout" in found:
        parts.append(_checkout(found["checkout"]))
    parts.append(_memory(found))
    return "\n" + "\n\n".join(parts)


def _machine(machine: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def _checkout(found: dict[str, Any]) -> str:
    columns = [mode for mode in MODES if mode in found]
    cpu = {
        name: f"… {name.removeprefix('cpu_ms.')}"
        for name in found["saturated"]["median"]
        if name.startswith("cpu_ms.") and name != "cpu_ms.all"
    }
    rows: dict[str, Sequence[Any]] = {}
    for name, title in ROWS.items():
        rows[title] = [number(found[mode]["median"][name]) for mode in columns]
        if name == "cpu_ms.all":
            for part, part_title in cpu.items():
                rows[part_title] = [number(found[mode]["median"].get(part)) for mode in columns]
    return table("checkout of three lines", [MODES[mode] for mode in columns], rows)


def _memory(found: dict[str, Any]) -> str:
    names = list(found["memory_at_end"])
    mib: dict[str, Sequence[Any]] = {
        name: [f"{found[when].get(name, 0) / 2**20:.0f}" for when in WHEN] for name in sorted(names)
    }
    return table("memory, MiB (PSS)", ["at start", "at end"], mib)


WHEN = ("memory_at_start", "memory_at_end")


def number(value: float | None) -> str:
    """Return a figure with as many digits as mean something."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"
