"""The yardsticks beside the shop's own rounds: one after each, since a machine's pace changes."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from config.local.options import ROOT
from config.local.processes import end_group, spawn
from tests.bench.gauges import cpu_seconds
from tests.bench.running import RunningShop
from tests.bench.yardsticks import bare_sql, environment
from tests.bench.yardsticks.measured import Measured, NotMeasured

SQL, CHAINS, DURABLE = "bare SQL, pgbench", "5 no-op links, Celery", "5 durable steps, DBOS"
WORKER_SECONDS, ROUND_SECONDS = 30.0, 240.0
# Each of them runs Python, which uses one CPU.
DURABLE_PROCESSES = 2


class Yardsticks:
    """All of them on the servers of one shop; `number` is of the smaller rounds."""

    def __init__(self, stack: RunningShop, *, number: int, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._number = number
        self._say = say
        self._found: dict[str, list[Measured]] = defaultdict(list)
        self._missing: dict[str, str] = {}
        self._kinds = {SQL: self._bare_sql, CHAINS: self._chains, DURABLE: self._durable}

    def round(self) -> None:
        """Measure each once."""
        for name, measure in self._kinds.items():
            if name in self._missing:
                continue
            try:
                found = measure()
            except NotMeasured as reason:
                self._missing[name] = str(reason)
                self._say(f"{name}: not measured: {reason}")
                continue
            self._found[name].append(found)
            self._say(f"{name}: {found.per_second:.0f}/s, {found.cpu_ms:.2f} ms of CPU each")

    def figures(self) -> dict[str, Any]:
        """Return medians and rounds by name; for what was not measured, why."""
        found: dict[str, Any] = {
            name: {
                "per_second": median(one.per_second for one in rounds),
                "cpu_ms": median(one.cpu_ms for one in rounds),
                "rounds": [vars(one) for one in rounds],
            }
            for name, rounds in self._found.items()
        }
        return found | {name: {"missing": why} for name, why in self._missing.items()}

    def _servers_cpu(self) -> float:
        pids = self._stack.pids()
        return sum(cpu_seconds({name: pids[name] for name in ("postgres", "redis")}).values())

    def _bare_sql(self) -> Measured:
        return bare_sql.checkouts(
            self._stack.database_url, number=8 * self._number, servers_cpu=self._servers_cpu
        )

    def _chains(self) -> Measured:
        """Have a worker of its own, on another database of the same server, do the chains."""
        broker = f"{self._stack.redis_url.rpartition('/')[0]}/1"
        variables = {**os.environ, "YARDSTICK_BROKER": broker}
        module = "tests.bench.yardsticks.chains"
        log = self._stack.postgres_log.with_name("yardstick-worker.log")
        options = ("-c", os.cpu_count() or 1, "-n", "yardstick@%h", "-l", "INFO")
        with log.open("wb") as output:
            worker = spawn(
                [sys.executable, "-m", "celery", "-A", module, "worker", *map(str, options)],
                environment=variables,
                directory=ROOT,
                output=output,
            )
        try:
            _await(lambda: " ready." in log.read_text(errors="replace"), worker)
            before = self._servers_cpu() + cpu_seconds({"worker": worker.pid})["worker"]
            told = _told(sys.executable, "-m", module, self._number, variables=variables)
            after = self._servers_cpu() + cpu_seconds({"worker": worker.pid})["worker"]
        finally:
            worker.terminate()
            worker.wait()
            end_group(worker.pid)
        seconds, cpu = map(float, told.split()[-2:])
        return _measured(self._number, seconds, cpu + after - before)

    def _durable(self) -> Measured:
        """Have two processes run workflows, so that both CPUs have work."""
        python = environment.python()
        url = bare_sql.other_database(self._stack.database_url, "durable")
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("CREATE TABLE IF NOT EXISTS done (id bigserial, step integer)")
        each = -(-self._number // (2 * DURABLE_PROCESSES))
        program = Path(__file__).with_name("durable.py")
        running = []
        try:
            for n in range(DURABLE_PROCESSES):
                command = [str(part) for part in (python, program, url, n, 20, each)]
                one = spawn(
                    command,
                    environment=os.environ,
                    directory=ROOT,
                    input=subprocess.PIPE,
                    output=subprocess.PIPE,
                )
                running.append(one)
                # One after the other: the first makes the tables.
                _read_until(one, b"warm\n")
            before = self._servers_cpu()
            for one in running:
                assert one.stdin
                one.stdin.write(b"go\n")
                one.stdin.flush()
            ends = [_read_line(one).split() for one in running]
            servers = self._servers_cpu() - before
        finally:
            for one in running:
                one.kill()
                one.wait()
                end_group(one.pid)
        seconds = max(float(end[0]) for end in ends)
        cpu = sum(float(end[1]) for end in ends)
        return _measured(each * DURABLE_PROCESSES, seconds, cpu + servers)


def _measured(number: int, seconds: float, cpu: float) -> Measured:
    return Measured(per_second=number / seconds, cpu_ms=1000 * cpu / number)


def _await(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WORKER_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotMeasured("its worker does not start")
        time.sleep(0.1)


def _told(*command: object, variables: dict[str, str]) -> str:
    process = spawn(
        [str(part) for part in command],
        environment=variables,
        directory=ROOT,
        output=subprocess.PIPE,
    )
    try:
        return process.communicate(timeout=ROUND_SECONDS)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"not done after {ROUND_SECONDS:.0f} s") from None
    finally:
        process.kill()
        process.wait()


def _read_until(process: subprocess.Popen[bytes], wanted: bytes) -> None:
    said = b""
    while (line := _read_line(process)) != wanted:
        said += line


def _read_line(process: subprocess.Popen[bytes]) -> bytes:
    """Return the next line that a process prints. Raises NotMeasured when it has ended."""
    assert process.stdout
    if line := process.stdout.readline():
        return line
    raise NotMeasured("it ended early")
