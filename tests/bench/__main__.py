"""`make bench`: what the shop carries and costs, on this machine, now."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from tests.bench import machine, plot, report
from tests.bench.scale import Scale
from tests.bench.stack import NotUp, Stack, running
from tests.servers import FOREIGN

INTERRUPTED, FAILED = 130, 2
OPERATIONS = ("registration", "receipt", "cart change", "job poll", "search")
# Checkouts that come so many times as fast as the shop finishes them; only when asked for.
PRESSURES = {"overload": 3.0, "steady": 0.5}
PARTS = ("checkout", "yardsticks", *OPERATIONS, "contention")
# So many that each has a full cart again when it is their turn again.
MANY = 10_000
MODES = ("saturated", "alone", "quarter", "half", "counts")


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
        choices=(*PARTS, *PRESSURES),
        default=PARTS,
        help="parts; where left out all but overload and steady load, which take their minutes",
    )
    parser.add_argument("--minutes", type=float, default=5, help="of overload, or of steady load")
    parser.add_argument(
        "--modes", nargs="+", choices=MODES, default=MODES, metavar="MODE", help="of checkouts"
    )
    parser.add_argument("--quick", action="store_true", help="small rounds: a minute, and rougher")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--plot", type=Path, help="draw the checkouts into this file, as SVG")
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


def measure(wanted: argparse.Namespace, stack: Stack, tell: Callable[[str], None]) -> Any:
    """Measure what is wanted, and return the figures."""
    # Only now: these read the settings.
    from tests.bench.checkouts import Checkouts  # noqa: PLC0415
    from tests.bench.contention import Contention  # noqa: PLC0415
    from tests.bench.gauges import Gauges, memory_bytes  # noqa: PLC0415
    from tests.bench.market import Market  # noqa: PLC0415
    from tests.bench.operations import Operations  # noqa: PLC0415
    from tests.bench.pressure import Pressure  # noqa: PLC0415
    from tests.bench.rounds import Rounds  # noqa: PLC0415
    from tests.bench.yardsticks.beside import Yardsticks  # noqa: PLC0415

    presses = any(name in wanted.only for name in PRESSURES)
    scale = Scale(wanted.rounds, wanted.jobs, wanted.seconds, wanted.connections)
    tell("filling the shop")
    market = Market(
        stack.database_url, buyers=max(2 * scale.jobs, MANY if presses else 1000), seed_number=1
    )
    rounds = Rounds(stack, market, Gauges(stack))
    found: dict[str, Any] = {"machine": machine.described(stack.home), "scale": vars(scale)}
    found["memory_at_start"] = memory_bytes(stack.pids())
    parts = set(wanted.only)
    if parts.intersection(["checkout", "yardsticks", *PRESSURES]):
        yardsticks = Yardsticks(stack, number=max(200, scale.jobs // 2), say=tell)
        found["checkout"] = Checkouts(
            stack,
            rounds,
            market,
            scale=scale,
            say=tell,
            beside=yardsticks.round if "yardsticks" in parts else lambda: None,
        ).measure(wanted.modes)
        found["yardsticks"] = yardsticks.figures()
    operations = Operations(stack, rounds, market, scale=scale, say=tell)
    found["operations"] = operations.measure([name for name in OPERATIONS if name in parts])
    if "contention" in parts:
        found["contention"] = Contention(stack, rounds, market, say=tell).measure()
    for name in [name for name in PRESSURES if name in parts]:
        rate = PRESSURES[name] * found["checkout"]["saturated"]["median"]["finished_per_second"]
        pressure = Pressure(stack, rounds, market, say=tell)
        found[name] = pressure.measure(rate=rate, minutes=wanted.minutes)
    found["memory_at_end"] = memory_bytes(stack.pids())
    return found


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    wanted = arguments()
    # As Ctrl-C does: what was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun_at = time.monotonic()

    def tell(text: str) -> None:
        say(f"{time.monotonic() - begun_at:5.0f} s  {text}")

    try:
        tell("starting the shop as `make run` does")
        with running() as stack:
            prepare(stack)
            found = measure(wanted, stack, tell)
    except KeyboardInterrupt:
        return INTERRUPTED
    except NotUp as problem:
        say(str(problem))
        return FAILED
    say(report.text(found))
    if wanted.plot and "checkout" in found:
        wanted.plot.write_text(plot.picture(found))
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
