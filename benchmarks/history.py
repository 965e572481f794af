"""Speed over time: from the JSON files that pytest-benchmark wrote, a page with a figure, or a comparison of two.

``python -m benchmarks.history page FOLDER`` writes history.md and history.svg into a folder of such files.
``python -m benchmarks.history compare BEFORE AFTER`` prints how each ratio changed, and 1 where one lost a quarter.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

LOSS = 0.25
"""The share of a ratio that may be lost before a comparison fails: machines of a cloud differ by some 10 %."""
ACROSS = 3
"""Panels in a row of the figure."""


@dataclass(frozen=True)
class Measurement:
    """The ratios of one file, by what was measured."""

    when: datetime
    commit: str
    machine: str
    ratios: dict[str, float]
    targets: dict[str, float | None]


def read(path: Path) -> Measurement:
    """Read a file of pytest-benchmark."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = [entry for entry in found["benchmarks"] if entry["extra_info"].get("kind") == "ratio"]
    named = {f"{row['extra_info']['work']}, against {row['extra_info']['against']}": row for row in rows}
    return Measurement(
        datetime.fromisoformat(found["datetime"]),
        str(found["commit_info"].get("id") or "")[:10],
        str(found["machine_info"].get("cpu", {}).get("brand_raw") or found["machine_info"].get("machine", "")),
        {name: row["extra_info"]["reference"] / row["stats"]["median"] for name, row in named.items()},
        {name: row["extra_info"]["target"] for name, row in named.items()},
    )


def read_all(folder: Path) -> list[Measurement]:
    """Read all files of a folder, the oldest measurement first."""
    return sorted((read(path) for path in folder.glob("*.json")), key=lambda each: each.when)


def compare(before: Measurement, after: Measurement) -> tuple[list[str], list[str]]:
    """Return a line for each ratio of two measurements, and the names of those that lost too much."""
    lines, lost = [], []
    for name, ratio in after.ratios.items():
        if name not in before.ratios:
            lines.append(f"{'new':>8}  {ratio:8.2f} x  {name}")
            continue
        change = ratio / before.ratios[name] - 1.0
        lines.append(f"{change:+8.0%}  {ratio:8.2f} x  {name}")
        if change < -LOSS:
            lost.append(name)
    lines += [f"{'gone':>8}  {'':8}    {name}" for name in before.ratios if name not in after.ratios]
    return lines, lost


def draw(history: Sequence[Measurement], path: Path) -> None:
    """Draw each ratio over time, with a dashed line where it should be."""
    names = list(history[-1].ratios)
    down = -(-len(names) // ACROSS)
    with rc_context({"svg.hashsalt": "popsim", "font.size": 8}):
        figure = Figure(figsize=(4.0 * ACROSS, 2.0 * down), layout="constrained")
        panels = figure.subplots(down, ACROSS, squeeze=False).ravel()
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        for axes, name in zip(panels, names, strict=False):
            points = [(each.when, each.ratios[name]) for each in history if name in each.ratios]
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1.0, color="#2a6f97")
            if (target := history[-1].targets[name]) is not None:
                axes.axhline(target, color="#888888", linewidth=0.8, linestyle="--")
            axes.set_title(name, loc="left", fontsize=7, wrap=True)
            axes.set_ylim(bottom=0.0)
            axes.tick_params(axis="x", rotation=30)
            axes.spines[["top", "right"]].set_visible(False)
        FigureCanvasSVG(figure)
        figure.savefig(path, metadata={"Date": None})


def page(history: Sequence[Measurement]) -> str:
    """Return the page: the figure, and a table of the first, the least and the last ratio."""
    first, last = history[0], history[-1]
    lines = [
        "# Speed over time",
        "",
        f"{len(history)} measurements from {first.when:%Y-%m-%d} to {last.when:%Y-%m-%d}; the last at "
        f"{last.commit or 'no commit'} on {last.machine}. A ratio says how many times longer the reference takes; "
        "dashed lines are what is asked.",
        "",
        "![Ratios over time](history.svg)",
        "",
        "| Work | First | Least | Last | Asked |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, ratio in last.ratios.items():
        values = [each.ratios[name] for each in history if name in each.ratios]
        target = last.targets[name]
        asked = "" if target is None else f"{target:g} x"
        lines.append(f"| {name} | {values[0]:.3g} x | {min(values):.3g} x | {ratio:.3g} x | {asked} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the page of a folder, or compare two files."""
    match arguments:
        case ["page", folder]:
            history = read_all(Path(folder))
            if not history:
                print(f"no JSON files in {folder}", file=sys.stderr)
                return 1
            draw(history, Path(folder, "history.svg"))
            Path(folder, "history.md").write_text(page(history), encoding="utf-8")
            return 0
        case ["compare", before, after]:
            lines, lost = compare(read(Path(before)), read(Path(after)))
            print("\n".join(lines))
            print(f"{len(lost)} ratios lost more than {LOSS:.0%}")
            return int(bool(lost))
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
