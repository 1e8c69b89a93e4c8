"""`make conformance`: schemathesis asks everything, as every role, and judges; ends in a table."""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

import django

from config.local.processes import MARK, end_marked
from tests.servers import FOREIGN

CLEAN, BROKEN = 0, 1
INTERRUPTED = 130


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--examples", type=int, default=40, help="of each kind and operation")
    parser.add_argument("--seconds", type=int, default=600, help="for each role")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same requests")
    parser.add_argument("--roles", help="separated by commas; all where left out")
    parser.add_argument("--phases", help="of schemathesis, separated by commas")
    return parser.parse_args()


def prepare(home: Path) -> None:
    """Have Django's settings be nobody's but this run's, and mark all that it starts."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        SHOP_DATA_DIR=str(home),
        SHOP_SECRET_KEY=secrets.token_urlsafe(32),
        **{MARK: str(home)},
    )
    django.setup()


def run(wanted: argparse.Namespace, home: Path) -> int:
    """Fuzz as each role, print the report, and return the exit code."""
    # Only now: these read the settings.
    from tests.conformance import report, run, stack  # noqa: PLC0415

    plan = run.Wanted(wanted.seed, wanted.examples, wanted.seconds, wanted.phases or run.PHASES)
    with stack.running() as shop:
        known = shop.known()
        roles = wanted.roles.split(",") if wanted.roles else list(shop.roles)
        outcomes = [
            run.run(
                role,
                address=shop.address,
                tokens=shop.tokens(role),
                known=known,
                wanted=plan,
                home=home / role,
                say=say,
            )
            for role in roles
        ]
        errors = report.server_errors(shop["gateway"].logs())
    say(report.text(outcomes, errors))
    return CLEAN if report.is_clean(outcomes, errors) else BROKEN


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    wanted = arguments()
    with tempfile.TemporaryDirectory(prefix="conformance-") as home:
        prepare(Path(home))
        try:
            return run(wanted, Path(home))
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            end_marked(home)


if __name__ == "__main__":
    sys.exit(main())
