"""Ranges of groups of countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim import schema
from popsim.analysis.totals import breakdowns_of
from popsim.arguments import check_name
from popsim.errors import Problem, RunError
from popsim.plot.intervals import draw
from popsim.plot.source import read

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run


def groups(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    variable: str = "cost",
    option: str | None = None,
    coverage: float | None = None,
    unit: str | None = None,
    log: bool = False,
) -> Axes:
    """Draw the range of each group of countries.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` with a breakdown by groups of countries, such as "region" or "income".
    ax, variable, option, coverage, unit, log
        As for `intervals`.
    by
        Which grouping; None for the first of the dataset.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the group with the largest median is at the top.

    Raises
    ------
    ParameterError
        For an argument outside these limits.
    RunError
        For a dataset without groups of countries.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=["area", "region"])
    >>> len(ps.plot.groups(ds).get_yticks())
    4
    """
    found = read(source, variable, option=option, coverage=coverage, unit=unit)
    known = groupings(found.dataset, variable)
    if not known:
        mend = 'simulate with breakdowns=["region"], or another column of the countries file'
        raise RunError(Problem("dataset", (), f"no {variable} by groups of countries", "a breakdown by groups", mend))
    grouping = known[0] if by is None else check_name("by", by, known)
    bars = sorted(found.bars(variable, grouping), key=lambda bar: -bar.median)
    return draw(found, bars, variable, ax, log=log)


def groupings(dataset: xr.Dataset, variable: str = "cost") -> list[str]:
    """Return the groupings of countries by which a total of a dataset is broken down.

    Examples
    --------
    >>> import popsim as ps
    >>> groupings(ps.simulate(ps.load_study("pops"), scenarios=10, breakdowns=["area", "income"]))
    ['income']
    """
    names = [name for name, total in breakdowns_of(dataset).items() if total == variable]
    return [by for by in (name.partition("_by_")[2] for name in names) if by not in schema.DIMENSIONS]
