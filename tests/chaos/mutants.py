"""`make chaos-mutants`: break the shop on purpose, one break at a time, and see who notices.

A test notices when it fails with the break and passes without it; faults in a running shop do
when an invariant breaks that holds without it. Every break is made in a copy of the project.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.local.processes import end_group, spawn
from tests.chaos.mutations import MUTANTS
from tests.chaos.mutations.mutant import Edit, Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
CAUGHT, SURVIVED, FAILED, INTERRUPTED = 0, 1, 2, 130
# How pytest and `tests.chaos` say that all is well, and that something is not as it must be.
HELD, BROKEN = 0, 1
TRIAL = ("--jobs", "150", "--faults", "12", "--seed", "7", "--minutes", "10")
# Seconds after which what was to notice hangs, which is not noticing.
TESTS_LIMIT, TRIAL_LIMIT = 1200.0, 900.0


class Trouble(Exception):
    """Nobody can tell whether breaks are noticed: something else is wrong."""


@dataclass(frozen=True)
class Verdict:
    """Who noticed a break, and after how many seconds; nobody: it survived."""

    mutant: str
    seconds: float
    by: tuple[str, ...]
    missed: tuple[str, ...] = ()

    @property
    def survived(self) -> bool:
        return bool(self.missed) or not self.by


class Copy:
    """The project in a directory of its own, to be broken."""

    def __init__(self, home: Path, source: Path, files: Sequence[str]) -> None:
        self.home = home
        for file in files:
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / file, home / file)

    def apply(self, edits: Sequence[Edit]) -> None:
        """Make these edits. Raises Trouble when what is to be replaced is not there once."""
        for file, old, new in edits:
            text = (self.home / file).read_text()
            if text.count(old) != 1:
                raise Trouble(f"{file} has {text.count(old)} times, and not once: {old!r}")
            (self.home / file).write_text(text.replace(old, new))

    def failed_tests(self, tests: Sequence[str]) -> set[str]:
        """Run tests and return those that failed. Raises Trouble where pytest itself did."""
        report = self.home / "report.xml"
        arguments = ("-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}")
        code, text = self._run((*arguments, "-v", *tests), limit=TESTS_LIMIT)
        if code not in (HELD, BROKEN):
            raise Trouble(f"pytest ended with {code}:\n{text[-3000:]}")
        return set(_failures(ET.parse(report)))  # noqa: S314 (our own file)

    def broken_invariants(self, kinds: Sequence[str]) -> set[str]:
        """Run a shop under faults and return what broke. Raises Trouble where the trial did."""
        report = self.home / "trial.json"
        given = (*TRIAL, "--kinds", ",".join(kinds), "--json", str(report))
        code, text = self._run(("-m", "tests.chaos", *given), limit=TRIAL_LIMIT)
        if code not in (HELD, BROKEN):
            raise Trouble(f"the trial ended with {code}:\n{text[-3000:]}")
        found = json.loads(report.read_text())["invariants"]
        return {sentence for sentence, (_, violations) in found.items() if violations}

    def _run(self, arguments: Sequence[str], *, limit: float) -> tuple[int, str]:
        said = self.home / "output.txt"
        with said.open("wb") as output:
            running = spawn(
                (sys.executable, *arguments),
                environment=_environment(),
                directory=self.home,
                output=output,
            )
            try:
                code = running.wait(limit)
            except subprocess.TimeoutExpired:
                end = said.read_text(errors="replace")[-1000:]
                raise Trouble(f"{arguments[1]} hangs for {limit:.0f} s:\n{end}") from None
            finally:
                end_group(running.pid)
                running.wait()
        return code, said.read_text(errors="replace")


def _environment() -> Mapping[str, str]:
    foreign = ("PYTEST_", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _failures(report: "ET.ElementTree[ET.Element]") -> Iterator[str]:
    """Yield the tests that failed by themselves, not in what was made ready for them."""
    for case in report.iter("testcase"):
        if case.find("failure") is not None:
            file = case.get("classname", "").replace(".", "/")
            yield f"{file}.py::{case.get('name')}"


def project_files(source: Path) -> list[str]:
    """Return the project's files, also those that are not committed yet."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True)
    return [file for file in done.stdout.split("\0") if file and (source / file).is_file()]


class Bench:
    """Where breaks are tried: beside a copy that is sound."""

    def __init__(self, home: Path, source: Path = ROOT) -> None:
        # PostgreSQL runs as `nobody` for root, and must be able to get there.
        home.chmod(0o755)
        self._home, self._files = home, project_files(source)
        self._sound = Copy(home / "sound", source, self._files)

    def check_sound(self, mutants: Sequence[Mutant], *, with_trials: bool) -> None:
        """See that without a break nothing is noticed. Raises Trouble."""
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        failed = self._sound.failed_tests(tests) if tests else set[str]()
        kinds = {mutant.chaos for mutant in mutants if mutant.chaos and with_trials}
        for some in sorted(kinds):
            failed |= self._sound.broken_invariants(some)
        if failed:
            raise Trouble(f"without any break these fail: {', '.join(sorted(failed))}")

    def try_tests(self, mutant: Mutant) -> Verdict:
        """Return which of a break's tests fail with it."""
        began = time.monotonic()
        with self._broken(mutant) as copy:
            failed = copy.failed_tests(mutant.tests)
        noticed = {
            test: any(one == test or one.startswith(f"{test}[") for one in failed)
            for test in mutant.tests
        }
        return Verdict(
            mutant.name,
            time.monotonic() - began,
            tuple(_short(test) for test, failed in noticed.items() if failed),
            tuple(_short(test) for test, failed in noticed.items() if not failed),
        )

    def try_faults(self, mutant: Mutant) -> Verdict:
        """Return which invariants of a running shop break with it."""
        began = time.monotonic()
        with self._broken(mutant) as copy:
            broken = copy.broken_invariants(mutant.chaos)
        by = tuple(f"chaos: {sentence}" for sentence in sorted(broken))
        return Verdict(mutant.name, time.monotonic() - began, by)

    @contextmanager
    def _broken(self, mutant: Mutant) -> Iterator[Copy]:
        with TemporaryDirectory(dir=self._home) as place:
            Path(place).chmod(0o755)
            copy = Copy(Path(place), self._sound.home, self._files)
            copy.apply(mutant.edits)
            yield copy


def _short(test: str) -> str:
    return test.removeprefix("tests/").replace(".py::test_", ": ")


def judge(
    mutants: Sequence[Mutant], bench: Bench, *, with_trials: bool, say: Callable[[str], None]
) -> list[Verdict]:
    """Try every break, and tell of each when it is known."""
    verdicts = []
    for mutant in mutants:
        tries = [bench.try_tests] if mutant.tests else []
        tries += [bench.try_faults] if mutant.chaos and with_trials else []
        for attempt in tries:
            began = time.monotonic()
            try:
                verdict = attempt(mutant)
            except Trouble as trouble:
                verdict = Verdict(mutant.name, time.monotonic() - began, (), (str(trouble),))
            verdicts.append(verdict)
            say(row(verdict))
    return verdicts


def row(verdict: Verdict) -> str:
    """Return a verdict as a line, and below it who should have noticed."""
    by = "; ".join(verdict.by) or "NOBODY"
    missed = "".join(f"\n{'':35}NOT BY {one}" for one in verdict.missed)
    return f"{verdict.mutant:28} {verdict.seconds:4.0f} s {by}{missed}"


def chosen(names: Sequence[str]) -> list[Mutant]:
    """Return the breaks of these names, or all. Raises Trouble for a name that none has."""
    known = {mutant.name: mutant for mutant in MUTANTS}
    if unknown := [name for name in names if name not in known]:
        raise Trouble(f"no break is called {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(MUTANTS)


def main() -> int:
    """Try the breaks that the command line names, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="of breaks; all where left out")
    parser.add_argument("--quick", action="store_true", help="run tests only, no faults")
    wanted = parser.parse_args()
    try:
        mutants = chosen(wanted.names)
        with TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as home:
            bench = Bench(Path(home))
            bench.check_sound(mutants, with_trials=not wanted.quick)
            verdicts = judge(mutants, bench, with_trials=not wanted.quick, say=_say)
    except Trouble as trouble:
        _say(f"{trouble}")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    survivors = sorted({verdict.mutant for verdict in verdicts if verdict.survived})
    _say(f"\n{len(mutants)} breaks, {len(survivors)} survived. {', '.join(survivors)}")
    return SURVIVED if survivors else CAUGHT


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
