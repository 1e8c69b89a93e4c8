"""The short form of `make conformance`, and what judges it."""

import json
import subprocess
import sys
from collections import Counter

from config.local.options import ROOT
from tests.conformance import report
from tests.conformance.run import Outcome


def test_a_few_requests_of_every_kind_find_nothing() -> None:
    done = subprocess.run(
        (
            *(sys.executable, "-m", "tests.conformance", "--roles", "customer,superuser"),
            *("--seconds", "12", "--examples", "2"),
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-20000:]}\n{done.stderr[-4000:]}"


def test_a_run_that_found_something_or_asked_nothing_is_not_clean() -> None:
    good = Outcome("staff", 0, 1.0, "", {"GET /me": Counter({"200": 3})})
    assert report.is_clean([good], [])
    assert not report.is_clean([good, Outcome("staff", 0, 1.0, "")], [])
    assert not report.is_clean([Outcome("staff", 1, 1.0, "", good.statuses)], [])
    assert not report.is_clean([good], ["a line of the log"])


def test_the_gateways_log_tells_of_errors() -> None:
    lines = [
        *({"status": 200, "path": "/a\u2028b"}, {"status": 503}, {"status": 404}),
        {"level": "error", "event": "bug"},
    ]
    written = (json.dumps(line, ensure_ascii=False) for line in lines)
    assert len(report.server_errors("\n".join(["[granian] started", *written]))) == 2
