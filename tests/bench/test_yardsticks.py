"""A yardstick that cannot be measured says why, and spoils nothing; bare SQL does what it says."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.bench.yardsticks import bare_sql, environment
from tests.bench.yardsticks.measured import NotMeasured


def test_without_a_package_index_there_is_no_environment_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def run(*command: str | Path) -> None:
        if "pip" in command:
            raise subprocess.CalledProcessError(1, [str(part) for part in command])
        Path(command[-1]).mkdir()

    monkeypatch.setattr(environment, "_run", run)
    with pytest.raises(NotMeasured, match=r"dbos==.* cannot be installed"):
        environment.python()
    assert list((tmp_path / "bookshop-bench").iterdir()) == []


def test_bare_sql_empties_each_cart_into_an_order() -> None:
    """It counts orders and carts itself; a script that does less is not measured."""
    found = bare_sql.checkouts(os.environ["DATABASE_URL"], number=16, servers_cpu=lambda: 0.0)
    assert found.per_second > 0
    assert 0 <= found.cpu_ms < 1000


def test_bare_sql_that_does_nothing_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schema.sql").write_bytes((bare_sql.HERE / "schema.sql").read_bytes())
    (tmp_path / "checkout.sql").write_text("SELECT 1;")
    monkeypatch.setattr(bare_sql, "HERE", tmp_path)
    with pytest.raises(NotMeasured, match="made"):
        bare_sql.checkouts(os.environ["DATABASE_URL"], number=16, servers_cpu=lambda: 0.0)
