"""Error against the number of scenarios for the three designs: ``python -m benchmarks.convergence``.

Prints the table of docs/designs.md and draws docs/images/convergence.svg. Two jobs: the fused job, whose 150 countries
are independent of each other; and the same with a common share of 0.8, so that nine common factors make most of the
range. An error is the root mean square over independent seeds, relative to the exact mean or to the P90 of some million
scenarios.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from benchmarks.jobs import shared_job, study_of
from popsim.engine.breakdowns import arrange
from popsim.engine.designs import make_points
from popsim.engine.threads import fill
from popsim.engine.variants import with_common_share
from popsim.plan import Plan, compile
from popsim.sampling import Sampling
from popsim.types import DESIGNS

Floats = NDArray[np.float64]

SIZES = tuple(2**k for k in range(7, 15))
SHARES = {"150 independent countries": 0.0, "countries share 0.8 of each area": 0.8}
FIGURES = ("mean", "P90")
STYLES = {"random": ("#555555", "o"), "latin": ("#0072b2", "s"), "sobol": ("#d55e00", "^")}
NAMES = {"random": "random", "latin": "Latin hypercube", "sobol": "Sobol"}
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "convergence.svg"


def totals(plan: Plan, design: str, scenarios: int, seed: int) -> Floats:
    """Total cost in each scenario."""
    points = make_points(plan.draws, Sampling(scenarios, seed, design))
    return fill(plan.draws, arrange(plan, ()), scenarios, seed, threads=2, points=points)[0]


def truth(plan: Plan, seeds: int = 16) -> tuple[float, float]:
    """Exact mean; P90 of Sobol points under seeds that nothing else uses."""
    pool = np.concatenate([totals(plan, "sobol", 2**16, 2**32 + seed) for seed in range(seeds)])
    return float(plan.row_mean.sum()), float(np.quantile(pool, 0.9))


def errors(plan: Plan, design: str, scenarios: int, seeds: int, true: tuple[float, float]) -> tuple[float, float]:
    """Root mean square errors of mean and P90, in percent of the true values."""
    runs = [totals(plan, design, scenarios, seed) for seed in range(seeds)]
    found = np.array([(run.mean(), np.quantile(run, 0.9)) for run in runs])
    mean, high = (100.0 * np.sqrt(np.square(found / np.array(true) - 1.0).mean(axis=0))).tolist()
    return mean, high


def measure(sizes: tuple[int, ...], seeds: int) -> dict[tuple[str, str, int], tuple[float, float]]:
    """Errors by job, design and number of scenarios."""
    result = {}
    for job, share in SHARES.items():
        plan = compile(with_common_share(study_of(shared_job()), share))
        true = truth(plan)
        for design in DESIGNS:
            for size in sizes:
                result[job, design, size] = errors(plan, design, size, seeds, true)
    return result


def table(measured: dict[tuple[str, str, int], tuple[float, float]], sizes: tuple[int, ...]) -> str:
    """The measured errors as a Markdown table."""
    lines = [
        "| job | scenarios | " + " | ".join(f"{figure}, {NAMES[d]}" for figure in FIGURES for d in DESIGNS) + " |",
        "|---|---:|" + "---:|" * len(FIGURES) * len(DESIGNS),
    ]
    for job in SHARES:
        for size in sizes:
            cells = [f"{measured[job, d, size][k]:.2g} %" for k in range(len(FIGURES)) for d in DESIGNS]
            lines.append(f"| {job} | {size:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(measured: dict[tuple[str, str, int], tuple[float, float]], path: Path) -> None:
    """Draw a panel for each job and figure."""
    with rc_context({"svg.hashsalt": "popsim", "font.size": 10}):
        figure = Figure(figsize=(9.0, 7.0), layout="constrained")
        panels = figure.subplots(len(FIGURES), len(SHARES), sharex=True)
        for row, name in enumerate(FIGURES):
            for column, job in enumerate(SHARES):
                axes = panels[row, column]
                for design in DESIGNS:
                    color, marker = STYLES[design]
                    values = [measured[job, design, size][row] for size in SIZES]
                    axes.loglog(SIZES, values, color=color, marker=marker, markersize=4, label=NAMES[design])
                _finish(axes, f"{name}: {job}", row == len(FIGURES) - 1, column == 0)
        panels[0, 0].legend(frameon=False, loc="lower left")
        FigureCanvasSVG(figure)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _finish(axes: Axes, title: str, lowest: bool, leftmost: bool) -> None:
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES], rotation=45)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if lowest:
        axes.set_xlabel("scenarios")
    if leftmost:
        axes.set_ylabel("root mean square error")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=64)
    arguments = parser.parse_args()
    measured = measure((*SIZES, 10_000), arguments.seeds)
    draw(measured, PICTURE)
    print(table(measured, (*SIZES[::2], 10_000, SIZES[-1])))


if __name__ == "__main__":
    main()
