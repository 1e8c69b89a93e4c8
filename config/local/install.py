"""Set up `.venv` with exactly the locked packages: `python3 -m config.local.install [LOCK]`.

Runs on the machine's own Python, so it uses the standard library only. What is up to date is left
alone, without a look at the network; what was interrupted is begun afresh.
"""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.local.processes import die_with_parent, end_group

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# There from before the first change until after the last one.
UNFINISHED = VENV / "unfinished"
LOG = VENV / "install.log"
# All that the shop needs is in the second, with the tools to work on it.
RUN_LOCK, WORK_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"


def main(lock: Path) -> int:
    """Install the packages of one lock. Returns the exit code; may be repeated."""
    try:
        with _alone():
            if _installed(lock):
                return 0
            fault = _make_venv() or _install(lock)
            if not fault:
                _note(lock)
    except OSError as error:
        fault = f"{error.filename or VENV}: {error.strerror}"
    if fault:
        sys.stderr.write(f"install: {fault}\n")
        return 1
    _say("done")
    return 0


def stamp(lock: Path) -> str:
    """Return what the note on a lock says when it is installed as it stands."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def packages(lock: Path) -> int:
    """Return how many packages a lock names."""
    return sum("==" in line and not line.startswith((" ", "#")) for line in _lines(lock))


def _lines(lock: Path) -> list[str]:
    return lock.read_text().splitlines()


def _note_on(lock: Path) -> Path:
    return VENV / f"installed-{lock.stem}"


def _installed(lock: Path) -> bool:
    note = _note_on(lock)
    return (
        PYTHON.exists()
        and not UNFINISHED.exists()
        and note.is_file()
        and note.read_text() == stamp(lock)
    )


def _note(lock: Path) -> None:
    for each in {lock, RUN_LOCK} if lock == WORK_LOCK else {lock}:
        _note_on(each).write_text(stamp(each))
    UNFINISHED.unlink()


def _make_venv() -> str:
    """Make `.venv` unless there is a whole one; return what went wrong, or nothing."""
    if not UNFINISHED.exists() and _has_pip():
        UNFINISHED.touch()
        return ""
    _say(f"making {VENV} with Python {sys.version.split()[0]}")
    venv.create(VENV, clear=True, symlinks=True, with_pip=False)
    UNFINISHED.touch()
    if _run([PYTHON, "-m", "ensurepip", "--upgrade", "--default-pip"]):
        return f"{sys.executable} could not set up pip in {VENV}"
    return ""


def _has_pip() -> bool:
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and _run([PYTHON, "-c", check]) == 0


def _install(lock: Path) -> str:
    """Install a lock's packages, telling how far it is; return what went wrong, or nothing."""
    total, found, unpacking = packages(lock), 0, False
    _say(f"installing the {total} packages of {lock.name} (the first time takes a minute or two)")
    options = ["--no-input", "--disable-pip-version-check", "--no-deps", "--progress-bar=off"]
    pinned = ("--require-hashes", "-r", lock)
    with LOG.open("w") as log, _child([PYTHON, "-m", "pip", "install", *options, *pinned]) as pip:
        for line in pip.stdout or ():
            log.write(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                found += 1
                if found % 10 == 0:
                    _say(f"{found} of {total} found")
            elif line.startswith("Installing collected packages"):
                unpacking = True
                _say("unpacking them")
        status = pip.wait()
    if not status:
        return ""
    errors = [line for line in _lines(LOG) if line.startswith("ERROR: ")]
    reason = errors[0].removeprefix("ERROR: ") if errors else f"pip ended with {status}"
    if not unpacking:
        UNFINISHED.unlink()  # Nothing was changed.
    return f"{reason} (all of it is in {LOG})"


def _run(command: list[str | Path]) -> int:
    with _child(command) as process:
        for _ in process.stdout or ():
            pass
        return process.wait()


@contextmanager
def _child(command: list[str | Path]) -> Iterator["subprocess.Popen[str]"]:
    """Run a command that ends, whatever ends this process."""
    process = subprocess.Popen(  # noqa: S603  (every command is in this file)
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  (there are no threads here)
    )
    try:
        yield process
    finally:
        end_group(process.pid)  # With what it started itself, as ensurepip does.
        process.wait()


@contextmanager
def _alone() -> Iterator[None]:
    """Keep a second installation into the same `.venv` waiting."""
    with RUN_LOCK.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say("waiting for another installation")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    sys.stdout.write(f"install: {text}\n")
    sys.stdout.flush()


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    for _number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(_number, _stop)
    if "MAKELEVEL" in os.environ:
        die_with_parent()
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else RUN_LOCK))
