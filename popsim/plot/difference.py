"""What options come to more or less than another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from popsim import schema
from popsim.analysis.compare import compare
from popsim.errors import Problem, RunError, nearest
from popsim.plot import plain
from popsim.plot.source import read
from popsim.report.data import names_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run


def difference(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    variable: str = "cost",
    baseline: str = schema.FULL,
    coverage: float | None = None,
    unit: str | None = None,
) -> Axes:
    """Draw the range of the difference between each option and a baseline, scenario by scenario.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` with two options or more.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    variable
        Which total, such as ``"cost"`` or ``"financing_need_all_years"``.
    baseline
        The option with which the others are compared.
    coverage
        Of the ranges; None for that of the dataset, or else 0.90.
    unit
        Of the axis, such as ``"US$ billion"``; None for one that suits the total.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; left of 0 an option costs less than the baseline.

    Raises
    ------
    ParameterError
        For a dataset of one option, or an argument outside these limits.
    UnknownNameError
        For a baseline that is no option of the dataset.
    RunError
        For a dataset without the total.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500)
    >>> len(ps.plot.difference(ds).get_yticks()) == ds.sizes["option"] - 1
    True
    """
    from popsim.report.figures import Interval
    from popsim.report.figures.difference import limits_about_zero
    from popsim.report.figures.intervals import draw
    from popsim.report.numbers import interval

    found = read(source, variable, coverage=coverage, unit=unit)
    compared = compare(found.dataset, baseline, found.coverage)
    name = f"{variable}_difference_quantile"
    if name not in compared:
        totals = [each for each in schema.TOTALS if f"{each}_difference_quantile" in compared]
        found_instead = f"no total {variable!r}"
        raise RunError(Problem("dataset", (), found_instead, ", ".join(totals), nearest(variable, totals)))
    levels = [float(compared["quantile"].values[np.argmin(abs(compared["quantile"].values - p))]) for p in found.levels]
    ends = compared[name].sel(quantile=levels).transpose("option", "quantile").values / found.scale
    names = names_of(found.dataset, "option")
    options = [str(option) for option in compared["option"].values]
    bars = [Interval(names.get(each, each), *row) for each, row in zip(options, ends.tolist(), strict=True)]
    axes = plain.axes_for(ax, (7.0, 1.2 + 0.36 * len(bars)))
    plain.names(axes, [bar.label for bar in bars])
    draw(axes, range(len(bars)), bars)
    axes.axvline(0.0, color=axes.spines["bottom"].get_edgecolor(), linewidth=1.0)
    axes.set_xlim(limits_about_zero(bars))
    plain.amounts(axes, "x")
    words = f"{found.title(variable)}, difference to “{names.get(baseline, baseline)}”"
    plain.label(axes, "x", f"{found.labelled(words, variable)}, {interval(found.coverage)}")
    return axes
