"""How many scenarios lie below, inside and above a printed range: counted, never computed from its coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from popsim.analysis.by_output import read_values
from popsim.analysis.door import check_probability
from popsim.analysis.order import quantile_with_error
from popsim.analysis.totals import variable_of
from popsim.arrays import Floats
from popsim.errors import Problem, RunError, UnknownNameError, nearest


@dataclass(frozen=True)
class Counts:
    """How the scenarios of one total lie around its range; below + inside + above = scenarios."""

    scenarios: int
    below: int
    """Scenarios below the lower end."""
    inside: int
    """Scenarios between the ends, those equal to an end included."""
    above: int
    """Scenarios above the upper end."""
    all_equal: bool
    """Whether all scenarios have one and the same value, so that the run shows no spread at all."""
    low: float
    """Lower end of the range, as `summarise` computes it."""
    high: float
    """Upper end of the range."""
    lowest: float
    """Lowest value of all scenarios."""
    highest: float
    """Highest value of all scenarios."""


def counted(dataset: xr.Dataset, variable: str, option: str, coverage: float, **where: object) -> Counts:
    """Count the scenarios below, inside and above the range of a total.

    The ends are the quantiles of `summarise`, to the last bit. A share of 90 % inside is what they are made for; where
    many scenarios have the same value, such as that of a cost which is paid seldom, more of them lie inside.

    Parameters
    ----------
    dataset
        A dataset of `simulate`, with or without the dimension `option`.
    variable
        A variable with scenarios, such as ``cost``, ``financing_need`` or ``cost_by_area``. ``cost_all_years`` is
        ``cost`` with ``cost_after_horizon``, scenario by scenario, and so is every other name on ``_all_years``.
    option
        Option whose scenarios are counted.
    coverage
        Coverage of the range, between 0 and 1.
    **where
        Labels of the other dimensions of the variable, such as ``area="a"``.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1).
    UnknownNameError
        For an option or a label that the dataset does not have.
    RunError
        When the dataset has no such variable, or one with further dimensions, NaN or infinite values.

    Examples
    --------
    >>> values = [1.0] * 95 + [20.0, 30.0, 40.0, 50.0, 60.0]
    >>> seldom = xr.Dataset({"cost": (("option", "scenario"), [values])}, {"option": ["full"]})
    >>> counts = counted(seldom, "cost", "full", 0.9)
    >>> counts.below, counts.inside, counts.above, counts.all_equal
    (0, 95, 5, False)
    """
    tail = (1.0 - check_probability("coverage", coverage)) / 2.0
    values = _scenarios(dataset, variable, {"option": option, **where})
    # Rounded as `summarise` rounds its levels, so that the ends are the same numbers.
    ends, _ = quantile_with_error(values, np.array([round(tail, 12), round(1.0 - tail, 12)]))
    low, high = ends.tolist()
    below, above = int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high))
    lowest, highest = float(values.min()), float(values.max())
    inside = len(values) - below - above
    return Counts(len(values), below, inside, above, lowest == highest, low, high, lowest, highest)


def _scenarios(dataset: xr.Dataset, variable: str, where: dict[str, object]) -> Floats:
    """Return the scenarios of a variable at these labels."""
    array = variable_of(dataset, variable)
    for dim, label in where.items():
        if dim not in array.dims:
            continue
        labels = [str(each) for each in array[dim].values.tolist()]
        if str(label) not in labels:
            mend = nearest(str(label), labels)
            raise UnknownNameError(Problem("dataset", (dim,), repr(label), ", ".join(labels), mend))
        array = array.isel({dim: labels.index(str(label))})
    if array.dims != ("scenario",):
        others = ", ".join(str(dim) for dim in array.dims if dim != "scenario")
        mend = f"name a label of {others}"
        raise RunError(Problem("dataset", (variable,), f"a variable by {others}", "a label of each", mend))
    return np.ascontiguousarray(read_values(array), dtype=np.float64)
