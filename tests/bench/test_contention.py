"""A rush is as wanted when each answer is right and each accepted job came to its end, once."""

from collections import Counter
from typing import Any

import pytest

from tests.bench.client import Answer, Request
from tests.bench.contention import Rush, judged
from tests.bench.gauges import Used
from tests.bench.rounds import Round

RUSH = Rush(
    [
        *[Request(method="POST", path="/api/v1/checkouts")] * 3,
        Request(method="POST", path="/api/v1/inventory/receipts"),
    ],
    lambda statuses: set(statuses) == {202},
)
ACCEPTED = Answer(202, 0.0, 0.1, job_id="x", retry_after=1)
BUSY = Answer(503, 0.0, 3.0, retry_after=2)
JOBS = Counter(
    {
        ("checkout", "succeeded"): 3,
        ("notification", "succeeded"): 3,
        ("goods_receipt", "succeeded"): 1,
    }
)
FEWER = JOBS - Counter({("checkout", "succeeded"): 1, ("notification", "succeeded"): 1})


def of(answers: list[Answer], jobs: Counter[tuple[str, str]]) -> dict[str, Any]:
    used = Used(1.0, {}, 0.0, 0, 0, 0)
    done = Round(answers, 0.0, 2.0, 4.0, [], jobs, used, client_cpu=0.0, load_average=0.0)
    return judged(RUSH, done)


def test_all_that_was_accepted_ended() -> None:
    found = of([ACCEPTED] * 4, JOBS)
    assert found["as_wanted"]
    assert (found["answered_per_second"], found["jobs_per_second"]) == (2.0, 1.75)


def test_who_is_told_to_come_again_has_started_nothing() -> None:
    found = of([BUSY, *[ACCEPTED] * 3], FEWER)
    assert found["as_wanted"]
    assert found["come_again"] == 1
    assert not of([BUSY, *[ACCEPTED] * 3], JOBS)["as_wanted"]


@pytest.mark.parametrize(
    ("answers", "jobs"),
    [
        ([ACCEPTED] * 4, FEWER),
        ([ACCEPTED] * 4, FEWER + Counter({("checkout", "failed"): 1})),
        ([Answer(500, 0.0, 0.1), *[ACCEPTED] * 3], FEWER),
        ([Answer(0, 0.0, 60.0), *[ACCEPTED] * 3], FEWER),
        ([Answer(503, 0.0, 0.1), *[ACCEPTED] * 3], FEWER),
    ],
    ids=["a job lacks", "a job failed", "a 500", "no answer", "not told when to come again"],
)
def test_anything_else_is_not_wanted(answers: list[Answer], jobs: Counter[tuple[str, str]]) -> None:
    assert not of(answers, jobs)["as_wanted"]
