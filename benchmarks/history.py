"""Speed over time: from the JSON files that pytest-benchmark wrote, a page with a figure, or a comparison of two.

``python -m benchmarks.history keep FILE FOLDER`` keeps of such a file what the page needs, named after its date.
``python -m benchmarks.history page FOLDER`` writes history.md and history.svg into a folder of such files;
``python -m benchmarks.history page FOLDER PAGE FIGURE`` writes the two files that are named.
``python -m benchmarks.history compare BEFORE AFTER`` prints how each ratio changed, and 1 where one lost a quarter.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

LOSS = 0.25
"""The share of a ratio that may be lost before a comparison fails: machines of a cloud differ by some 10 %."""
MARK = "<!-- history -->"
"""Text of a page above this mark is left as it is; all below is written."""
ABOVE = "the row above"
"""How the name of a row begins that is measured otherwise than the row before it."""
ACROSS = 2
"""Panels in a row of the figure."""
LETTERS = 72
"""In a line of the title of a panel."""


@dataclass(frozen=True)
class Measurement:
    """The ratios of one file, by what was measured."""

    when: datetime
    commit: str
    machine: str
    python: str
    load: float | None
    ratios: dict[str, float]
    targets: dict[str, float | None]


def read(path: Path) -> Measurement:
    """Read a file of pytest-benchmark."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = _ratios(found)
    named = dict(zip(_names(rows), rows, strict=True))
    loads = [row["extra_info"]["load"] for row in rows if "load" in row["extra_info"]]
    return Measurement(
        datetime.fromisoformat(found["datetime"]),
        str(found["commit_info"].get("id") or "")[:10],
        str(found["machine_info"].get("cpu", {}).get("brand_raw") or found["machine_info"].get("machine", "")),
        str(found["machine_info"].get("python_version") or ""),
        max(loads, default=None),
        {name: row["extra_info"]["reference"] / row["stats"]["median"] for name, row in named.items()},
        {name: row["extra_info"]["target"] for name, row in named.items()},
    )


def _ratios(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a file of pytest-benchmark that are ratios."""
    return [entry for entry in found["benchmarks"] if entry["extra_info"].get("kind") == "ratio"]


def _names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return what was measured in each row, in words that stand without the row above it."""
    names: list[str] = []
    above = ""
    for row in rows:
        work, against = row["extra_info"]["work"], row["extra_info"]["against"]
        if work.startswith(ABOVE):
            work = f"{above}, {work.removeprefix(ABOVE).strip()}"
        else:
            above = work
        names.append(f"{work}, against {against}")
    return names


def keep(path: Path, folder: Path) -> Path:
    """Write what the page needs of a file of pytest-benchmark: some kilobytes in place of a megabyte."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    machine = found["machine_info"]
    kept = {
        "datetime": found["datetime"],
        "commit_info": {"id": found["commit_info"].get("id")},
        "machine_info": {
            "machine": machine.get("machine"),
            "python_version": machine.get("python_version"),
            "cpu": {"brand_raw": machine.get("cpu", {}).get("brand_raw")},
        },
        "benchmarks": [
            {"stats": {"median": row["stats"]["median"]}, "extra_info": row["extra_info"]} for row in _ratios(found)
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{datetime.fromisoformat(found['datetime']):%Y-%m-%dT%H%M}.json"
    target.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return target


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
    margin = max((history[-1].when - history[0].when) / 20, timedelta(hours=1))
    down = -(-len(names) // ACROSS)
    with rc_context({"svg.hashsalt": "popsim", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(4.0 * ACROSS, 2.0 * down), layout="constrained")
        panels = figure.subplots(down, ACROSS, squeeze=False).ravel()
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        for axes, name in zip(panels, names, strict=False):
            target = history[-1].targets[name]
            points = [(each.when, each.ratios[name]) for each in history if name in each.ratios]
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1.0, color="#2a6f97")
            if target is not None:
                axes.axhline(target, color="#888888", linewidth=0.8, linestyle="--")
            axes.set_title(fill(name.replace("`", ""), LETTERS), loc="left", fontsize=7)
            axes.set_ylim(0.0, 1.1 * max([ratio for _, ratio in points] + [target or 0.0]))
            axes.set_xlim(history[0].when - margin, history[-1].when + margin)
            locator = AutoDateLocator(minticks=2, maxticks=6)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
            axes.spines[["top", "right"]].set_visible(False)
        FigureCanvasSVG(figure)
        figure.savefig(path, metadata={"Date": None})


def page(history: Sequence[Measurement], figure: str = "history.svg") -> str:
    """Return the page: the figure, a table of the first, the least and the last ratio, and what was measured where."""
    first, last = history[0], history[-1]
    count = f"{len(history)} measurements" if len(history) > 1 else "One measurement"
    days = list(dict.fromkeys(f"{each.when:%Y-%m-%d}" for each in (first, last)))
    lines = [
        "# Speed over time",
        "",
        f"{count} {'from' if len(days) > 1 else 'on'} {' to '.join(days)}; the last at "
        f"{last.commit or 'no commit'} on {last.machine}. A ratio says how many times longer the reference takes; "
        "dashed lines are what is asked. A ratio below its line falls short.",
        "",
        f"![Ratios over time, one panel for each job of the table below]({figure})",
        "",
        "| Work | First | Least | Last | Asked |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, ratio in last.ratios.items():
        values = [each.ratios[name] for each in history if name in each.ratios]
        target = last.targets[name]
        asked = "" if target is None else f"{target:g} x"
        lines.append(f"| {name} | {values[0]:.3g} x | {min(values):.3g} x | {ratio:.3g} x | {asked} |")
    lines += [
        "",
        "## What was measured",
        "",
        "| When (UTC) | At | Machine | Python | Load average |",
        "|---|---|---|---|---:|",
    ]
    for each in history:
        load = "" if each.load is None else f"{each.load:.1f}"
        lines.append(f"| {each.when:%Y-%m-%d %H:%M} | {each.commit} | {each.machine} | {each.python} | {load} |")
    lines += ["", "A load average of 1 is the measurement alone.", ""]
    return "\n".join(lines)


def write(folder: Path, written: Path, figure: Path) -> int:
    """Write the page and the figure of a folder; return the exit status."""
    history = read_all(folder)
    if not history:
        print(f"no JSON files in {folder}", file=sys.stderr)
        return 1
    draw(history, figure)
    content = page(history, Path(os.path.relpath(figure, written.parent)).as_posix())
    if written.is_file() and MARK in (old := written.read_text(encoding="utf-8")):
        content = old.partition(MARK)[0] + MARK + "\n\n" + content.partition("\n\n")[2]
    written.write_text(content, encoding="utf-8")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Keep a measurement, write the page of a folder, or compare two files."""
    match arguments:
        case ["keep", file, folder]:
            print(keep(Path(file), Path(folder)))
            return 0
        case ["page", folder]:
            return write(Path(folder), Path(folder, "history.md"), Path(folder, "history.svg"))
        case ["page", folder, written, figure]:
            return write(Path(folder), Path(written), Path(figure))
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
