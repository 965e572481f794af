"""How often 1.96 stated errors hold the true value, of figures that are made of several others.

Joint budgets, reserves, shortest intervals, and the swings and widths of drivers; measured as in coverage.py, for the
same study, laws and seeds, and in further runs where it lies outside 93 to 97 %. True values:

- joint budgets: the three areas are alike, so that the amounts of least sum are equal, and are a quantile of the
  largest of the three; of 2,097,152 Sobol points, as are those of reserves;
- shortest intervals, whose ends settle slowly: the mean of eight runs of 4,194,304 Sobol points;
- a third of a reserve, for each area;
- drivers: those of a sum of three independent costs. Its expectation given one of them is that cost and the means of
  the others, and the width that is left is that of the sum of the others.

    python -m tests.statistical.further_coverage docs/concepts/precision.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import popsim as ps
from popsim.analysis.order import shortest_with_error

from ..engine.studies import area, country, number, study
from .coverage import (
    FIRST_SEED,
    LAWS,
    SEEDS,
    Cell,
    Figures,
    Row,
    measured,
    plan_of,
    report,
    rows_from,
    runs_of,
    true_run,
    write_table,
)

CONFIDENCE, COVERAGE = 0.8, 0.9
CELLS = [Cell(design, count, law) for design in ("random", "sobol") for count in (1_024, 8_192) for law in LAWS]
DRIVER_CELLS = [cell for cell in CELLS if cell.design == "random"]
"""Drivers draw scenarios of their own, which are independent whatever the design of the study."""


@lru_cache(maxsize=2)
def figures_of(cell: Cell, seeds: int, first: int) -> Figures:
    """Return estimates and errors of joint budgets, reserves and shortest intervals of so many runs."""
    runs = runs_of(cell, seeds, first)
    joint = ps.joint_budget(runs, by="area", confidence=CONFIDENCE)
    reserve = ps.reserve(runs, confidence=CONFIDENCE)
    summary = ps.summarise(runs[["cost"]], coverage=COVERAGE, interval="shortest")
    found: Figures = {}
    for name in ("amount", "common_amount", "separate_amount"):
        found[f"joint {name}"] = joint[name].values[:, 0], joint[f"{name}_error"].values[:, 0]
    for name in ("total", "common_total", "separate_total", "pooled_amount"):
        found[f"joint {name}"] = joint[name].values, joint[f"{name}_error"].values
    found["reserve"] = reserve["reserve"].values, reserve["reserve_error"].values
    for name in ("contribution", "share"):
        found[f"{name} of reserve"] = reserve[name].values[:, 0], reserve[f"{name}_error"].values[:, 0]
    for k, bound in enumerate(("low", "high")):
        found[f"shortest, {bound}"] = (
            summary["cost_interval"].values[:, k],
            summary["cost_interval_error"].values[:, k],
        )
    return found


@cache
def true_figures(law: str) -> dict[str, float]:
    """Return the true values of these."""
    run = true_run(law)
    cost, areas = run["cost"].values[0], run["cost_by_area"].values[0]
    together = float(np.quantile(areas.max(axis=1), CONFIDENCE))
    separate = float(np.quantile(areas, CONFIDENCE))
    pooled = float(np.quantile(cost, CONFIDENCE))
    reserve = pooled - float(cost.mean())
    low, high = _true_shortest(law)
    return {
        "joint amount": together,
        "joint common_amount": together,
        "joint separate_amount": separate,
        "joint total": 3.0 * together,
        "joint common_total": 3.0 * together,
        "joint separate_total": 3.0 * separate,
        "joint pooled_amount": pooled,
        "reserve": reserve,
        "contribution of reserve": reserve / 3.0,
        "share of reserve": 1.0 / 3.0,
        "shortest, low": low,
        "shortest, high": high,
    }


def _true_shortest(law: str) -> list[float]:
    """Return the ends of the shortest interval, on average over eight runs."""
    given: dict[str, Any] = {"scenarios": 1 << 22, "breakdowns": (), "design": "sobol", "threads": 1}
    runs = (ps.simulate(plan_of(law), seed=seed, **given) for seed in range(77, 85))
    ends = np.mean([shortest_with_error(run["cost"].values[0], COVERAGE)[0] for run in runs], axis=0)
    return [float(end) for end in ends]


def rows_of(cell: Cell, seeds: int = SEEDS, first: int = FIRST_SEED, widened: float = 1.0) -> Iterator[Row]:
    """Yield how often intervals hold the true value, for each of these statistics; errors times `widened`."""
    yield from rows_from(cell, figures_of(cell, seeds, first), true_figures(cell.law), widened)


def _apart(law: str) -> ps.Study:
    """Return a study of three independent costs."""
    areas = [area(name, LAWS[law], share=0.0) for name in "abc"]
    return study([country("AAA")], areas, number(between=0.0, base=0.0, within=0.0))


@cache
def true_drivers(law: str) -> dict[str, float]:
    """Return the true values of what `drivers` says of one of the three."""
    cost = LAWS[law]
    uniform = (np.arange(1 << 20) + 0.5) / (1 << 20)
    rng = np.random.Generator(np.random.PCG64(9))
    one, two, three = (cost.ppf(rng.permutation(uniform)) for _ in range(3))
    tails = [0.5 - COVERAGE / 2.0, 0.5 + COVERAGE / 2.0]
    factor = float(np.mean(_expected(law)) / (3.0 * cost.mean()))
    low, high = cost.ppf(np.array([0.1, 0.9]))
    return {
        "swing_low": factor * (2.0 * cost.mean() + low),
        "swing_high": factor * (2.0 * cost.mean() + high),
        "width_given": factor * float(np.diff(np.quantile(one + two, tails))[0]),
        "width": factor * float(np.diff(np.quantile(one + two + three, tails))[0]),
    }


def _expected(law: str) -> np.ndarray:
    return ps.exact_moments(_apart(law))["expected_cost"].values


def driver_rows(cell: Cell, first: int = FIRST_SEED) -> Iterator[Row]:
    """Yield the same for drivers."""
    true, tiny = true_drivers(cell.law), _apart(cell.law)
    given = {"by": "input", "coverage": COVERAGE, "threads": 1, "only": ("cost",)}
    found = [ps.drivers(tiny, cell.scenarios, seed, **given) for seed in range(first, first + SEEDS)]
    figures: Figures = {}
    for name in true:
        value, error = (
            np.array([each[f"{name}{suffix}"].values.reshape(-1)[0] for each in found]) for suffix in ("", "_error")
        )
        figures[name] = value, error
    yield from rows_from(cell, figures, true)


WORK = {"further": (CELLS, rows_of), "drivers": (DRIVER_CELLS, driver_rows)}

if __name__ == "__main__":
    found = measured(WORK)
    sys.stdout.write(report(found))
    write_table(Path(sys.argv[1]), "further coverage", found)
