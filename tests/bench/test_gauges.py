"""What is read of processes is what they use."""

import os
import subprocess
import sys

from tests.bench import gauges
from tests.bench.gauges import Reading

BURN = "import time\nwhile time.process_time() < 0.15: pass\n"
BURN_AND_STAY = f"{BURN}print('burnt', flush=True)\ninput()"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
child = subprocess.Popen([sys.executable, "-c", {BURN_AND_STAY!r}], stdin=subprocess.PIPE)
input()
child.communicate(b"end")
"""


def test_the_time_of_children_counts_whether_or_not_they_have_ended() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout
    parent.stdout.readline()
    found = gauges.cpu_seconds({"parent": parent.pid, "me": os.getpid()})
    memory = gauges.memory_bytes({"parent": parent.pid})
    parent.communicate(b"end")
    assert 0.28 <= found["parent"] < 5
    # A process that is named itself does not count among those of the one that started it.
    assert found["me"] < gauges.cpu_seconds({"me": os.getpid()})["me"] - 0.28
    assert 5 * 2**20 < memory["parent"] < 200 * 2**20


def test_what_was_used_is_a_difference_and_the_rest_is_others() -> None:
    before = Reading(10.0, {"gateway": 1.0}, 5.0, 100.0, 1000, 10, 1)
    after = Reading(20.0, {"gateway": 3.0, "beat": 0.5}, 6.0, 110.0, 4000, 40, 5)
    used = gauges.between(before, after)
    assert used.cpu == {"gateway": 2.0, "beat": 0.5}
    # Ten seconds of CPU in ten seconds, of which two and a half are the shop's and one the bench's.
    assert used.others == 0.65
    assert (used.wal_bytes, used.redis_commands, used.messages) == (3000, 30, 4)
