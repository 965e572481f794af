"""The largest parts of a total and the total, two at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from popsim import analysis
from popsim.analysis.totals import dimensions_of
from popsim.plot import plain
from popsim.plot.source import read
from popsim.report.data import names_of
from popsim.types import Base, By

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run


def pairs(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    by: By = "area",
    variable: Base = "cost",
    option: str | None = None,
    most: int = 3,
) -> Axes:
    """Draw how the largest parts of a total and the total depend on each other, two at a time.

    On the diagonal are histograms, from P0.5 to P99.5; below it the densest regions with half and with 90 % of the
    scenarios, the column to the right and the row upwards; above it Spearman's rank correlations with their errors.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` with the breakdown.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    by
        Dimension of the breakdown, such as ``"area"``, or several.
    variable
        The total: "cost" or "financing_need".
    option
        Which option; None for "full".
    most
        How many parts: those of the largest mean, of all that vary.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, on which each cell is a unit wide and high.

    Raises
    ------
    ParameterError
        For an argument outside these limits.
    RunError
        For a dataset without the breakdown.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=["area"])
    >>> [label.get_text() for label in ps.plot.pairs(ds).get_yticklabels()][-1]
    '4 Total cost'
    """
    from popsim.report.figures.pairs import draw

    found = read(source, variable, option=option)
    dataset = found.dataset if found.option is None else found.dataset.sel(option=[found.option])
    result = analysis.pairs(dataset, by, variable, most)
    dims = dimensions_of(by)
    names = names_of(dataset, dims[0]) if len(dims) == 1 else {}
    *parts, _ = map(str, result["member"].values)
    members = [*(names.get(part, part) for part in parts), found.title(variable)]
    values, errors = result["rank_correlation"].values, result["rank_correlation_error"].values
    texts = [[_correlation(*each) for each in zip(*row, strict=True)] for row in zip(values, errors, strict=True)]
    count = len(members)
    axes = plain.axes_for(ax, (2.0 + 1.4 * count, 0.6 + 1.4 * count))
    draw(axes, result["share"].values, result["density"].values, texts)
    axes.set_xticks([place + 0.5 for place in range(count)], [str(place + 1) for place in range(count)])
    labels = [plain.filled(f"{place} {name}", 18) for place, name in enumerate(members, 1)]
    axes.set_yticks([place + 0.5 for place in range(count)], labels)
    axes.tick_params(length=0)
    plain.as_they_are(axes.get_yticklabels())
    axes.spines[:].set_visible(False)
    return axes


def _correlation(value: float, error: float) -> str:
    from popsim.report.numbers import MINUS

    text = f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)
    return f"{text} ± {math.ceil(100.0 * error) / 100.0:.2f}" if 0.0 < error < math.inf else text
