"""How often estimates and their errors hold the true value: some cells of the table of docs/concepts/precision.md."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats

from ..statistical.coverage import REPLICATES, SEEDS, Cell, Row, rows_of
from .claims import ALARM, Claim, Section

FIRST_SEED = 1_000
CELLS = (Cell("random", 1_024, "lognormal, sigma 0.5"), Cell("sobol", 1_024, "lognormal, sigma 0.5"))
LEAST_STATED = 0.5
"""Of a statistic that fewer of the runs state an error of, the share that hold is not known well enough."""


def stated(cell: Cell, factor: float = 1.0) -> list[Row]:
    """Return what is measured of the statistics of a cell, with errors times a factor."""
    return [row for row in rows_of(cell, widened=factor) if row.stated >= LEAST_STATED]


def name_of(cell: Cell) -> str:
    """Return a cell in words."""
    points = f"{cell.scenarios:,}" if cell.design == "random" else f"{REPLICATES} x {cell.scenarios // REPLICATES}"
    return f"three costs, {cell.law}; {cell.design}, {points} scenarios"


def limit(comparisons: int) -> float:
    """Return the share of misses that intervals which cover 93 % pass with a chance of `ALARM` at most."""
    return float(stats.binom(SEEDS, 0.07).isf(ALARM / comparisons)) / SEEDS


def _measure(cell: Cell) -> tuple[float, float]:
    missed, halved = (max(1.0 - row.held for row in stated(cell, factor)) for factor in (1.0, 0.5))
    return missed, halved


def claims() -> list[Claim]:
    """Return a claim for each cell."""
    return [
        Claim(
            name_of(cell),
            f"{SEEDS} seeds; all statistics of the table below",
            "closed forms; for quantiles and chances, 2,097,152 Sobol points",
            "largest share of seeds in which a 95 % interval misses the true value",
            limit(30),
            "errors halved",
            partial(_measure, cell),
            FIRST_SEED,
            ALARM,
        )
        for cell in CELLS
    ]


def figure(_: Path) -> str:
    """Return a table of all shares."""
    found = {cell: {row.statistic: row for row in stated(cell)} for cell in CELLS}
    names = dict.fromkeys(name for rows in found.values() for name in rows)
    lines = ["Share of seeds in which the interval holds the true value, in per cent; 95 is aimed at.", ""]
    lines += [f"| | {' | '.join(map(name_of, CELLS))} |", f"| --- |{' ---: |' * len(CELLS)}"]
    for name in names:
        shares = [100.0 * found[cell][name].held if name in found[cell] else np.nan for cell in CELLS]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(map(_shown, shares))} |")
    return "\n".join(lines)


def _shown(share: float) -> str:
    return "refused" if np.isnan(share) else f"{share:.1f}"


SECTION = Section(
    "coverage",
    "Coverage of errors",
    f"""Of {SEEDS} seeds, a 95 % interval must hold the true value in at least 93 %: the limit is the share of misses
that a coverage of 93 % passes with a chance of {ALARM:g}. These are two columns, of one law, of the table of
[precision](../concepts/precision.md), made by the same code; that page has more laws, designs and numbers of
scenarios, and says what errors are. "Refused": fewer than half of the runs state an error.""",
    claims,
    figure,
)
