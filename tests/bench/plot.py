"""The figures as a picture: `python -m tests.bench.plot FILE.json FILE.svg`.

Of growth the stages of several runs go into one picture: `… plot SMALL.json LARGE.json FILE.svg`.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.parts import GROWTH
from tests.bench.report import MODES, number

WIDTH, LEFT, ROW, GAP = 760, 210, 18, 46
COLORS = ("#4c78a8", "#f58518", "#b279a2", "#54a24b", "#e45756", "#72b7b2")
Bar = tuple[str, Sequence[float]]
# A title, what the bars of each name mean, and the bars.
Panel = tuple[str, Sequence[str], Sequence[Bar]]


def picture(found: dict[str, Any]) -> str:
    """Return an SVG of what was measured of checkouts, and of growth."""
    panels = _checkouts(found) if "checkouts" in found else []
    panels += _growth(found.get(GROWTH, []))
    return _drawn(panels, note=_note(found["machine"]))


def _growth(stages: Sequence[dict[str, Any]]) -> list[Panel]:
    """Return what each operation costs at each size."""
    if not stages:
        return []
    sizes = [f"{stage['size']['books']:,} books" for stage in stages]
    costs = [stage["costs"] for stage in stages]
    names = [name for name in costs[0] if all(name in one for one in costs)]
    return [
        (
            f"{title}, one client",
            sizes,
            [(name, [one[name][what] for one in costs]) for name in names],
        )
        for what, title in (
            ("cpu_ms.all", "CPU, ms"),
            ("answer_ms.p50", "Until answered, ms (p50)"),
        )
    ]


def _checkouts(found: dict[str, Any]) -> list[Panel]:
    """Return what the shop carries, how fast it answers, and what a checkout costs."""
    checkout = found["checkouts"]
    saturated = checkout["saturated"]["median"]
    rates: list[Bar] = [("checkouts of the shop", [saturated["finished_per_second"]])]
    rates += [
        (name, [one["per_second"]])
        for name, one in found["yardsticks"].items()
        if "per_second" in one
    ]
    calm = [mode for mode in MODES if mode in checkout and mode != "saturated"]
    cpu = {
        name.removeprefix("cpu_ms."): value
        for name, value in saturated.items()
        if name.startswith("cpu_ms.") and name != "cpu_ms.all"
    } | {"the load client": saturated["client_cpu_ms"]}
    panels: list[Panel] = [("Per second, at saturation", (), rates)]
    for what, title in (("answer_ms", "Until accepted, ms"), ("final_ms", "Until final, ms")):
        bars: list[Bar] = [
            (MODES[mode], [checkout[mode]["median"][f"{what}.p{n}"] for n in (50, 95, 99)])
            for mode in calm
        ]
        panels.append((title, ("p50", "p95", "p99"), bars))
    by_cost = sorted(cpu.items(), key=lambda item: -item[1])
    panels.append(
        ("CPU of a checkout at saturation, ms", (), [(name, [ms]) for name, ms in by_cost])
    )
    return panels


def _note(machine: dict[str, str]) -> str:
    return (
        f"{machine['cpus']} CPUs ({machine['cpu']}), {machine['date']}, code {machine['code']},"
        f" load average before {machine['load_average']}"
    )


def _drawn(panels: Sequence[Panel], *, note: str) -> str:
    parts: list[str] = []
    y = 30
    for title, legend, bars in panels:
        if not bars:
            continue
        parts.append(_text(10, y, title, weight="bold"))
        wide = 28 + 7 * max(map(len, legend), default=0)
        for n, name in enumerate(legend):
            parts += [
                _rect(LEFT + wide * n, y - 10, 10, COLORS[n % len(COLORS)]),
                _text(LEFT + 14 + wide * n, y, name),
            ]
        y += 10
        longest = max(max(values) for _, values in bars) or 1.0
        for name, values in bars:
            height = ROW if len(values) == 1 else ROW * 0.6
            parts.append(_text(LEFT - 8, y + height * len(values) / 2 + 4, name, anchor="end"))
            for n, value in enumerate(values):
                width = (WIDTH - LEFT - 80) * value / longest
                color = COLORS[n % len(COLORS)]
                parts.append(_rect(LEFT, y + height * n, width, color, height - 2))
                middle = y + height * (n + 0.5) + 2
                parts.append(_text(LEFT + width + 5, middle, number(value), size=10))
            y += round(height * len(values)) + 4
        y += GAP - 10
    parts.append(_text(10, y - 10, note, size=10))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}"'
        ' font-family="sans-serif">\n'
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _rect(x: float, y: float, width: float, color: str, height: float = 10) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}"'
        f' fill="{color}"/>'
    )


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}"'
        f' text-anchor="{anchor}" fill="#222222">{escape(text)}</text>'
    )


def main(*paths: str) -> None:
    *sources, target = map(Path, paths)
    first, *others = [json.loads(source.read_text()) for source in sources]
    for found in others:
        first.setdefault(GROWTH, []).extend(found.get(GROWTH, []))
    target.write_text(picture(first))


if __name__ == "__main__":
    main(*sys.argv[1:])
