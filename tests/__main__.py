"""All tests, in two lanes side by side, each on servers of its own, then a short trial by faults:
`make test`.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from config.local.options import ROOT
from config.local.processes import spawn

PYTEST = ("-m", "pytest")
# What computes comes first; the journeys, which mostly wait, come last.
FIRST = ("workflows", "engine", "local", "shop", "schedule")
LANES = (
    ((*PYTEST, *(f"tests/{name}" for name in FIRST)),),
    (
        (*PYTEST, "tests", *(f"--ignore=tests/{name}" for name in (*FIRST, "journeys"))),
        (*PYTEST, "tests/journeys"),
    ),
)
# Alone: what ends too late because something else kept the machine busy proves nothing.
TRIAL = (("-m", "tests.chaos", "--short"),)
STOP_SECONDS = 30


class Lanes:
    """Commands that run one after the other, in lanes beside each other."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._lock = Lock()

    def run(self, number: int, commands: Sequence[Sequence[str]]) -> bool:
        """Run a lane, and return whether all of its commands succeeded.

        Nothing further begins once one has not, here or elsewhere.
        """
        for command in commands:
            begun_at = time.monotonic()
            process = self._started(command)
            if process is None or process.stdout is None:
                return False
            for line in process.stdout:
                self._say(number, line.decode(errors="replace").rstrip("\n"))
            code = process.wait()
            self._running.discard(process)
            took = time.monotonic() - begun_at
            self._say(number, f"── exit code {code} after {took:.0f} s: {' '.join(command)}")
            if code != 0:
                self.stop()
                return False
        return True

    def stop(self) -> None:
        """End in order what runs, as Ctrl-C does, and begin nothing more. May be repeated."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def _started(self, command: Sequence[str]) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopped:
                return None
            process = spawn(
                (sys.executable, *command),
                environment={**os.environ, "PYTHONUNBUFFERED": "1"},
                directory=ROOT,
                output=subprocess.PIPE,
            )
            self._running.add(process)
            return process

    def _say(self, number: int, line: str) -> None:
        with self._lock:
            sys.stdout.write(f"{number}│ {line}\n")
            sys.stdout.flush()


def main() -> int:
    """Run all lanes, then the trial, and return the exit code."""
    # As Ctrl-C does: the lanes end what they have started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lanes = Lanes()
    with ThreadPoolExecutor(len(LANES)) as pool:
        running = [pool.submit(lanes.run, *lane) for lane in enumerate(LANES, start=1)]
        try:
            results = [lane.result() for lane in running]
            results.append(pool.submit(lanes.run, len(LANES) + 1, TRIAL).result())
        except KeyboardInterrupt:
            lanes.stop()
            return 130
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
