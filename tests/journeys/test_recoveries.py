"""What befell a job is told by the job, and counted where operators look."""

import os
import re
import signal

from tests.journeys.books import Books
from tests.journeys.processes import Shop


def counted(shop: Shop) -> dict[str, float]:
    """Return the figures of jobs that the gateway tells Prometheus."""
    status, text = shop.page("GET", "/metrics")
    assert status == 200
    found = re.findall(r"^(shop_jobs_\w+)(?:\{\w+=\"(\w+)\"\})? (\S+)$", text, re.MULTILINE)
    return {label or name: float(value) for name, label, value in found}


def test_a_frozen_worker_and_a_broker_that_is_away_are_told_apart(shop: Shop, books: Books) -> None:
    first, second = shop.customers(2)
    books.fill_carts([first.user_id, second.user_id], {shop.products(1)[0]: 1})
    before = counted(shop)

    # The message goes to a worker that does nothing with it any more.
    frozen = shop["worker-shop"]
    os.killpg(frozen.pid, signal.SIGSTOP)
    held = first.buy()
    assert first.job(held, Prefer="wait=2")["state"] == "queued"
    frozen.kill()
    shop.mend()
    job = first.final(held, seconds=30)
    assert job["state"] == "succeeded"
    assert [(x["step"], x["reason"]) for x in job["recoveries"]] == [("place_order", "lease_ended")]

    with shop.without("redis"):
        unsent = second.buy()
        assert second.job(unsent, Prefer="wait=2")["state"] == "queued"
    job = second.final(unsent, seconds=30)
    assert job["state"] == "succeeded"
    assert job["recoveries"][0]["reason"] == "broker_unreachable"

    books.await_all_final(seconds=30)
    after = counted(shop)
    assert after["shop_jobs_up"] == 1
    for reason in ("lease_ended", "broker_unreachable"):
        assert after[reason] > before[reason]
    # The count is the shop's, not the process's that tells it.
    shop["gateway"].restart()
    assert counted(shop)["lease_ended"] >= after["lease_ended"]


def test_without_postgresql_the_figures_are_missing_and_the_rest_is_told(shop: Shop) -> None:
    with shop.without("postgres"):
        assert counted(shop) == {"shop_jobs_up": 0}
    assert counted(shop)["shop_jobs_up"] == 1
