"""What the processes of the shop use: CPU, memory, log of PostgreSQL, commands of Redis."""

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from tests.bench.running import RunningShop

_TICKS = os.sysconf("SC_CLK_TCK")
# Asking is not to be counted.
_OWN_COMMANDS = {"cmdstat_info", "cmdstat_auth", "cmdstat_hello", "cmdstat_client|setinfo"}


@dataclass(frozen=True)
class Reading:
    """What was used up to now; only the difference of two readings says anything."""

    at: float
    cpu: dict[str, float]
    own_cpu: float
    machine_cpu: float
    wal_bytes: int
    redis_commands: int
    messages: int


@dataclass(frozen=True)
class Used:
    """What was used between two readings, in seconds of CPU, bytes and numbers.

    `others` is what the machine did for none of these processes, in CPUs.
    """

    seconds: float
    cpu: dict[str, float]
    others: float
    wal_bytes: int
    redis_commands: int
    messages: int


class Gauges:
    """Reads them all, over connections of its own."""

    def __init__(self, stack: RunningShop) -> None:
        self._stack = stack
        self._database = psycopg.connect(
            stack.database_url, autocommit=True, application_name="bench"
        )
        self._redis = redis.Redis.from_url(stack.redis_url)

    def close(self) -> None:
        self._database.close()
        self._redis.close()

    def read(self) -> Reading:
        found = self._database.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
        assert found
        calls = {
            name: figures["calls"]
            for name, figures in self._redis.info("commandstats").items()
            if name not in _OWN_COMMANDS
        }
        own = os.times()
        return Reading(
            at=time.monotonic(),
            cpu=cpu_seconds(self._stack.pids()),
            own_cpu=own.user + own.system + own.children_user + own.children_system,
            machine_cpu=_machine_seconds(),
            wal_bytes=int(found[0]),
            redis_commands=sum(calls.values()),
            messages=calls.get("cmdstat_lpush", 0),
        )


def between(before: Reading, after: Reading) -> Used:
    """Return what was used between two readings."""
    cpu = {name: after.cpu[name] - before.cpu.get(name, 0.0) for name in after.cpu}
    seconds = after.at - before.at
    own = after.own_cpu - before.own_cpu
    others = after.machine_cpu - before.machine_cpu - sum(cpu.values()) - own
    return Used(
        seconds=seconds,
        cpu=cpu,
        others=max(0.0, others / seconds),
        wal_bytes=after.wal_bytes - before.wal_bytes,
        redis_commands=after.redis_commands - before.redis_commands,
        messages=after.messages - before.messages,
    )


def cpu_seconds(pids: dict[str, int]) -> dict[str, float]:
    """Return the CPU time of processes with all that they forked, also of what has ended.

    A process that ends leaves its time to its parent, so the sum over a tree is never less.
    """
    used, children = _processes()
    return {
        name: sum(used.get(one, 0.0) for one in _tree(pid, children, set(pids.values())))
        for name, pid in pids.items()
    }


def memory_bytes(pids: dict[str, int]) -> dict[str, int]:
    """Return the memory of processes with all that they forked; shared pages count in parts."""
    _, children = _processes()
    roots = set(pids.values())
    return {name: sum(map(_pss, _tree(pid, children, roots))) for name, pid in pids.items()}


def _tree(pid: int, children: dict[int, list[int]], roots: set[int]) -> list[int]:
    """Return a process and its descendants, without those that are roots themselves."""
    found, left = [pid], [pid]
    while left:
        below = [one for one in children[left.pop()] if one not in roots]
        found += below
        left += below
    return found


def _processes() -> tuple[dict[int, float], dict[int, list[int]]]:
    """Return each process's CPU seconds, its ended children's among them, and the forks of each."""
    used: dict[int, float] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # What follows the name, which may hold anything. Source: proc_pid_stat(5).
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children[int(fields[1])].append(int(entry.name))
        used[int(entry.name)] = sum(map(int, fields[11:15])) / _TICKS
    return used, children


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _machine_seconds() -> float:
    """Return the CPU time of all processes of the machine together. Source: proc_stat(5)."""
    names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    spent = dict(zip(names, map(int, fields), strict=True))
    return sum(spent[name] for name in ("user", "nice", "system", "irq", "softirq")) / _TICKS
