"""`make chaos`: jobs and faults side by side, and at the end what held and what did not."""

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import django

from config.local.processes import MARK, end_marked
from tests.servers import FOREIGN

HELD, BROKEN, FAILED, INTERRUPTED = 0, 1, 2, 130
# Of no kind of fault there is less than one.
SHORT = {"jobs": 300, "faults": 1, "minutes": 8}


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="300 jobs, each kind of fault once")
    parser.add_argument("--jobs", type=int, default=1000, help="accepted requests")
    parser.add_argument("--faults", type=int, default=60, help="0: none")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same choices")
    parser.add_argument("--minutes", type=float, default=15, help="the hard end")
    parser.add_argument("--kinds", help="of faults, separated by commas; all where left out")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    wanted = parser.parse_args()
    if wanted.short:
        vars(wanted).update(SHORT)
    return wanted


def prepare(home: Path) -> None:
    """Have Django's settings be nobody's but this trial's, and mark all that it starts."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        SHOP_DATA_DIR=str(home),
        SHOP_SECRET_KEY=secrets.token_urlsafe(32),
        **{MARK: str(home)},
    )
    django.setup()


def run(wanted: argparse.Namespace) -> int:
    """Run the trial, print the report, and return the exit code."""
    # Only now: these read the settings.
    from tests.chaos import report, stack  # noqa: PLC0415
    from tests.chaos.trial import TooLong, Trial  # noqa: PLC0415

    kinds = wanted.kinds.split(",") if wanted.kinds else None
    with stack.running(customers=wanted.jobs + 200, products=wanted.jobs // 40 + 40) as shop:
        code = FAILED
        try:
            trial = Trial(
                shop,
                jobs=wanted.jobs,
                faults=wanted.faults,
                seed=wanted.seed,
                seconds=60 * wanted.minutes,
                kinds=kinds,
            )
            trial.run()
            say(report.text(trial))
            if wanted.json:
                wanted.json.write_text(json.dumps(report.as_data(trial), indent=2) + "\n")
            code = judged(trial.load.broken, report.looked_at_nothing(trial.findings))
            if any(finding.violations for finding in trial.findings):
                code = BROKEN
        except TooLong as late:
            say(str(late))
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            if code not in (HELD, INTERRUPTED):
                say(f"The logs are in {keep(shop.logs)}.")
    return code


def judged(broken: list[str], unchecked: list[str]) -> int:
    """Say what went wrong with the trial itself, and return the exit code for it."""
    for problem in broken[:5]:
        say(f"A story broke: {problem}")
    for invariant in unchecked:
        say(f"Nothing was there to check it on: {invariant}")
    return FAILED if broken or unchecked else HELD


def keep(logs: Path) -> Path:
    kept = Path(tempfile.mkdtemp(prefix="chaos-logs-"))
    shutil.copytree(logs, kept, dirs_exist_ok=True)
    return kept


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    wanted = arguments()
    # As Ctrl-C does: what is frozen does not end with us by itself.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="chaos-") as home:
        prepare(Path(home))
        try:
            return run(wanted)
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception:
            say(traceback.format_exc())
            return FAILED
        finally:
            # What a fault was just starting when the trial was interrupted, or had orphaned.
            end_marked(home)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads that still ask a shop which is gone are not waited for.
    os._exit(code)
