"""The years of a programme: how the range opens and closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from popsim.analysis.by_output import read_values
from popsim.analysis.totals import breakdown_by
from popsim.errors import ParameterError, Problem, kind_of
from popsim.plot import plain
from popsim.plot.source import read

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run


def fan(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    variable: str = "cost",
    option: str | None = None,
    coverage: float | None = None,
    unit: str | None = None,
    cumulative: bool = False,
) -> Axes:
    """Draw the range of each year: light bands the ranges, dark their middle halves, a white line the medians.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` with the breakdown by year.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    variable
        The total: "cost" or "financing_need".
    option
        Which option; None for "full".
    coverage
        Of the ranges; None for that of the dataset, or else 0.90. Each year has this coverage by itself.
    unit
        Of the axis, such as ``"US$ billion"``; None for one that suits the amounts.
    cumulative
        Whether each year stands for all years up to it, added scenario by scenario.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ParameterError
        For an argument outside these limits.
    RunError
        For a dataset without the breakdown by year.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=["year"])
    >>> ps.plot.fan(ds, cumulative=True).get_ylabel().partition("(")[0]
    'Total cost up to the year '
    """
    from popsim.report.figures import Interval
    from popsim.report.figures.years import draw_fan
    from popsim.report.numbers import interval

    if not isinstance(cumulative, bool):
        raise ParameterError(Problem("", ("cumulative",), kind_of(cumulative), "True or False"))
    found = read(source, variable, option=option, coverage=coverage, unit=unit)
    parts = found.of_option(breakdown_by(found.dataset, variable, "year")).transpose("year", "scenario")
    labels = parts["year"].values.tolist()
    bars, so_far = [], np.zeros(parts.sizes["scenario"])
    for place, label in enumerate(labels):
        values = read_values(parts.isel(year=place))
        so_far = so_far + values if cumulative else values
        bars.append(Interval(str(label), *(np.quantile(so_far, found.levels) / found.scale).tolist()))
    axes = plain.axes_for(ax)
    draw_fan(axes, bars, labels)
    plain.years(axes, labels)
    plain.amounts(axes, "y")
    words = f"{found.title(variable)} up to the year" if cumulative else found.title(variable)
    plain.label(axes, "y", f"{found.labelled(words, variable)}, {interval(found.coverage)}")
    return axes
