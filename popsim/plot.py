"""Figures in matplotlib, for notebooks: ``ps.plot.fit(fit)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.arguments import as_number
from popsim.errors import ParameterError, Problem, kind_of, shown
from popsim.fits.result import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from popsim.report.figures.canvas import KeyRow

__all__ = ["fit"]


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
    from popsim.report.figures.fits import FitPicture, finish

    if not isinstance(fit, Fit):
        raise ParameterError(Problem("plot.fit()", ("fit",), kind_of(fit), "what popsim.fit returned"))
    factor = as_number(scale)
    if factor is None or not 0.0 < factor < float("inf"):
        raise ParameterError(Problem("plot.fit()", ("scale",), shown(scale), "a number above 0"))
    picture = FitPicture(fit, coverage, unit, factor)
    rows = picture.key()
    with canvas.style():
        axes = _new_axes() if ax is None else ax
        picture.draw(axes)
        finish(picture, axes, canvas.WIDE)
        by_size = fit.data.sizes is not None
        axes.set_xlabel(picture.size_label if by_size else picture.amount_label)
        axes.set_ylabel(picture.amount_label if by_size else picture.share_label)
        axes.spines[["top", "right"]].set_visible(False)
        _legend(axes, rows)
    return axes


def _new_axes() -> Axes:
    from matplotlib.figure import Figure

    axes: Axes = Figure(figsize=(7.0, 5.0), layout="constrained").add_subplot()
    return axes


def _legend(axes: Axes, rows: list[KeyRow]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **look) for look, _ in rows]
    axes.legend(
        handles, [text for _, text in rows], loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, fontsize=9
    )
