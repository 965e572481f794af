"""How often 1.96 stated errors hold the true value: 400 runs for each statistic, design, number and law of costs.

A study of one country and three areas, whose costs are drawn from one law and are correlated, is simulated with 400
seeds. The true mean and standard deviation are exact, and so are the share of an area, a third, and what follows from
these of the difference between two options; other true values are those of 2,097,152 Sobol points, whose variance is
less than 1/250 of that of a run. Runs stand side by side as options of one dataset, so that each analysis is called
once for all of them.

400 runs tell a share to 1.1 % (one standard deviation), so that some of the hundreds that are measured lie outside 93
to 97 % by chance. Those that do are measured again, in some thousands of runs with other seeds, and the table has that
second figure alone: the first one decided what to look at, so it counts no more.

    python -m tests.statistical.coverage docs/concepts/precision.md     writes the table of that page anew

What was measured is kept in results/coverage.json, cell by cell: the same command goes on where it was stopped. The
file holds for the code that it was made with; without it all is measured anew, as `make coverage` does.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
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
OTHER_OPTION = np.array([1.3, 1.0, 0.5])
"""What the other option of a comparison pays of each area, over what the baseline does."""
LOWEST, HIGHEST = 0.93, 0.97
"""Shares that are as they should be."""
FURTHER = {1_024: 4_000, 8_192: 2_000}
"""Further runs of what lies outside, by scenarios: their standard deviation is 0.35 and 0.5 %."""
COSTLY = {"comparisons": 2_000, "further": 1_200, "drivers": 1_200}
"""Further runs of figures that take longer, at most: their standard deviation is 0.5 and 0.6 %."""
MARKED = ("first_order index", "total index", "swing", "shortest", "joint amount", "joint total")
"""Beginnings of the names of statistics whose errors say that they are too large."""
OF_TAILS = ("mean", "std", "difference mean", "difference std")
"""Statistics whose errors say so where replicates may not have seen the tail."""
FIRST_SEED, FIRST_FURTHER_SEED = 1_000, 1_000_000
_TRUE, _TRUE_SEED = 1 << 21, 77
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
    runs: int = SEEDS

    @property
    def held_where_stated(self) -> float:
        """Share of the intervals that are stated that hold the true value."""
        return 1.0 - (1.0 - self.held) / self.stated if self.stated > 0.0 else 1.0


Measure = Callable[..., Iterable[Row]]
"""From a cell and, as `first`, the first of 400 seeds to what was held."""

CELLS = [
    *(Cell(design, 1_024, law) for design in ("random", "sobol", "latin") for law in LAWS),
    *(Cell(design, 8_192, law) for design in ("random", "sobol") for law in LAWS),
]
INDEX_CELLS = [Cell(design, count, "sigma 0.4 to 1") for count in (1_024, 8_192) for design in ("random", "sobol")]


def _study(law: str) -> ps.Study:
    return study([country("AAA")], [area(name, LAWS[law]) for name in "abc"])


@cache
def plan_of(law: str) -> Plan:
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


@lru_cache(maxsize=2)
def runs_of(cell: Cell, seeds: int = SEEDS, first: int = FIRST_SEED) -> xr.Dataset:
    """Return so many runs of a cell, one an option."""
    replicates = REPLICATES if cell.design == "sobol" else 1
    found = []
    for seed in range(first, first + seeds):
        run = ps.simulate(
            plan_of(cell.law),
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
    run = ps.simulate(plan_of(law), scenarios=_TRUE, seed=_TRUE_SEED, design="sobol", breakdowns=("area",), threads=1)
    return _side_by_side(run["cost_by_area"].values.transpose(0, 2, 1), "sobol", 1)


def _moments(runs: xr.Dataset, _: Mapping[float, float]) -> Figures:
    summary = ps.summarise(runs[["cost"]], threads=1)
    return {name: (summary[f"cost_{name}"].values, summary[f"cost_{name}_error"].values) for name in ("mean", "std")}


def _quantiles(runs: xr.Dataset, _: Mapping[float, float]) -> Figures:
    value, error = quantile_with_error(runs["cost"].values, LEVELS, int(runs.attrs["replicates"]))
    return {f"P{100 * level:g}": (value[:, k], error[:, k]) for k, level in enumerate(LEVELS)}


def _budgets(runs: xr.Dataset, amounts: Mapping[float, float]) -> Figures:
    found: Figures = {}
    for level, amount in amounts.items():
        budget = ps.budget(runs, amount)
        for name in ("sufficient", "shortfall", "shortfall_overall"):
            found[f"{name} {level:g}"] = budget[name].values, budget[f"{name}_error"].values
    return found


def _shares(runs: xr.Dataset, _: Mapping[float, float]) -> Figures:
    shares = ps.variance_shares(runs, by="area")
    return {
        name: (shares[name].values[:, 0], shares[f"{name}_error"].values[:, 0])
        for name in ("variance_share", "rank_correlation")
    }


def _reserves(runs: xr.Dataset, _: Mapping[float, float]) -> Figures:
    reserve = ps.reserve(runs, confidence=0.8)
    return {"contribution": (reserve["contribution"].values[:, 0], reserve["contribution_error"].values[:, 0])}


GROUPS = {"quantiles": _quantiles, "moments": _moments, "budgets": _budgets, "shares": _shares, "reserves": _reserves}
"""What finds the statistics that are computed together, of runs and of the amounts of budgets."""


@cache
def true_figures(law: str) -> dict[str, float]:
    """Return the true values of all statistics."""
    run = true_run(law)
    levels = dict(zip(LEVELS.tolist(), np.quantile(run["cost"].values[0], LEVELS).tolist(), strict=True))
    found = {
        name: float(value[0])
        for figures in GROUPS.values()
        for name, (value, _) in figures(run, {p: levels[p] for p in SURE}).items()
    }
    exact = ps.exact_moments(_study(law)).isel(option=0)
    return found | {
        "mean": exact["expected_cost"].item(),
        "std": exact["exact_std"].item(),
        "variance_share": 1.0 / 3.0,
    }


@lru_cache(maxsize=20)
def estimates_of(cell: Cell, group: str, seeds: int = SEEDS, first: int = FIRST_SEED) -> Figures:
    """Return estimates and errors of a group of statistics of so many runs of a cell."""
    true = true_figures(cell.law)
    return GROUPS[group](runs_of(cell, seeds, first), {p: true[f"P{100 * p:g}"] for p in SURE})


def rows_of(
    cell: Cell,
    seeds: int = SEEDS,
    first: int = FIRST_SEED,
    widened: float = 1.0,
    groups: Collection[str] = tuple(GROUPS),
) -> Iterator[Row]:
    """Yield how often intervals hold the true value, for each statistic of a cell; errors times `widened`."""
    true = true_figures(cell.law)
    for group in groups:
        yield from rows_from(cell, estimates_of(cell, group, seeds, first), true, widened)


def rows_from(cell: Cell, figures: Figures, true: Mapping[str, float], widened: float = 1.0) -> Iterator[Row]:
    """Yield how often intervals hold the true value of each of these figures."""
    for name, (value, error) in figures.items():
        held = np.abs(value - true[name]) <= half_width() * widened * error
        yield Row(cell, name, float(held.mean()), float(np.isfinite(error).mean()), len(held))


def group_rows(group: str) -> Measure:
    """Return what measures a group of statistics."""
    return lambda cell, first=FIRST_SEED: rows_of(cell, first=first, groups=[group])


def index_rows(cell: Cell, first: int = FIRST_SEED) -> Iterator[Row]:
    """Yield the same for the Sobol indices of a sum of three lognormals, of 16 replicates or of random inputs."""
    sigmas = {"x": 1.0, "y": 0.7, "z": 0.4}
    inputs = {name: ps.LogNormal(0.0, sigma) for name, sigma in sigmas.items()}
    variances = np.array([np.expm1(sigma**2) * np.exp(sigma**2) for sigma in sigmas.values()])
    found = [
        ps.sobol_indices(lambda x, y, z: x + y + z, inputs, cell.scenarios, seed=seed, design=cell.design, threads=1)
        for seed in range(first, first + SEEDS)
    ]
    figures, true = {}, {}
    for place, share in enumerate(variances / variances.sum()):
        for name in ("first_order", "total"):
            statistic = f"{name} index, {share:.2f}"
            figures[statistic] = tuple(
                np.array([each[f"{name}{suffix}"].values[place] for each in found]) for suffix in ("", "_error")
            )
            true[statistic] = float(share)
    yield from rows_from(cell, figures, true)


def _difference(areas: np.ndarray) -> np.ndarray:
    """Return what the other option costs more, of areas on the last axis."""
    return areas @ (OTHER_OPTION - 1.0)


@cache
def true_differences(law: str) -> dict[str, float]:
    """Return the true values of what a comparison of two options says."""
    areas, exact = true_run(law)["cost_by_area"].values[0], ps.exact_moments(_study(law)).isel(option=0)
    difference = _difference(areas)
    mean, whole = LAWS[law].mean(), exact["exact_std"].item() ** 2
    # Areas are alike: all have the same variance, and all pairs of them the same covariance.
    factor = exact["expected_cost"].item() / 3.0 / mean
    single = (factor * LAWS[law].std()) ** 2
    covariance = (whole - 3.0 * single) / 6.0
    between = np.full((3, 3), covariance) + np.eye(3) * (single - covariance)
    one, other, apart = np.ones(3), OTHER_OPTION, OTHER_OPTION - 1.0
    low, middle, high = np.quantile(difference, [0.05, 0.5, 0.95]).tolist()
    return {
        "difference mean": factor * mean * apart.sum(),
        "difference std": float(np.sqrt(apart @ between @ apart)),
        "difference P5": low,
        "difference P50": middle,
        "difference P95": high,
        "chance of costing more": float((difference > 0.0).mean()),
        "correlation of options": float(one @ between @ other / np.sqrt(whole * (other @ between @ other))),
        "share of difference": apart[0] / apart.sum(),
    }


def comparison_rows(cell: Cell, first: int = FIRST_SEED) -> Iterator[Row]:
    """Yield the same for the difference of two options that share their random numbers."""
    runs = runs_of(cell, SEEDS, first)
    areas = runs["cost_by_area"].transpose("option", "scenario", "area").values
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for each in areas:
        pair = _side_by_side(np.stack([each.T, each.T * OTHER_OPTION[:, np.newaxis]]), cell.design, runs.replicates)
        result = ps.compare(pair, baseline="run0", coverage=0.9)
        named = {f"difference {name}": f"cost_difference_{name}" for name in ("mean", "std")}
        named |= {"chance of costing more": "cost_dearer", "correlation of options": "cost_correlation"}
        for name, key in named.items():
            found[name].append((result[key].item(), result[f"{key}_error"].item()))
        for name, level in (("P5", 0.05), ("P50", 0.5), ("P95", 0.95)):
            pick = [result[f"cost_difference_quantile{suffix}"].sel(quantile=level).item() for suffix in ("", "_error")]
            found[f"difference {name}"].append((pick[0], pick[1]))
        share = [result[f"cost_by_area_difference_share{suffix}"].values[0, 0] for suffix in ("", "_error")]
        found["share of difference"].append((share[0], share[1]))
    figures = {name: tuple(np.array(each).T) for name, each in found.items()}
    yield from rows_from(cell, figures, true_differences(cell.law))


def table(rows: list[Row]) -> str:
    """Return the table of the page: by statistic and design the share of all laws, and the lowest and highest of a law.

    A dagger stands where one of these was measured in further runs.
    """
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
    held = [100.0 * row.held for row in known]
    text = f"{np.mean(held):.1f}"
    if len(held) > 1:
        text += f" ({min(held):.1f} to {max(held):.1f})"
    if any(row.runs > SEEDS for row in known):
        text += " \N{DAGGER}"
    return text if stated > 0.995 else f"{text}, {100 * stated:.0f} % stated"


_Found = dict[str, dict[str, list[float]]]
"""What the file holds: by cell and first seed, then by statistic, what was held and what was stated."""


def measured(work: Mapping[str, tuple[Sequence[Cell], Measure]]) -> list[Row]:
    """Return the rows of all cells of some kinds of figures; those that the file has are not measured again."""
    found: _Found = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    rows: list[Row] = []
    # Cell by cell, so that all kinds of figures look at the same runs, which are drawn once.
    for cell in dict.fromkeys(cell for cells, _ in work.values() for cell in cells):
        kinds = {kind: measure for kind, (cells, measure) in work.items() if cell in cells}
        first = {kind: _kept(found, kind, cell, FIRST_SEED, measure) for kind, measure in kinds.items()}
        again = {kind: measure for kind, measure in kinds.items() if any(map(is_outside, first[kind]))}
        batches: dict[str, list[Row]] = defaultdict(list)
        for batch in range(FURTHER[cell.scenarios] // SEEDS):
            for kind, measure in again.items():
                if batch * SEEDS < COSTLY.get(kind, FURTHER[cell.scenarios]):
                    for row in _kept(found, kind, cell, FIRST_FURTHER_SEED + batch * SEEDS, measure):
                        batches[row.statistic].append(row)
        rows += [
            _together(batches[row.statistic]) if is_outside(row) else row
            for several in first.values()
            for row in several
        ]
    return rows


def is_outside(row: Row) -> bool:
    """Return whether a share is not as it should be, as far as its runs tell.

    An error that is not stated is none that is too large: only those that are stated may be. How much too large an
    error is that says so itself is not measured further.
    """
    return row.stated > 0.0 and (row.held < LOWEST or (row.held_where_stated > HIGHEST and not is_marked(row)))


def is_marked(row: Row) -> bool:
    """Return whether an error says that it is too large where it is (`too_large_because`)."""
    design = row.cell.design
    return design == "latin" or row.statistic.startswith(MARKED) or (design == "sobol" and row.statistic in OF_TAILS)


def _together(batches: Sequence[Row]) -> Row:
    """Return what batches of equal length say together."""
    held, stated = (float(np.mean([getattr(row, name) for row in batches])) for name in ("held", "stated"))
    return Row(batches[0].cell, batches[0].statistic, held, stated, sum(row.runs for row in batches))


def _kept(found: _Found, kind: str, cell: Cell, first: int, measure: Measure) -> list[Row]:
    """Return the rows of 400 runs of a cell, from the file or else measured and written to it."""
    key = ", ".join(map(str, (kind, *cell, first)))
    if key not in found:
        found[key] = {row.statistic: [row.held, row.stated] for row in measure(cell, first=first)}
        KEPT.parent.mkdir(exist_ok=True)
        whole = KEPT.with_suffix(".new")
        whole.write_text(json.dumps(found, indent=0), encoding="utf-8")
        whole.replace(KEPT)
    return [Row(cell, name, held, stated) for name, (held, stated) in found[key].items()]


def write_table(page: Path, name: str, rows: list[Row]) -> None:
    """Write a table of a page anew."""
    begin = f"<!-- {name}: python -m tests.statistical.{name.replace(' ', '_')} writes this table -->\n"
    end = f"<!-- end of {name} -->\n"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{table(rows)}\n{end}{after}", encoding="utf-8")


def report(rows: list[Row]) -> str:
    """Return what lies outside, a line each: of all runs or, below, of the intervals that are stated."""
    lines = []
    for row in rows:
        stated, held, runs = (100.0 * share for share in (row.stated, row.held_where_stated, row.held))
        if row.stated > 0.0 and (is_outside(row) or row.held_where_stated < LOWEST):
            name = f"{', '.join(map(str, row.cell))}: {row.statistic}"
            lines.append(f"{name} {runs:.1f} % of {row.runs} runs; stated in {stated:.0f} %, of these {held:.1f} %\n")
    return "".join(lines)


WORK = {
    **{group: (CELLS, group_rows(group)) for group in GROUPS},
    "comparisons": (CELLS, comparison_rows),
    "indices": (INDEX_CELLS, index_rows),
}

if __name__ == "__main__":
    found = measured(WORK)
    sys.stdout.write(report(found))
    write_table(Path(sys.argv[1]), "coverage", found)
