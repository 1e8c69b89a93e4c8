"""DBOS workflows of five steps, each of which inserts a row. Runs in an environment of its own.

`python durable.py DATABASE_URL NAME WARM_UP NUMBER` runs some to warm up, waits for a line, runs so
many, and prints the seconds that it took and those of CPU.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from dbos import DBOS, DBOSConfig  # type: ignore[import-not-found]  # it is installed elsewhere

THREADS = 4
url, name = sys.argv[1:3]
local = threading.local()


@DBOS.step()  # type: ignore[untyped-decorator]
def insert(step: int) -> int:
    if not hasattr(local, "session"):
        local.session = psycopg.connect(url, autocommit=True)
    local.session.execute("INSERT INTO done (step) VALUES (%s)", [step])
    return step


@DBOS.workflow()  # type: ignore[untyped-decorator]
def five_steps() -> int:
    return sum(insert(step) for step in range(5))


def run(number: int) -> str:
    begun_at, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(lambda _: five_steps(), range(number))) == {10}
    return f"{time.monotonic() - begun_at} {time.process_time() - cpu}\n"


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main(warm_up: int, number: int) -> None:
    DBOS(
        config=DBOSConfig(
            name="yardstick", system_database_url=url, executor_id=name, log_level="ERROR"
        )
    )
    DBOS.launch()
    run(warm_up)
    say("warm\n")
    sys.stdin.readline()
    say(run(number))
    DBOS.destroy()


if __name__ == "__main__":
    main(*map(int, sys.argv[3:5]))
