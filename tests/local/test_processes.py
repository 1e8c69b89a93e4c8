"""What a process starts ends with it, however it ends."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.local import ports, processes
from config.local.options import ROOT

MARK = f"tests-processes-{os.getpid()}"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can")

SPAWNING = """
import os, pathlib, signal, subprocess, sys
from config.local.processes import spawn
sleep = (sys.executable, "-S", "-c", "import time; time.sleep(600)")
child = spawn(
    sleep, environment=os.environ, directory=pathlib.Path("/"), output=subprocess.DEVNULL
)
pathlib.Path(sys.argv[1]).write_text(f"{child.pid}\\n")
signal.pause()
"""
# Whoever imports the application stands still in the middle of it.
IMPORTING = """
import os, pathlib, signal, sys
from config.local import gateway
class Slow:
    def find_spec(self, name, path, target=None):
        if name == "config.wsgi":
            pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}\\n")
            signal.pause()
sys.meta_path.insert(0, Slow())
gateway.main()
"""
# The kernel sends no signal for a death that is over: whoever was forked has to look.
ORPHANED = """
import os, pathlib, sys, time
from config.local.processes import tie_forks
parent = os.getpid()
def outlive():
    while os.getppid() == parent:
        time.sleep(0.01)
os.register_at_fork(after_in_child=outlive)
tie_forks()
if (child := os.fork()) == 0:
    time.sleep(600)
pathlib.Path(sys.argv[1]).write_text(f"{child}\\n")
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert processes.end_marked(MARK) == 0


@pytest.mark.parametrize(
    "program", [SPAWNING, IMPORTING, ORPHANED], ids=["spawned", "importing", "orphaned"]
)
def test_a_child_ends_with_a_killed_parent(program: str, tmp_path: Path) -> None:
    file = tmp_path / "child"
    parent = processes.spawn(
        (sys.executable, "-c", program, file),
        environment={
            processes.MARK: MARK,
            "GATEWAY_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(ports.free()),
        },
        directory=ROOT,
        output=subprocess.DEVNULL,
    )
    _await(lambda: file.exists() and file.read_text().endswith("\n"), what="there is a child")
    parent.kill()
    parent.wait()
    _await(lambda: not _lives(int(file.read_text())), what="it has ended")


def _await(condition: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"not so: {what}"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
