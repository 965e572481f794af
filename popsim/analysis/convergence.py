"""How the ends and the median of the range settle as scenarios are added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim.analysis.budgets import described, money_of, scenarios_for
from popsim.analysis.door import dataset_of
from popsim.analysis.order import quantile_with_error, replicates_of
from popsim.analysis.summarise import check_coverage
from popsim.arguments import check_whole

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["convergence"]


def convergence(
    dataset: Run | xr.Dataset, coverage: float | None = None, points: int = 24, variable: str = "cost"
) -> xr.Dataset:
    """Give the ends and the median of the range from the first scenarios alone, for growing numbers of them.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.
    coverage
        Probability that the range holds; None for that of the dataset, or else 0.90.
    points
        How many numbers of scenarios, in equal ratios, from the least that has an error to all; at least 2.
    variable
        Any variable with scenarios.

    Returns
    -------
    xarray.Dataset
        `value` and `value_error` (..., count, quantile), in the unit of the variable; `count` is the number of
        scenarios, counted from the first. An error is infinite where no number of scenarios of the run has one.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1) or less than two points.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=())
    >>> c = ps.convergence(ds)
    >>> c["value"].dims, int(c["count"][-1])
    (('option', 'count', 'quantile'), 2000)
    """
    dataset = dataset_of(dataset)
    points = check_whole("points", points, 2, 100_000)
    stated = check_coverage("coverage", dataset.attrs.get("coverage", 0.90) if coverage is None else coverage)
    tail = (1.0 - stated) / 2.0
    levels = np.array([round(tail, 12), 0.5, round(1.0 - tail, 12)])
    cost = money_of(dataset, variable)
    values = np.ascontiguousarray(cost.values)
    least = min(scenarios_for(tail, replicates_of(dataset)), values.shape[-1])
    counts = np.unique(np.geomspace(least, values.shape[-1], points).round().astype(np.int64))
    turns = replicates_of(dataset)
    if turns > 1:
        # Whole rounds, so that replicates are of equal size.
        counts = np.unique(np.maximum(counts // turns, 1) * turns)
    found = [quantile_with_error(np.ascontiguousarray(values[..., :count]), levels, turns) for count in counts]
    dims = [*(str(dim) for dim in cost.dims[:-1]), "count", "quantile"]
    kept = {name: value for name, value in cost.coords.items() if "scenario" not in value.dims}
    units = str(cost.attrs.get("units", "1"))
    title = "Quantile from so many scenarios"
    result = {}
    for name, place, words in (("value", 0, title), ("value_error", 1, f"{title}, Monte Carlo error")):
        data = np.stack([each[place] for each in found], axis=-2)
        result[name] = described(xr.DataArray(data, {**kept, "count": counts, "quantile": levels}, dims), units, words)
    return xr.Dataset(result, attrs={**dataset.attrs, "coverage": stated, "variable": variable})
