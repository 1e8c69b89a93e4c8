"""An environment of Python for what is compared with and not part of the project.

It is made once and kept in the user's cache; without a package index there is none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.yardsticks.measured import NotMeasured

PACKAGE, VERSION = "dbos", "3.4.0"
SECONDS = 180


def python() -> Path:
    """Return an interpreter that has the package. Raises NotMeasured when it cannot be had."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bookshop-bench"
    home = cache / f"{PACKAGE}-{VERSION}"
    if home.exists():
        return home / "bin" / "python"
    # Whole or not at all; the second line alone needs a network.
    draft = home.with_name(f"{home.name}.{os.getpid()}")
    wanted = f"{PACKAGE}=={VERSION}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "venv", "--copies", draft)
        _run(draft / "bin" / "python", "-m", "pip", "install", "--only-binary=:all:", wanted)
        draft.rename(home)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotMeasured(f"{wanted} cannot be installed ({type(error).__name__})") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return home / "bin" / "python"


def _run(*command: str | Path) -> None:
    subprocess.run(
        command, check=True, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )
