"""The supervisor keeps real processes running, and ends them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import processes
from config.local.directory import DataDirectory
from config.local.problem import Problem, Stopped
from config.local.supervisor import LONGEST_DELAY_SECONDS, Supervisor, delay_after

SLEEP = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
# A program with a child in its group, as a gateway or a worker has.
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEP}']); {SLEEP}"


class Script:
    """A Python program of one line, which leaves its name in a list when it is told to stop."""

    stop_signal: int = signal.SIGTERM

    def __init__(
        self, name: str, line: str = SLEEP, *, patience: float = 5, stage: int = 0
    ) -> None:
        self.name = name
        self.line = line
        self.patience = patience
        self.stage = stage

    def spawn(self) -> subprocess.Popen[bytes]:
        return processes.spawn(
            (sys.executable, "-S", "-c", self.line),
            environment={processes.MARK: f"tests-{os.getpid()}"},
            directory=Path("/"),
            output=subprocess.DEVNULL,
        )

    def ready(self) -> bool:
        return True


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path)


@pytest.fixture
def supervisor(directory: DataDirectory) -> Iterator[Supervisor]:
    supervisor = Supervisor(directory)
    yield supervisor
    supervisor.stop()
    assert processes.marked(f"tests-{os.getpid()}") == []


def test_the_delay_doubles_up_to_a_limit() -> None:
    delays = [delay_after(deaths) for deaths in (1, 2, 3, 4, 50, 10_000)]
    assert delays == [0.25, 0.5, 1.0, 2.0, LONGEST_DELAY_SECONDS, LONGEST_DELAY_SECONDS]


def test_a_killed_process_is_back_under_another_pid(
    supervisor: Supervisor, directory: DataDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor.launch(Script("gateway"))
    supervisor.await_ready(seconds=5)
    first = directory.pid("gateway")
    assert first
    os.kill(first, signal.SIGKILL)
    assert supervisor.wait(lambda: directory.pid("gateway") != first, seconds=5)
    assert f"gateway (process {first}) was killed by signal 9" in capsys.readouterr().out


def test_a_dead_process_takes_its_children_along(
    supervisor: Supervisor, directory: DataDirectory
) -> None:
    mark = f"tests-{os.getpid()}"
    supervisor.launch(Script("gateway", PARENT))
    supervisor.await_ready(seconds=5)
    assert supervisor.wait(lambda: len(processes.marked(mark)) == 2, seconds=5)
    before = set(processes.marked(mark))
    leader = directory.pid("gateway")
    assert leader
    os.kill(leader, signal.SIGKILL)
    assert supervisor.wait(lambda: not before & set(processes.marked(mark)), seconds=5)


def test_a_program_that_cannot_live_stops_the_start(supervisor: Supervisor) -> None:
    class Never(Script):
        def ready(self) -> bool:
            return False

    supervisor.launch(Never("beat", "raise SystemExit(3)"))
    with pytest.raises(Problem, match=r"beat does not start; its log is .*beat\.log"):
        supervisor.await_ready(seconds=10)


def test_a_program_that_is_never_ready_stops_the_start(supervisor: Supervisor) -> None:
    class Never(Script):
        def ready(self) -> bool:
            return False

    supervisor.launch(Never("flower"))
    with pytest.raises(Problem, match="flower not ready"):
        supervisor.await_ready(seconds=0.2)


def test_the_highest_stage_is_stopped_first_and_pid_files_go(
    supervisor: Supervisor, directory: DataDirectory, tmp_path: Path
) -> None:
    def noting(name: str) -> str:
        note = f"lambda *_: (open({str(tmp_path / 'order')!r}, 'a').write('{name} '), exit())"
        ready = f"open({str(tmp_path / name)!r}, 'w')"
        return f"import signal; signal.signal(signal.SIGTERM, {note}); {ready}; {SLEEP}"

    names = ("postgres", "worker-shop", "worker-outside", "gateway")
    for name, stage in zip(names, (0, 1, 1, 2), strict=True):
        supervisor.launch(Script(name, noting(name), stage=stage))
        supervisor.await_ready(seconds=5)
    assert supervisor.wait(lambda: all((tmp_path / name).exists() for name in names), seconds=5)
    supervisor.stop()
    order = (tmp_path / "order").read_text().split()
    assert (order[0], set(order[1:3]), order[3]) == (
        "gateway",
        {"worker-shop", "worker-outside"},
        "postgres",
    )
    assert not list(directory.run.glob("*.pid"))


def test_what_does_not_listen_is_killed(supervisor: Supervisor) -> None:
    supervisor.launch(Script("worker-shop", DEAF, patience=0.3))
    supervisor.await_ready(seconds=5)
    time.sleep(0.2)
    begun_at = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun_at < 3


def test_a_signal_while_waiting_ends_the_wait(supervisor: Supervisor) -> None:
    former = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    supervisor.listen()
    os.kill(os.getpid(), signal.SIGTERM)
    try:
        with pytest.raises(Stopped):
            supervisor.wait(lambda: False, seconds=5)
    finally:
        signal.signal(signal.SIGTERM, former[0])
        signal.signal(signal.SIGINT, former[1])
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_only_what_bears_the_mark_is_ended() -> None:
    stranger = subprocess.Popen([sys.executable, "-S", "-c", SLEEP, "cluster_name=other"])
    mine = processes.spawn(
        (sys.executable, "-S", "-c", SLEEP),
        environment={processes.MARK: "tests-mine"},
        directory=Path("/"),
        output=subprocess.DEVNULL,
    )
    try:
        assert processes.end_marked("tests-mine", seconds=1) == 1
        assert mine.wait(5) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
