"""What `/metrics` tells of jobs, read when it is asked; without PostgreSQL it tells the rest."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

import structlog
from django.db import connection
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tasks.engine import figures
from tasks.engine.figures import Figures

log = structlog.get_logger("gateway.metrics")
# Seconds that a scrape waits for PostgreSQL.
PATIENCE = 1.0
# One, so that scrapes of a silent database wait in line and do not pile up on it.
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")


class Jobs(Collector):
    """The jobs' figures, and whether they could be read."""

    def describe(self) -> list[Metric]:
        """Return nothing: to register it must not need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment, or only that there are none."""
        found = _read()
        up = "1 if the figures of jobs could be read from PostgreSQL, else 0"
        yield GaugeMetricFamily("shop_jobs_up", up, value=float(found is not None))
        if found:
            yield from _families(found)


def _families(found: Figures) -> Iterator[Metric]:
    """Yield the figures as Prometheus has them."""
    active = GaugeMetricFamily("shop_jobs_active", "Jobs under way", labels=["state"])
    for state, number in found.active.items():
        active.add_metric([state], number)
    yield active
    yield GaugeMetricFamily("shop_jobs_stuck", "Jobs that wait for an operator", value=found.stuck)
    yield GaugeMetricFamily("shop_jobs_due", "Jobs for recovery to publish now", value=found.due)
    yield GaugeMetricFamily(
        "shop_jobs_overdue_seconds",
        "How long the oldest is due",
        value=found.overdue_by,
    )
    recovered = CounterMetricFamily(
        "shop_jobs_recovered", "Jobs carried on by recovery after a setback", labels=["reason"]
    )
    for reason, number in found.recovered.items():
        recovered.add_metric([reason], number)
    yield recovered


def _read() -> Figures | None:
    """Return the figures, or None where they cannot be had in time."""
    running: Future[Figures] = _reader.submit(_read_and_leave)
    try:
        return running.result(timeout=PATIENCE)
    except TooLate:
        running.cancel()
        log.warning("figures_late")
    except Exception as error:
        log.warning("figures_missing", error=type(error).__name__)
    return None


def _read_and_leave() -> Figures:
    """Return the figures, and give the thread's connection back."""
    try:
        return figures.read()
    finally:
        connection.close()


REGISTRY.register(Jobs())
