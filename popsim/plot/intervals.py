"""Ranges under each other, one row for each part of a total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.plot import plain
from popsim.plot.source import Source, read
from popsim.types import By

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run
    from popsim.report.figures import Interval


def intervals(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    by: By = "area",
    variable: str = "cost",
    option: str | None = None,
    coverage: float | None = None,
    unit: str | None = None,
    log: bool = False,
) -> Axes:
    """Draw the range of each part of a total: light the range, dark its middle half, white the median.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` with the breakdown.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    by
        Dimension of the breakdown, such as ``"area"``, or several, such as ``("area", "year")``.
    variable
        The total: "cost" or "financing_need".
    option
        Which option; None for "full".
    coverage
        Of the ranges; None for that of the dataset, or else 0.90.
    unit
        Of the axis, such as ``"US$ billion"``; None for one that suits the total.
    log
        Whether the axis is logarithmic, for parts of very different size.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the part with the largest median is at the top.

    Raises
    ------
    ParameterError
        For an argument outside these limits, or a logarithmic axis of amounts that are not above zero.
    RunError
        For a dataset without the breakdown.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=["area"])
    >>> ps.plot.intervals(ds).get_yticklabels()[0].get_text()
    'Technology transfer'
    """
    found = read(source, variable, option=option, coverage=coverage, unit=unit)
    bars = sorted(found.bars(variable, by), key=lambda bar: -bar.median)
    return draw(found, bars, variable, ax, log=log)


def draw(source: Source, bars: list[Interval], variable: str, ax: Axes | None, *, log: bool) -> Axes:
    """Draw ranges with their names at the left and the coverage in the label of the axis."""
    from popsim.report.figures.intervals import draw as draw_bars
    from popsim.report.figures.intervals import limits
    from popsim.report.numbers import interval

    plain.check_log(log, [bar.low for bar in bars])
    axes = plain.axes_for(ax, (7.0, 1.2 + 0.36 * len(bars)))
    plain.names(axes, [bar.label for bar in bars])
    draw_bars(axes, range(len(bars)), bars)
    low, high = limits(bars)
    axes.set_xlim(0.8 * min(bar.low for bar in bars) if log else low, 1.2 * high if log else high)
    plain.amounts(axes, "x", is_logarithmic=log)
    plain.label(axes, "x", f"{source.label(variable)}, {interval(source.coverage)}")
    return axes
