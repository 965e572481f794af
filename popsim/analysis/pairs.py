"""How parts of a total and the total depend on each other, two at a time, for a picture of few numbers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim.analysis.budgets import described, money_of
from popsim.analysis.door import dataset_of
from popsim.analysis.joint import breakdown_by, names_of
from popsim.analysis.order import quantile_with_error, replicates_of
from popsim.analysis.shares import rank_correlations
from popsim.arguments import as_whole
from popsim.errors import ParameterError, Problem
from popsim.families.base import Floats
from popsim.types import Base, By

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["SHOWN", "pairs"]

_MOST = 1_000
"""Parts, and cells of each, that are shown at most."""
SHOWN = 0.99
"""Share of the scenarios between the ends of each member that a picture shows."""


def pairs(
    dataset: Run | xr.Dataset, by: By = "area", variable: Base = "cost", most: int = 3, cells: int = 24
) -> xr.Dataset:
    """Summarise the largest parts of a total, and the total, two at a time.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with one option and the breakdown, such as `cost_by_area`.
    by
        Dimension of the breakdown, or several, such as ("area", "year").
    variable
        The total: "cost" or "financing_need".
    most
        How many parts: those of the largest mean, of all that vary.
    cells
        Into how many cells the range of each member is cut, from its P0.5 to its P99.5.

    Returns
    -------
    xarray.Dataset
        On the dimensions `member` and `other` (labels of the parts, then "total"): `rank_correlation`, Spearman's, and
        its standard error; `share` (member, cell), the share of the scenarios in each cell; `density` (member, other,
        cell, other_cell), the same for two members together, smoothed by the weights 1, 2, 1 in both directions; `end`
        (member, side), the ends of the range, in the unit of the total, and their Monte Carlo errors. An error is
        infinite where the scenarios are too few to know it.

    Raises
    ------
    ParameterError
        For a dataset with several options, or numbers that are not whole and positive.
    RunError
        When the dataset lacks the total or its breakdown.

    References
    ----------
    Error of Spearman's correlation: Bonett and Wright 2000, doi:10.1007/BF02294183; of replicates, their spread.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=1_000, breakdowns=["area"]).isel(option=[0])
    >>> found = pairs(ds)
    >>> found["member"].values.tolist()[-1], found["rank_correlation"].shape
    ('total', (4, 4))
    """
    dataset = dataset_of(dataset)
    total, parts = money_of(dataset, variable), breakdown_by(dataset, variable, by)
    problems = []
    if dataset.sizes.get("option", 1) != 1:
        found = f"{dataset.sizes['option']} options"
        problems.append(Problem("dataset: option", (), found, "one option", "dataset.isel(option=[0])"))
    for name, number in (("most", most), ("cells", cells)):
        if not 1 <= (as_whole(number) or 0) <= _MOST:
            problems.append(Problem(name, (), repr(number), f"a whole number from 1 to {_MOST:,}"))
    if problems:
        raise ParameterError(problems)
    most, cells = int(most), int(cells)
    rows = parts.values.reshape(-1, parts.sizes["scenario"])
    varying = np.flatnonzero(np.ptp(rows, axis=-1) > 0.0)
    chosen = sorted(sorted(varying.tolist(), key=lambda k: -float(rows[k].mean()))[:most])
    labels = list(itertools.product(*(parts[name].values.tolist() for name in names_of(by))))
    members = [*(" ".join(map(str, labels[k])) for k in chosen), "total"]
    values = np.concatenate([rows[chosen], total.values.reshape(1, -1)])
    tail = (1.0 - SHOWN) / 2.0
    turns = replicates_of(dataset)
    ends, end_error = quantile_with_error(values, np.array([tail, 1.0 - tail]), turns)
    ranked = [rank_correlations(values, each[np.newaxis], turns) for each in values]
    correlation, error = (np.stack(each, axis=-1) for each in zip(*ranked, strict=True))
    units = str(total.attrs.get("units", "1"))
    matrix, cell = ("member", "other"), np.arange(cells)
    result = xr.Dataset(
        {
            "rank_correlation": (matrix, correlation),
            "rank_correlation_error": (matrix, error),
            "share": (("member", "cell"), np.array([_share(*each, cells) for each in zip(values, ends, strict=True)])),
            "density": ((*matrix, "cell", "other_cell"), _densities(values, ends, cells)),
            "end": (("member", "side"), ends),
            "end_error": (("member", "side"), end_error),
        },
        {"member": members, "other": members, "cell": cell, "other_cell": cell, "side": ["low", "high"]},
        attrs={**dataset.attrs, "variable": variable, "by": ",".join(names_of(by))},
    )
    words = {
        "rank_correlation": "Spearman's rank correlation",
        "rank_correlation_error": "Spearman's rank correlation, Monte Carlo error",
        "share": "Share of the scenarios in each cell",
        "density": "Share of the scenarios in each cell of two members, smoothed",
        "end": "P0.5 and P99.5",
        "end_error": "P0.5 and P99.5, Monte Carlo error",
    }
    for name, meaning in words.items():
        described(result[name], units if name.startswith("end") else "1", meaning)
    return result


def _edges(ends: Floats, cells: int) -> Floats:
    low, high = ends
    return np.linspace(low, high if high > low else low + 1.0, cells + 1)


def _share(values: Floats, ends: Floats, cells: int) -> Floats:
    return np.histogram(values, _edges(ends, cells))[0] / len(values)


def _densities(values: Floats, ends: Floats, cells: int) -> Floats:
    edges = [_edges(each, cells) for each in ends]
    found = np.zeros((len(values), len(values), cells, cells))
    for one, two in np.ndindex(len(values), len(values)):
        if one == two:
            continue
        counts = np.histogram2d(values[one], values[two], [edges[one], edges[two]])[0]
        smooth = counts / values.shape[-1]
        for axis in (0, 1):
            # What the weights carry over an edge is reflected, so that shares keep their sum.
            wide = np.pad(smooth, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], mode="edge")
            middle, length = np.moveaxis(wide, axis, 0), smooth.shape[axis]
            mixed = 0.25 * middle[:length] + 0.5 * middle[1:-1] + 0.25 * middle[2:]
            smooth = np.moveaxis(mixed, 0, axis)
        found[one, two] = smooth
    return found
