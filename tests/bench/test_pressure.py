"""Under load that lasts, all is accepted or told when to come again, and nothing else."""

from collections import Counter

import pytest

from tests.bench.client import Answer
from tests.bench.gauges import Used
from tests.bench.pressure import is_as_wanted
from tests.bench.rounds import Round

ACCEPTED, AGAIN = Answer(202, 0.0, 0.1), Answer(503, 0.0, 0.1, retry_after=1)
GONE, BROKEN, MUTE = Answer(0, 0.0, 10.0), Answer(500, 0.0, 0.1), Answer(503, 0.0, 0.1)


@pytest.mark.parametrize(
    ("answers", "ends", "wanted"),
    [
        ([ACCEPTED, ACCEPTED], {"succeeded": 2}, True),
        ([ACCEPTED, AGAIN], {"succeeded": 1}, True),
        ([ACCEPTED, GONE, *98 * [AGAIN]], {"succeeded": 1}, True),
        ([ACCEPTED, GONE, *98 * [AGAIN]], {"succeeded": 2}, True),
        ([ACCEPTED, GONE, *98 * [AGAIN]], {"succeeded": 3}, False),
        ([ACCEPTED, GONE, GONE, *97 * [AGAIN]], {"succeeded": 1}, False),
        ([ACCEPTED, ACCEPTED], {"succeeded": 1}, False),
        ([ACCEPTED, AGAIN], {"succeeded": 2}, False),
        ([ACCEPTED, ACCEPTED], {"succeeded": 2, "failed": 1}, False),
        ([ACCEPTED, BROKEN], {"succeeded": 1}, False),
        ([ACCEPTED, MUTE], {"succeeded": 1}, False),
    ],
)
def test_load_that_lasts(answers: list[Answer], ends: dict[str, int], wanted: bool) -> None:
    jobs = Counter({("checkout", state): n for state, n in ends.items()})
    used = Used(1.0, {}, 0.0, 0, 0, 0)
    done = Round(answers, 0.0, 1.0, 1.0, [], jobs, used, client_cpu=0.0, load_average=0.0)
    assert is_as_wanted(done) == wanted
