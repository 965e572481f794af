"""Is the cost linear in scenarios, countries and options? ``python -m benchmarks.linear``.

Processor time on one thread of drawing alone (`Simulation.fill`: what grows) and of a whole call of `ps.simulate`,
which also arranges the sums, computes point estimates and labels the result. A slope is that of the least-squares line
through the logarithms. Prints the table of README.md and draws docs/images/linear.svg.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

import popsim as ps
from benchmarks import jobs
from benchmarks.ratios import timed
from benchmarks.table import write
from popsim.engine.simulate import simulation_of
from popsim.plan import Plan
from popsim.study.model import Option, Study

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "linear.svg"
STYLES = {"scenarios": ("#0072b2", "s"), "countries": ("#d55e00", "^"), "options": ("#009e73", "o")}
LEAST_DRAWING, LEAST_WHOLE = 10**5, 10**7
"""Draws from which on drawing and whole calls are held to a slope: below, what a call takes anyway is most of it."""
ROUNDS = 9

Points = list[tuple[int, float]]


def with_options(count: int) -> Study:
    """The fused job in 20 countries, with options whose costs all have shapes of their own."""
    study = jobs.study_of(jobs.shared_job(20))
    options = []
    for number in range(1, count):
        row = jobs.shared_job(20).marginals[0]
        moved = tuple(jobs.scaled(family, 1.0 + number / 100.0) for family in row)
        scales = jobs.shared_job(20).scales
        options.append(Option(f"o{number}", f"option {number}", "", (), jobs.study_of(jobs.Job((moved,), scales))))
    return dataclasses.replace(study, options=tuple(options))


def sweeps() -> Iterator[tuple[str, int, Plan, int]]:
    """What is varied, the draws, the plan and the scenarios."""
    for scenarios in (128, 1_024, 8_192, 32_768, 131_072, 524_288, 2_097_152):
        yield "scenarios", scenarios * 80, jobs.shared_plan(10), scenarios
    for countries in (1, 5, 20, 80, 160, 320, 640, 1_280):
        yield "countries", 8_192 * 8 * countries, jobs.shared_plan(countries), 8_192
    for options in (1, 2, 4, 8, 16, 32):
        yield "options", 8_192 * 160 * options, ps.compile(with_options(options)), 8_192


def measure() -> dict[str, tuple[Points, Points]]:
    """Draws and seconds of drawing alone and of a whole call, by what is varied.

    The least processor time of rounds that go through all sizes: other processes on the machine only add to it, and
    what they add for a while is not that of one size.
    """
    cases: list[tuple[str, int, Callable[[], object], Callable[[], object]]] = []
    for name, draws, plan, scenarios in sweeps():
        simulation = simulation_of(plan, scenarios=scenarios, breakdowns=["area"])
        drawing = partial(simulation.fill, 0, scenarios, 1)
        cases.append(
            (name, draws, drawing, partial(ps.simulate, plan, scenarios=scenarios, breakdowns=["area"], threads=1))
        )
    rounds = [
        [(timed(drawing, time.process_time), timed(whole, time.process_time)) for _, _, drawing, whole in cases]
        for _ in range(ROUNDS)
    ]
    found: dict[str, tuple[Points, Points]] = {name: ([], []) for name in STYLES}
    for (name, draws, *_), seconds in zip(cases, np.min(rounds, axis=0).tolist(), strict=True):
        for points, each in zip(found[name], seconds, strict=True):
            points.append((draws, each))
    return found


def slope(points: Points, least: int) -> float:
    """Slope of the logarithm of the time over that of the draws."""
    draws, seconds = np.log(np.array([point for point in points if point[0] >= least])).T
    return float(np.polyfit(draws, seconds, 1)[0])


def table(found: dict[str, tuple[Points, Points]]) -> str:
    """Slopes and times per draw as a Markdown table."""
    lines = [
        "| what grows | draws | ns per draw | slope, drawing, from 10^5 draws | slope, whole call, from 10^7 draws |",
        "|---|---|---|---:|---:|",
    ]
    for name, (drawing, whole) in found.items():
        each = [f"{points[1] / points[0] * 1e9:.1f}" for points in (drawing[0], drawing[-1])]
        lines.append(
            f"| {name} | {drawing[0][0]:,} to {drawing[-1][0]:,} | {each[0]} to {each[1]} "
            f"| {slope(drawing, LEAST_DRAWING):.3f} | {slope(whole, LEAST_WHOLE):.3f} |"
        )
    return "\n".join(lines)


def draw(found: dict[str, tuple[Points, Points]], path: Path) -> None:
    """Draw time over draws: filled marks for drawing alone, hollow ones for whole calls."""
    with rc_context({"svg.hashsalt": "popsim", "font.size": 10}):
        figure = Figure(figsize=(7.0, 4.5), layout="constrained")
        axes = figure.subplots()
        for name, (drawing, whole) in found.items():
            color, marker = STYLES[name]
            for points, filled, words in ((drawing, color, "drawing"), (whole, "none", "whole call")):
                axes.loglog(
                    *zip(*points, strict=True), color=color, marker=marker, markersize=5, markerfacecolor=filled,
                    linewidth=1.0, linestyle="-" if filled == color else ":", label=f"{name}: {words}",
                )  # fmt: skip
        axes.set_xlabel("draws: scenarios x countries x areas x options")
        axes.set_ylabel("processor time in seconds")
        axes.grid(which="major", color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper left", fontsize=8)
        FigureCanvasSVG(figure)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    found = measure()
    draw(found, PICTURE)
    print(table(found))
    write("linear", table(found))


if __name__ == "__main__":
    main()
