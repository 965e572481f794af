"""A fit: its data, and where a new amount may be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from popsim.arguments import as_number, check_text
from popsim.errors import ParameterError, Problem, kind_of, shown
from popsim.fits.result import Fit
from popsim.plot import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def fit(fit: Fit, ax: Axes | None = None, *, coverage: float = 0.9, unit: str = "", scale: float = 1.0) -> Axes:
    """Draw the data of a fit, the fit, and where a new amount may be.

    Parameters
    ----------
    fit
        What `popsim.fit` returned.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    coverage
        Probability of the interval that is shown, above 0 and below 1.
    unit
        Unit of the amounts, for the labels, such as ``"million US$"``.
    scale
        Amounts are divided by this, such as 1e6.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ParameterError
        For an argument outside these limits.

    Examples
    --------
    >>> import popsim as ps
    >>> axes = ps.plot.fit(ps.fit([2.0, 3.0, 5.0]), unit="million US$")
    >>> axes.get_xlabel()
    'Amount (million US$)'
    """
    from popsim.report.figures import canvas
    from popsim.report.figures.fits import SHARES, FitPicture

    if not isinstance(fit, Fit):
        raise ParameterError(Problem("plot.fit()", ("fit",), kind_of(fit), "what popsim.fit returned"))
    factor = as_number(scale)
    if factor is None or not 0.0 < factor < float("inf"):
        raise ParameterError(Problem("plot.fit()", ("scale",), shown(scale), "a number above 0"))
    if not all(math.isfinite(end / factor) for end in fit.interval(coverage)):
        found = f"{shown(coverage)}: with {fit.count} points the interval has no end"
        raise ParameterError(Problem("plot.fit()", ("coverage",), found, "one whose ends are finite, such as 0.9"))
    named = check_text("unit", unit, 'the unit of the amounts, such as "million US$"')
    picture = FitPicture(fit, coverage, named, factor)
    rows = picture.key()
    with canvas.style():
        axes = plain.axes_for(ax, (7.0, 5.0))
        picture.draw(axes)
        by_size = fit.data.sizes is not None
        plain.amounts(axes, "y" if by_size else "x", is_logarithmic=picture.is_logarithmic)
        if by_size:
            plain.amounts(axes, "x", is_logarithmic=True)
        else:
            plain.shares(axes, SHARES)
        plain.label(axes, "x", picture.size_label if by_size else picture.amount_label)
        plain.label(axes, "y", picture.amount_label if by_size else picture.share_label)
        plain.key(axes, rows)
    return axes
