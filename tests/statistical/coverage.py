"""How often 1.96 stated errors hold the true value: 400 runs for each statistic, design, number and law of costs.

A study of one country and three areas, whose costs are drawn from one law and are correlated, is simulated with 400
seeds. The true mean and standard deviation are exact, and the true share of an area is a third; other true values are
those of 2,097,152 Sobol points, whose variance is less than 1/250 of that of a run. Runs stand side by side as options
of one dataset, so that each analysis is called once for all of them.

    python -m tests.statistical.coverage docs/concepts/precision.md     writes the table of that page anew

What was measured is kept in results/coverage.json, cell by cell: the same command goes on where it was stopped. The
file holds for the code that it was made with; without it all is measured anew, as `make coverage` does.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

import popsim as ps
from popsim.analysis.order import half_width, quantile_with_error
from popsim.plan import Plan
from popsim.plan import compile as compile_study

from ..engine.studies import area, country, study

LAWS: dict[str, ps.Family] = {
    "normal": ps.Normal(10.0, 2.0),
    "lognormal, sigma 0.5": ps.LogNormal(0.0, 0.5),
    "lognormal, sigma 1": ps.LogNormal(0.0, 1.0),
    "lognormal, sigma 1.5": ps.LogNormal(0.0, 1.5),
}
KEPT = Path("results/coverage.json")
SEEDS = 400
REPLICATES = 16
LEVELS = np.array([0.01, 0.02, 0.05, 0.5, 0.8, 0.95, 0.98, 0.99])
SURE = (0.5, 0.8, 0.95, 0.98, 0.99)
_TRUE, _FIRST_SEED, _TRUE_SEED = 1 << 21, 1_000, 77
Figures = dict[str, tuple[Any, Any]]
"""Estimates and errors of statistics by name, with the runs on the first axis."""


class Cell(NamedTuple):
    """A design, the number of scenarios, and the law of costs."""

    design: str
    scenarios: int
    law: str


class Row(NamedTuple):
    """How often intervals hold the true value of one statistic in one cell."""

    cell: Cell
    statistic: str
    held: float
    """Share of the runs whose interval holds the true value; where no error is stated, it is all numbers, and does."""
    stated: float
    """Share of the runs that state an error."""


CELLS = [
    *(Cell(design, 1_024, law) for design in ("random", "sobol", "latin") for law in LAWS),
    *(Cell(design, 8_192, law) for design in ("random", "sobol") for law in LAWS),
]
INDEX_CELLS = [Cell(design, count, "sigma 0.4 to 1") for count in (1_024, 8_192) for design in ("random", "sobol")]


def _study(law: str) -> ps.Study:
    return study([country("AAA")], [area(name, LAWS[law]) for name in "abc"])


@cache
def _plan(law: str) -> Plan:
    return compile_study(_study(law))


def _side_by_side(areas: np.ndarray, design: str, replicates: int) -> xr.Dataset:
    """Return runs (run, area, scenario) as the options of a dataset."""
    runs, names, count = areas.shape
    units = {"units": "USD"}
    return xr.Dataset(
        {
            "cost": (("option", "scenario"), areas.sum(axis=1), units),
            "cost_by_area": (("option", "scenario", "area"), areas.transpose(0, 2, 1), units),
        },
        {"option": [f"run{k}" for k in range(runs)], "scenario": np.arange(count), "area": list("abc")[:names]},
        {"design": design, "replicates": replicates, "coverage": 0.9},
    )


def runs_of(cell: Cell, seeds: int = SEEDS) -> xr.Dataset:
    """Return so many runs of a cell, one an option."""
    replicates = REPLICATES if cell.design == "sobol" else 1
    found = []
    for seed in range(_FIRST_SEED, _FIRST_SEED + seeds):
        run = ps.simulate(
            _plan(cell.law),
            scenarios=cell.scenarios,
            seed=seed,
            design=cell.design,
            replicates=replicates,
            breakdowns=("area",),
            threads=1,
        )
        found.append(run["cost_by_area"].values[0].T)
    return _side_by_side(np.array(found), cell.design, replicates)


@cache
def true_run(law: str) -> xr.Dataset:
    """Return the run whose values count as true."""
    run = ps.simulate(_plan(law), scenarios=_TRUE, seed=_TRUE_SEED, design="sobol", breakdowns=("area",))
    return _side_by_side(run["cost_by_area"].values.transpose(0, 2, 1), "sobol", 1)


def figures_of(runs: xr.Dataset, amounts: Mapping[float, float]) -> Figures:
    """Return estimates and errors of all statistics, by name, with the runs on the first axis."""
    replicates = int(runs.attrs["replicates"])
    cost = runs["cost"].values
    summary = ps.summarise(runs[["cost"]])
    value, error = quantile_with_error(cost, LEVELS, replicates)
    found = {f"P{100 * level:g}": (value[:, k], error[:, k]) for k, level in enumerate(LEVELS)}
    found |= {name: (summary[f"cost_{name}"].values, summary[f"cost_{name}_error"].values) for name in ("mean", "std")}
    for level, amount in amounts.items():
        budget = ps.budget(runs, amount)
        for name in ("sufficient", "shortfall", "shortfall_overall"):
            found[f"{name} {level:g}"] = budget[name].values, budget[f"{name}_error"].values
    shares, reserve = ps.variance_shares(runs, by="area"), ps.reserve(runs, confidence=0.8)
    for name, source in (("variance_share", shares), ("rank_correlation", shares), ("contribution", reserve)):
        found[name] = source[name].values[:, 0], source[f"{name}_error"].values[:, 0]
    return found


@cache
def true_figures(law: str) -> dict[str, float]:
    """Return the true values of all statistics."""
    run = true_run(law)
    levels = dict(zip(LEVELS.tolist(), np.quantile(run["cost"].values[0], LEVELS).tolist(), strict=True))
    found = {name: float(value[0]) for name, (value, _) in figures_of(run, {p: levels[p] for p in SURE}).items()}
    exact = ps.exact_moments(_study(law)).isel(option=0)
    return found | {
        "mean": exact["expected_cost"].item(),
        "std": exact["exact_std"].item(),
        "variance_share": 1.0 / 3.0,
    }


@cache
def estimates_of(cell: Cell, seeds: int = SEEDS) -> Figures:
    """Return estimates and errors of all statistics of so many runs of a cell."""
    true = true_figures(cell.law)
    return figures_of(runs_of(cell, seeds), {p: true[f"P{100 * p:g}"] for p in SURE})


def rows_of(cell: Cell, seeds: int = SEEDS, widened: float = 1.0) -> list[Row]:
    """Return how often intervals hold the true value, for each statistic of a cell; errors times `widened`."""
    true = true_figures(cell.law)
    rows = []
    for name, (value, error) in estimates_of(cell, seeds).items():
        held = np.abs(value - true[name]) <= half_width() * widened * error
        rows.append(Row(cell, name, float(held.mean()), float(np.isfinite(error).mean())))
    return rows


def index_rows(cell: Cell, seeds: int = SEEDS) -> Iterator[Row]:
    """Yield the same for the Sobol indices of a sum of three lognormals, of 16 replicates or of random inputs."""
    sigmas = {"x": 1.0, "y": 0.7, "z": 0.4}
    inputs = {name: ps.LogNormal(0.0, sigma) for name, sigma in sigmas.items()}
    variances = {name: np.expm1(sigma**2) * np.exp(sigma**2) for name, sigma in sigmas.items()}
    true = variances["y"] / sum(variances.values())
    found = [
        ps.sobol_indices(lambda x, y, z: x + y + z, inputs, cell.scenarios, seed=seed, design=cell.design, threads=1)
        for seed in range(_FIRST_SEED, _FIRST_SEED + seeds)
    ]
    for name in ("first_order", "total"):
        value, error = (np.array([each[f"{name}{suffix}"].values[1] for each in found]) for suffix in ("", "_error"))
        held = np.abs(value - true) <= half_width() * error
        yield Row(cell, f"{name} index", float(held.mean()), float(np.isfinite(error).mean()))


def table(rows: list[Row]) -> str:
    """Return the table of the page: by statistic and design the share of all laws, and the lowest of a law."""
    columns = sorted(
        {(row.cell.design, row.cell.scenarios) for row in rows}, key=lambda each: (each[0] != "random", each)
    )
    cells: dict[tuple[str, tuple[str, int]], list[Row]] = defaultdict(list)
    for row in rows:
        cells[row.statistic, (row.cell.design, row.cell.scenarios)].append(row)
    words = {"random": "random, {n:,}", "sobol": "Sobol, 16 x {m}", "latin": "Latin, {n:,}"}
    heads = [words[design].format(n=count, m=count // REPLICATES) for design, count in columns]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    for name in dict.fromkeys(row.statistic for row in rows):
        shown = [_shown(cells[name, column]) for column in columns]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def _shown(rows: list[Row]) -> str:
    known = [row for row in rows if row.stated > 0.0]
    if not rows:
        return ""
    if not known:
        return "refused"
    stated = float(np.mean([row.stated for row in rows]))
    held = float(np.mean([row.held for row in known]))
    text = f"{100 * held:.1f} ({100 * min(row.held for row in known):.1f})"
    return text if stated > 0.995 else f"{text}, {100 * stated:.0f} % stated"


Measure = Callable[[Cell], Iterable[Row]]


def measured(work: Mapping[str, tuple[Sequence[Cell], Measure]]) -> list[Row]:
    """Return the rows of all cells of some kinds of figures; those that the file has are not measured again."""
    found: dict[str, list[Any]] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    rows: list[Row] = []
    for kind, (cells, measure) in work.items():
        for cell in cells:
            key = ", ".join(map(str, (kind, *cell)))
            if key not in found:
                found[key] = [[row.statistic, row.held, row.stated] for row in measure(cell)]
                KEPT.parent.mkdir(exist_ok=True)
                KEPT.write_text(json.dumps(found), encoding="utf-8")
            rows += [Row(cell, *row) for row in found[key]]
    return rows


def write_table(page: Path, name: str, rows: list[Row]) -> None:
    """Write a table of a page anew."""
    begin = f"<!-- {name}: python -m tests.statistical.{name.replace(' ', '_')} writes this table -->\n"
    end = f"<!-- end of {name} -->\n"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{table(rows)}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_table(Path(sys.argv[1]), "coverage", measured({"": (CELLS, rows_of), "indices": (INDEX_CELLS, index_rows)}))
