"""Celery chains of five links that do nothing: what messages alone cost.

`python -m tests.bench.yardsticks.chains NUMBER` sends them and prints the seconds that all took and
those of CPU here; the worker is Celery's own, as it comes, with a process for each CPU.
"""

import os
import sys
import time

import redis
from celery import Celery, chain

BROKER = os.environ.get("YARDSTICK_BROKER", "")
LINKS = 5
DONE = "yardstick:done"

app = Celery("yardstick", broker=BROKER)
app.conf.update(task_ignore_result=True)
_counter = redis.Redis.from_url(BROKER) if BROKER else None


@app.task(name="nothing")  # type: ignore[untyped-decorator]  # Celery has no types
def nothing() -> None:
    """Do nothing."""


@app.task(name="count")  # type: ignore[untyped-decorator]
def count() -> None:
    """Do nothing but tell that a chain is over."""
    assert _counter
    _counter.incr(DONE)


def main(number: int) -> None:
    """Send so many chains, wait for their ends, and print the seconds."""
    assert _counter
    _counter.delete(DONE)
    begun_at, cpu = time.monotonic(), time.process_time()
    for _ in range(number):
        chain(*(nothing.si() for _ in range(LINKS - 1)), count.si()).apply_async()
    while int(_counter.get(DONE) or 0) < number:
        time.sleep(0.005)
    sys.stdout.write(f"{time.monotonic() - begun_at} {time.process_time() - cpu}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
