"""One round: the load, the wait until the last job is final, and what all of it cost."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from config.local.options import ROOT
from config.local.processes import spawn
from tests.bench import gauges
from tests.bench.client import Answer, Plan, Request
from tests.bench.gauges import Gauges, Used
from tests.bench.running import RunningShop

CPUS = len(os.sched_getaffinity(0))
Figures = dict[str, float]
# How long the jobs may take after the last request.
DRAIN_SECONDS = 300.0
UNDER_WAY = "SELECT count(*) FROM jobs_job WHERE due_at IS NOT NULL"


class Spoiled(Exception):
    """Something failed that was only to be measured: then its figures say nothing."""


@dataclass(frozen=True)
class Round:
    """What was asked for and what became of it; times are seconds."""

    answers: list[Answer]
    began_at: float
    accepting: float
    finishing: float
    finals: list[float]
    jobs: Counter[tuple[str, str]]
    used: Used
    client_cpu: float
    load_average: float

    def figures(self, *, job_kind: str | None = None) -> Figures:
        """Return the round in numbers, by operation. Raises Spoiled when something failed."""
        number = len(self.answers)
        self._check(job_kind)
        each = {f"cpu_ms.{name}": 1000 * s / number for name, s in sorted(self.used.cpu.items())}
        figures = {
            "answered_per_second": number / self.accepting,
            **_spread("answer_ms", [answer.seconds for answer in self.answers]),
            "cpu_ms.all": sum(each.values()),
            **each,
            "client_cpu_ms": 1000 * self.client_cpu / number,
            # What as many CPUs would carry that had nothing else to do.
            "cpus_would_carry": CPUS / (sum(self.used.cpu.values()) + self.client_cpu) * number,
            "wal_bytes": self.used.wal_bytes / number,
            "redis_commands": self.used.redis_commands / number,
            "others_cpus": self.used.others,
            "load_average": self.load_average,
        }
        if job_kind:
            figures |= {
                "finished_per_second": number / self.finishing,
                **_spread("final_ms", self.finals),
                "messages": self.used.messages / number,
                "jobs": self.jobs.total() / number,
            }
        return figures

    def _check(self, job_kind: str | None) -> None:
        statuses = Counter(answer.status for answer in self.answers)
        if set(statuses) - {200, 202}:
            raise Spoiled(f"answers by status: {dict(statuses)}")
        ends = {state: n for (kind, state), n in self.jobs.items() if kind == job_kind}
        if job_kind and ends != {"succeeded": len(self.answers)}:
            raise Spoiled(f"{len(self.answers)} jobs {job_kind} were wanted, and there are {ends}")


class Rounds:
    """Runs rounds on one shop; `rows` asks its database."""

    def __init__(
        self,
        stack: RunningShop,
        readings: Gauges,
        *,
        rows: Callable[..., Sequence[Sequence[Any]]],
    ) -> None:
        self._stack = stack
        self._gauges = readings
        self._rows = rows

    def run(
        self,
        requests: Sequence[Request],
        *,
        connections: int,
        rate: float | None = None,
        number: int | None = None,
        patience: float = 60.0,
        drain: float = DRAIN_SECONDS,
    ) -> Round:
        """Send requests and wait until no job is under way, `drain` seconds at most.

        With a rate they arrive by chance, so many a second on the average; a number larger than
        theirs has them sent again. Raises Spoiled when jobs are under way for too long.
        """
        plan = Plan(
            host="127.0.0.1",
            port=self._stack.gateway_port,
            requests=list(requests),
            number=number or len(requests),
            connections=connections,
            rate=rate,
            patience=patience,
        )
        load_average = os.getloadavg()[0]
        before = self._gauges.read()
        told = _carry_out(plan)
        self._await_quiet(drain)
        used = gauges.between(before, self._gauges.read())
        began_at = told["began_at"]
        return Round(
            answers=[Answer(**one) for one in told["answers"]],
            began_at=began_at,
            accepting=told["seconds"],
            finishing=max(self._last_end(began_at) - began_at, told["seconds"]),
            finals=self._finals(told["answers"]),
            jobs=self._jobs(began_at),
            used=used,
            client_cpu=told["cpu_seconds"],
            load_average=load_average,
        )

    def _await_quiet(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := self._rows(UNDER_WAY)[0][0]) > 0:
            if time.monotonic() > deadline:
                raise Spoiled(f"{left} jobs are under way {seconds:.0f} s after the load")
            time.sleep(0.1)

    def _last_end(self, began_at: float) -> float:
        """Return when the last job ended: PostgreSQL's clock is this machine's."""
        # First those that are meant: where there are none, PostgreSQL would look for them through
        # all jobs that have ended, the last first.
        query = (
            "WITH made AS MATERIALIZED"
            " (SELECT finished_at FROM jobs_job WHERE created_at >= to_timestamp(%s))"
            " SELECT extract(epoch FROM max(finished_at))::float8 FROM made"
        )
        return float(self._rows(query, began_at)[0][0] or began_at)

    def _finals(self, answers: Sequence[dict[str, Any]]) -> list[float]:
        """Return from acceptance to end, by the jobs' rows, and so without what a commit takes."""
        job_ids = list({one["job_id"] for one in answers if one["job_id"]})
        query = (
            "SELECT extract(epoch FROM finished_at - created_at)::float8 FROM jobs_job"
            " WHERE id = ANY(%s::uuid[]) AND finished_at IS NOT NULL"
        )
        return [row[0] for row in self._rows(query, job_ids)]

    def _jobs(self, began_at: float) -> Counter[tuple[str, str]]:
        query = (
            "SELECT kind, state, count(*) FROM jobs_job WHERE created_at >= to_timestamp(%s)"
            " AND scope <> 'schedule' GROUP BY 1, 2"
        )
        return Counter({(kind, state): n for kind, state, n in self._rows(query, began_at)})


def medians(rounds: Sequence[Figures]) -> Figures:
    """Return each figure's median over the rounds."""
    return {name: median(figures[name] for figures in rounds) for name in rounds[0]}


def _carry_out(plan: Plan) -> dict[str, Any]:
    """Run a load client with this plan, and return what it tells."""
    client = spawn(
        (sys.executable, "-m", "tests.bench.client"),
        environment=os.environ,
        directory=ROOT,
        input=subprocess.PIPE,
        output=subprocess.PIPE,
    )
    try:
        told, _ = client.communicate(json.dumps(dataclasses.asdict(plan)).encode())
    finally:
        client.kill()
        client.wait()
    # Whatever it says beside is of something that it did not expect.
    try:
        found: dict[str, Any] = json.loads(told)
    except ValueError:
        said = told.decode(errors="replace")[:2000]
        raise Spoiled(f"the load client broke ({client.returncode}): {said}") from None
    return found


def _spread(name: str, seconds: Sequence[float]) -> Figures:
    """Return the median, and what 95 and 99 of 100 take at most, in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [*seconds] * 99
    return {f"{name}.p{n}": 1000 * cuts[n - 1] for n in (50, 95, 99)}
