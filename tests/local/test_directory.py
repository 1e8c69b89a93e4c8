"""The data directory: one shop at a time, and files that are whole."""

import os
import stat
from pathlib import Path

import pytest

from config.local import placement
from config.local.directory import LARGEST_LOG, DataDirectory
from config.local.problem import Problem


def test_a_second_shop_on_the_directory_is_refused_by_the_first_ones_pid(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    first.lock()
    first.write_pid("main", 4242)
    with pytest.raises(Problem, match="4242"):
        second.lock()
    first.release()
    second.lock()
    second.release()


def test_the_addresses_are_for_the_owners_eyes(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.write_addresses(database_url="postgresql://a", redis_url="redis://b")
    kept = directory.run / "env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text() == "DATABASE_URL=postgresql://a\nREDIS_URL=redis://b\n"


def test_clearing_removes_pids_and_addresses_and_keeps_the_rest(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.write_pid("gateway", 1)
    directory.write_addresses(database_url="", redis_url="")
    directory.write("demo.json", {"job_id": "x"})
    directory.clear()
    assert [path.name for path in directory.run.iterdir()] == ["lock"]
    assert directory.read("demo.json") == {"job_id": "x"}


@pytest.mark.parametrize("text", ["", "no number", "12 13"])
def test_a_damaged_pid_file_names_no_process(tmp_path: Path, text: str) -> None:
    directory = DataDirectory(tmp_path)
    (directory.run / "main.pid").write_text(text)
    assert directory.pid("main") is None


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_damaged_file_counts_as_empty(tmp_path: Path, text: str) -> None:
    directory = DataDirectory(tmp_path)
    (tmp_path / "ports.json").write_text(text)
    assert directory.read("ports.json") == {}


def test_a_secret_is_made_once_unless_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = DataDirectory(tmp_path)
    made = directory.secret("admin_password")
    assert directory.secret("admin_password") == made
    monkeypatch.setenv("SHOP_ADMIN_PASSWORD", "given")
    assert directory.secret("admin_password") == "given"


def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with directory.log("gateway").open("wb") as log:
        log.truncate(LARGEST_LOG + 1)
    directory.log("beat").write_text("short")
    directory.trim_logs()
    assert sorted(path.name for path in directory.logs.iterdir()) == ["beat.log", "gateway.log.1"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root's data lie elsewhere")
def test_as_root_the_data_lie_elsewhere_and_stay_with_their_shop(tmp_path: Path) -> None:
    base, first, second = (tmp_path / name for name in ("lib", "first", "second"))
    for path in (base, first, second):
        path.mkdir()
    data = placement.data_directory(first / "postgres", base=base)
    assert data.is_relative_to(base)
    assert placement.data_directory(first / "postgres", base=base) == data
    # A copy of the whole data directory must not serve the same data ...
    (second / "postgres").symlink_to(data)
    with pytest.raises(Problem, match="leads to the data of the shop in"):
        placement.data_directory(second / "postgres", base=base)
    # ... but one that was moved goes on with them.
    (first / "postgres").unlink()
    assert placement.data_directory(second / "postgres", base=base) == data


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_as_root_an_ordinary_users_data_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    os.chown(tmp_path / "postgres", 12345, 12345)
    with pytest.raises(Problem, match="12345"):
        placement.data_directory(tmp_path / "postgres", base=tmp_path)
