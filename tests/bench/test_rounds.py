"""A round in numbers, the tables and the picture of rounds, and what spoils one."""

from collections import Counter
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench import plot, report
from tests.bench.client import Answer
from tests.bench.gauges import Used
from tests.bench.rounds import Round, Spoiled, medians

CPU = dict.fromkeys(("gateway", "postgres", "worker-shop", "worker-outside", "redis"), 0.5)


def a_round(**more: Any) -> Round:
    used = Used(seconds=4.0, cpu=CPU, others=0.5, wal_bytes=40_000, redis_commands=90, messages=12)
    figures: dict[str, Any] = {
        "answers": [Answer(202, 0.1 * n, 0.010 * (n + 1)) for n in range(10)],
        "began_at": 0.0,
        "accepting": 2.0,
        "finishing": 4.0,
        "finals": [0.1] * 9 + [1.0],
        "jobs": Counter({("checkout", "succeeded"): 10, ("notification", "succeeded"): 10}),
        "used": used,
        "client_cpu": 0.05,
        "load_average": 3.0,
    }
    return Round(**figures | more)


def test_figures_are_of_each_request_and_of_all_that_it_started() -> None:
    found = a_round().figures(job_kind="checkout")
    assert (found["answered_per_second"], found["finished_per_second"]) == (5.0, 2.5)
    assert (found["cpu_ms.gateway"], found["cpu_ms.all"]) == (50.0, 250.0)
    assert (found["wal_bytes"], found["redis_commands"]) == (4000.0, 9.0)
    assert (found["messages"], found["jobs"]) == (1.2, 2.0)
    assert found["answer_ms.p50"] == pytest.approx(55.0)
    assert found["final_ms.p50"] == pytest.approx(100.0)
    assert found["final_ms.p99"] > found["final_ms.p95"] > 100.0


@pytest.mark.parametrize(
    "more",
    [
        {"answers": [Answer(202, 0.0, 0.1)] * 9 + [Answer(503, 0.0, 0.1)]},
        {"answers": [Answer(202, 0.0, 0.1)] * 9 + [Answer(0, 0.0, 60.0)]},
        {"jobs": Counter({("checkout", "succeeded"): 9, ("checkout", "failed"): 1})},
        {"jobs": Counter({("checkout", "succeeded"): 11})},
    ],
    ids=["refused", "not answered", "failed", "too many"],
)
def test_what_failed_is_not_measured(more: dict[str, Any]) -> None:
    with pytest.raises(Spoiled):
        a_round(**more).figures(job_kind="checkout")


def test_medians_are_taken_figure_by_figure() -> None:
    rounds = [{"a": 1.0, "b": 30.0}, {"a": 2.0, "b": 20.0}, {"a": 9.0, "b": 10.0}]
    assert medians(rounds) == {"a": 2.0, "b": 20.0}


def a_run() -> dict[str, Any]:
    measured = {"median": (figures := a_round().figures(job_kind="checkout")), "rounds": [figures]}
    counts = {"statements.gateway": 5.0, "statements.worker": 29.0}
    counts |= {"commits.gateway": 1.0, "commits.worker": 4.0}
    return {
        "machine": {"cpu": "A & B", "cpus": "2", "date": "now", "code": "abc", "load_average": "1"},
        "checkouts": {
            "saturated": measured,
            "alone": {**measured, "waiting_ms": 77.0},
            "counts": counts,
        },
        "yardsticks": {
            "bare SQL": {"per_second": 25.0, "cpu_ms": 2.55},
            "durable": {"missing": "no index"},
        },
        "operations": {
            "registrations": {
                "saturated": measured,
                "alone": measured,
                "counts": counts,
                "hash_ms": 17.0,
            }
        },
        "memory_at_start": {"gateway": 2**20},
        "memory_at_end": {"gateway": 3 * 2**20},
    }


def test_tables_show_ratios_and_what_was_not_measured() -> None:
    text = report.text(a_run())
    cells = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    # A tenth of its rate; a hundredth of the shop's CPU, of which the client's is a part.
    assert cells["bare SQL"][-4:] == ["25.0", "2.55", "0.10", "0.01"]
    assert cells["durable"][1:3] == ["not", "measured"]
    assert "durable: no index" in text
    assert cells["finished/s"][-2:] == ["2.50", "2.50"]
    assert "answered the end after 77.0 ms" in text
    assert "17.0 ms are the hash" in text
    assert cells["gateway"][-2:] == ["1.00", "3.00"]


def test_what_was_measured_before_an_interruption_is_shown() -> None:
    found = a_run()
    for name in ("operations", "memory_at_end"):
        del found[name]
    assert "finished/s" in report.text(found)


def test_the_picture_is_one() -> None:
    drawn = ElementTree.fromstring(plot.picture(a_run()))  # noqa: S314 (our own)
    words = [element.text or "" for element in drawn.iter() if element.tag.endswith("text")]
    assert {"checkouts of the shop", "bare SQL", "gateway", "1 client"} <= set(words)
    assert "durable" not in words
    assert any("A & B" in text for text in words)


def test_the_picture_of_growth_has_a_bar_for_each_size() -> None:
    stages = [
        {"size": {"books": books}, "costs": {"a book": {"cpu_ms.all": ms, "answer_ms.p50": 2 * ms}}}
        for books, ms in ((359, 4.0), (1_000_000, 5.0))
    ]
    drawn = plot.picture({"machine": a_run()["machine"], "growth": stages})
    for text in ("359 books", "1,000,000 books", "a book", ">4.00<", ">5.00<", ">8.00<", ">10.0<"):
        assert text in drawn


def test_contention_is_as_wanted_only_where_nothing_went_wrong() -> None:
    fine = {"as_wanted": True, "deadlocks": 0, "timeouts": 0, "broken rules": 0}
    assert report.is_as_wanted({"contention": {"one": fine}})
    for name, value in (("as_wanted", False), ("deadlocks", 1), ("timeouts", 1)):
        assert not report.is_as_wanted({"contention": {"one": fine, "two": fine | {name: value}}})
    assert report.is_as_wanted({"overload": fine})
    assert not report.is_as_wanted({"overload": fine | {"broken rules": 1}})
