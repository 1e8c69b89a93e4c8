"""Two runs side by side: what differs, by how much, and whether their rounds lie apart."""

from typing import Any

from tests.bench.compare import compared


def run(code: str, *rates: float, wal: float = 100.0) -> dict[str, Any]:
    rounds = [{"finished_per_second": rate, "load_average": 9.0 * rate} for rate in rates]
    return {
        "machine": {"code": code, "date": "2026-11-28"},
        "scale": {"jobs": 10},
        "checkouts": {"saturated": {"median": rounds[1], "rounds": rounds}, "wal": wal},
        "overload": {"by_second": {"0": {"202": rates[0]}}, "as_wanted": rates[0] > 50},
    }


def row(text: str, name: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(name)).split()[-4:]


def test_ratios_and_whether_rounds_lie_apart() -> None:
    text = compared(run("a1", 40, 50, 60), run("b2", 61, 75, 80))
    assert row(text, "checkouts, saturated, finished_per_second") == ["50.0", "75.0", "1.50", "*"]
    assert "a1" in text
    assert "b2" in text


def test_rounds_that_overlap_are_not_said_to_lie_apart() -> None:
    text = compared(run("a1", 40, 50, 60), run("b2", 59, 75, 80))
    assert row(text, "checkouts, saturated, finished_per_second")[-1] == "1.50"


def test_what_is_the_same_or_the_machines_is_left_out() -> None:
    text = compared(run("a1", 40, 50, 60), run("b2", 40, 50, 60, wal=100.5))
    assert "per_second" not in text
    assert "wal" not in text
    text = compared(run("a1", 1, 2, 3), run("b2", 74, 75, 76))
    assert "per_second" in text
    assert not any(word in text for word in ("load_average", "by_second", "as_wanted"))
