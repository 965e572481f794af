"""How the range settles as scenarios are added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from popsim import analysis
from popsim.analysis.door import replicates_of
from popsim.analysis.order import half_width
from popsim.errors import ParameterError, Problem
from popsim.plot import plain
from popsim.plot.source import read

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run

_LINES = ((2, "Upper end"), (1, "Median"), (0, "Lower end"))


def convergence(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    variable: str = "cost",
    option: str | None = None,
    coverage: float | None = None,
    unit: str | None = None,
) -> Axes:
    """Draw the ends and the median of the range from growing numbers of scenarios, each in its error band.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` or `sample`.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    variable
        Any variable with scenarios that is not broken down.
    option
        Which option; None for "full".
    coverage
        Of the range; None for that of the dataset, or else 0.90.
    unit
        Of the axis, such as ``"US$ billion"``; None for one that suits the amounts.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ParameterError
        For an argument outside these limits, or scenarios too few for an error.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=[])
    >>> ps.plot.convergence(ds).get_xscale()
    'log'
    """
    from popsim.report.figures import Settling
    from popsim.report.figures.convergence import count_label, count_text, count_ticks, draw, key
    from popsim.report.numbers import interval, percent

    found = read(source, variable, option=option, coverage=coverage, unit=unit)
    settled = analysis.convergence(found.dataset, found.coverage, variable=variable)
    values, errors = (found.of_option(settled[name]).values / found.scale for name in ("value", "value_error"))
    known = np.isfinite(errors).all(axis=-1)
    if known.sum() < 2:
        count, tail = found.dataset.sizes["scenario"], percent(found.levels[0])
        allowed = f"scenarios enough for an error of the lowest {tail}"
        raise ParameterError(Problem("dataset", ("scenario",), f"{count} scenarios", allowed))
    counts = settled["count"].values[known].tolist()
    band = half_width(replicates_of(found.dataset)) * errors[known]
    lines = [
        Settling(
            f"{words} of the {interval(found.coverage)}" if place != 1 else words,
            *(each[:, place].tolist() for each in (values[known], values[known] - band, values[known] + band)),
        )
        for place, words in _LINES
    ]
    axes = plain.axes_for(ax)
    draw(axes, counts, lines)
    axes.set_xticks(count_ticks(counts[0], counts[-1], 7.0))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda value, _: count_text(value))
    plain.amounts(axes, "y")
    plain.label(axes, "x", count_label())
    plain.label(axes, "y", found.label(variable))
    plain.key(axes, key(lines, f"Within this band with {percent(0.95)} confidence"))
    return axes
