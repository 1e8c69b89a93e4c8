"""For workers that are to die: `celery … -I tests.journeys.dying`.

A file in a directory stands for each point at which a process is to die. Who gets there first takes
the file away and dies; all others go on.
"""

import os
import signal
from pathlib import Path

from tests.workflows import points

DIRECTORY = "DYING_POINTS"


def reached(point: str) -> None:
    """Die here, if somebody is to."""
    try:
        Path(os.environ[DIRECTORY], point).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


points.watch(reached)
