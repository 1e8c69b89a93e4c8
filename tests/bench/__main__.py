"""`make bench`: what the shop carries and costs, on this machine, now."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

from tests.bench import plot, report
from tests.bench.parts import GROWTH, MODES, PARTS, PRESSURES
from tests.bench.scale import Scale
from tests.bench.stack import NotUp, Stack, running
from tests.servers import FOREIGN

AS_WANTED, NOT_AS_WANTED, FAILED, INTERRUPTED = 0, 1, 2, 130


class TooLong(Exception):
    """The time is up."""


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement")
    parser.add_argument("--jobs", type=int, default=1000, help="in each round at saturation")
    parser.add_argument("--seconds", type=float, default=15, help="of each round at a given rate")
    parser.add_argument("--connections", type=int, default=16, help="of the clients at saturation")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=(*PARTS, *PRESSURES, GROWTH),
        default=PARTS,
        metavar="PART",
        help=f"of {', '.join((*PARTS, *PRESSURES, GROWTH))}; left out: all but the last three",
    )
    parser.add_argument(
        "--books",
        type=int,
        nargs="*",
        default=(10_000, 100_000),
        help="of growth: the sizes, in books; there are as many customers, five orders and ten"
        " finished jobs for each; without a number the shop is measured as it is",
    )
    parser.add_argument(
        "--shop",
        type=Path,
        metavar="DIRECTORY",
        help="measure the shop that is kept there, such as one that took hours to grow",
    )
    parser.add_argument("--minutes", type=float, default=5, help="of overload, or of steady load")
    parser.add_argument("--limit", type=float, default=120, help="the hard end, in minutes")
    parser.add_argument(
        "--modes",
        nargs="+",
        choices=MODES,
        default=MODES,
        metavar="MODE",
        help=f"of checkouts: {', '.join(MODES)}",
    )
    parser.add_argument("--quick", action="store_true", help="small rounds, rougher")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument(
        "--plot", type=Path, help="draw checkouts and growth into this file, as SVG"
    )
    wanted = parser.parse_args()
    if wanted.quick:
        wanted.jobs, wanted.seconds = min(wanted.jobs, 200), min(wanted.seconds, 4)
    return wanted


def prepare(stack: Stack) -> None:
    """Have Django's settings, in this process, be those of the shop that runs."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(DJANGO_SETTINGS_MODULE="config.settings", SHOP_DATA_DIR=str(stack.home))
    django.setup()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(wanted: argparse.Namespace, stack: Stack, tell: Callable[[str], None]) -> int:
    """Measure what is wanted, show and keep the figures, and return the exit code."""
    prepare(stack)
    # Only now: these read the settings.
    from tests.bench.measuring import Measuring  # noqa: PLC0415
    from tests.bench.rounds import Spoiled  # noqa: PLC0415

    scale = Scale(
        rounds=wanted.rounds,
        jobs=wanted.jobs,
        connections=wanted.connections,
        seconds=wanted.seconds,
        minutes=wanted.minutes,
        books=tuple(wanted.books),
    )
    measuring = Measuring(stack, parts=wanted.only, modes=wanted.modes, scale=scale, say=tell)
    found, code = measuring.found, AS_WANTED
    try:
        measuring.run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except (Spoiled, TooLong) as problem:
        code = FAILED
        kept = Path(tempfile.mkdtemp(prefix="bench-logs-"))
        shutil.copytree(stack.logs, kept, dirs_exist_ok=True)
        say(f"{problem} The logs are in {kept}.")
    say(report.text(found))
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=1) + "\n")
    if wanted.plot and ("checkouts" in found or GROWTH in found):
        wanted.plot.write_text(plot.picture(found))
    return code or (AS_WANTED if report.is_as_wanted(found) else NOT_AS_WANTED)


def end_in_time(minutes: float) -> None:
    """Have TooLong raised when the time is up, and SIGTERM mean what Ctrl-C does."""

    def end(number: int, frame: object) -> None:
        raise TooLong(f"the time is up after {minutes:g} minutes.")

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 60 * minutes)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def main() -> int:
    wanted = arguments()
    begun_at = time.monotonic()

    def tell(text: str) -> None:
        say(f"{time.monotonic() - begun_at:5.0f} s  {text}")

    end_in_time(wanted.limit)
    try:
        tell("starting the shop as `make run` does")
        with running(wanted.shop) as stack:
            code = run(wanted, stack, tell)
            # What is over is cleared away, however late.
            signal.setitimer(signal.ITIMER_REAL, 0)
            return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except (NotUp, TooLong) as problem:
        say(str(problem))
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
