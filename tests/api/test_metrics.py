"""GET /metrics: the jobs in numbers."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from api import metrics
from tasks.engine import figures, jobs, recovery
from tasks.engine.models import Job, RecoveryTally
from tasks.workflows.capacity_check import CAPACITY_CHECK

REASONS = ("lease_ended", "broker_unreachable", "database_failed")
States = dict[tuple[str, str], float]


@pytest.fixture
def a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a scrape that hangs not delay those of the next test."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        monkeypatch.setattr(metrics, "_reader", reader)
        yield


def scrape(client: Client) -> States:
    """Return what is told of jobs, by name and label."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert b"python_info" in response.content
    families = list(text_string_to_metric_families(response.content.decode()))
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
        if family.name.startswith("shop_jobs")
    }


def start() -> Job:
    with transaction.atomic():
        return jobs.start(CAPACITY_CHECK, input={"product_id": 1, "quantity": 1})


@pytest.mark.django_db(transaction=True)
def test_an_empty_shop_has_every_figure(client: Client) -> None:
    found = scrape(client)
    assert found.pop(("shop_jobs_up", "")) == 1
    assert set(found) == {
        *(("shop_jobs_active", x) for x in ("queued", "running", "waiting", "compensating")),
        *(("shop_jobs_recovered_total", reason) for reason in REASONS),
        *(("shop_jobs_stuck", ""), ("shop_jobs_due", ""), ("shop_jobs_overdue_seconds", "")),
    }
    assert set(found.values()) == {0}


@pytest.mark.django_db(transaction=True)
def test_it_counts_jobs_under_way_due_stuck_and_recovered(client: Client) -> None:
    start()
    late, stuck = start(), start()
    Job.objects.filter(pk=stuck.pk).update(state="stuck", due_at=None)
    Job.objects.filter(pk=late.pk).update(due_at=Now() - timedelta(seconds=9))
    found = scrape(client)
    assert found["shop_jobs_active", "queued"] == 2
    assert (found["shop_jobs_stuck", ""], found["shop_jobs_due", ""]) == (1, 1)
    assert 9 <= found["shop_jobs_overdue_seconds", ""] < 15
    assert found["shop_jobs_recovered_total", "lease_ended"] == 0
    recovery.recover({})
    found = scrape(client)
    assert (found["shop_jobs_due", ""], found["shop_jobs_overdue_seconds", ""]) == (0, 0)
    assert found["shop_jobs_recovered_total", "lease_ended"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_reason_that_this_code_does_not_know_is_counted_too(client: Client) -> None:
    RecoveryTally.objects.create(reason="from_the_future", number=3)
    assert scrape(client)["shop_jobs_recovered_total", "from_the_future"] == 3


def test_without_the_database_the_other_metrics_come(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(figures, "read", refuse)
    assert scrape(client) == {("shop_jobs_up", ""): 0}


def test_a_database_that_is_silent_is_not_waited_for(
    client: Client, a_thread_of_its_own: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers = threading.Event()

    def hang() -> None:
        asked.append("jobs?")
        answers.wait(30)

    monkeypatch.setattr(figures, "read", hang)
    began_at = time.monotonic()
    assert [scrape(client), scrape(client)] == [{("shop_jobs_up", ""): 0}] * 2
    assert time.monotonic() - began_at < 10
    answers.set()
    metrics._reader.shutdown()
    assert len(asked) == 1, "a scrape that nobody waits for any more asks nothing"
