"""How sure a budget is to be enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from popsim.arrays import Floats
from popsim.report.figures import canvas
from popsim.report.figures.canvas import KeyRow, Screen
from popsim.report.language import gettext as _
from popsim.report.numbers import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = 2_000
"""A curve is drawn so closely that no scenario lies farther from it than a 2,000th of the axes' width and height."""
_ENDS = (0.005, 0.995)
"""Of very many scenarios the axis ends at these confidences: single scenarios far out would squeeze all others."""
_MANY = 400
_STYLES: tuple[dict[str, Any], ...] = (
    {"curve": canvas.CURVE, "band": canvas.BAND, "line": "-"},
    {"curve": canvas.QUIET, "band": canvas.GRID, "line": (0, (7, 2))},
)
"""Looks of the first and the second total; the dashes of the second distinguish it in grey print."""
_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "markersize": 8, "linestyle": "--", "linewidth": 1.2},
    {"marker": "D", "color": canvas.POINT, "markersize": 7, "linestyle": ":", "linewidth": 1.6},
)


class Curve(NamedTuple):
    """How sure a budget is to be enough: amounts in the unit of the axis, rising, and confidences between 0 and 1.

    `low` and `high` are the ends of the range, `interval` is its text in the key; each of the `marks` is an amount, its
    confidence, and its text in the key.
    """

    label: str
    amounts: Sequence[float] | Floats
    confidences: Sequence[float] | Floats
    low: float
    high: float
    interval: str
    marks: Sequence[tuple[float, float, str]]


def s_curve(curves: Sequence[Curve], amount_label: str, screen: Screen) -> Figure:
    """Draw how sure a budget is to be enough, the range behind each curve, and marks with dropped lines."""
    size, rows = screen.size, key(curves)
    left = canvas.text_width("100 %", size) + 10.0
    keys = canvas.key_height(screen, rows)
    bottom = canvas.label_height(screen, left, amount_label)
    figure, axes = canvas.plot(screen, left, keys + 2.6 * size, 0.36 * screen.width + 60.0, bottom)
    canvas.write_key(figure, screen, rows)
    canvas.write(figure, 4.0, keys + 0.8 * size, confidence_label(), size)
    canvas.write_label(figure, screen, left, amount_label)
    draw(axes, curves)
    canvas.amount_ticks(axes, screen)
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    canvas.ticks(axes, screen, "y", shares, [percent(share) for share in shares])
    return figure


def confidence_label() -> str:
    """Return the label of the axis of confidences."""
    return _("Confidence that the budget is enough")


def key(curves: Sequence[Curve]) -> list[KeyRow]:
    """Return the rows of the key: each mark, and what it stands for."""
    rows: list[KeyRow] = []
    for curve, style in zip(curves, _STYLES, strict=False):
        if len(curves) > 1:
            rows.append(({"color": style["curve"], "linewidth": 2.4, "linestyle": style["line"]}, curve.label))
        rows.append(({"color": style["band"], "linewidth": 9}, curve.interval))
        marks = zip(_MARKS, curve.marks, strict=False)
        rows += [({"color": style["curve"], **look}, text) for look, (_, _, text) in marks]
    return rows


def draw(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw on axes, whose limits follow the curves; the second total lies behind the first."""
    parts = [shown(curve.amounts, curve.confidences) for curve in curves]
    amounts = [end for x, _ in parts for end in (x[0], x[-1])]
    amounts += [mark[0] for curve in curves for mark in curve.marks]
    low, high = canvas.span([*amounts, *(end for curve in curves for end in (curve.low, curve.high))])
    axes.set(xlim=(low, high), ylim=(0.0, 1.0))
    for curve, style, (x, y) in reversed(list(zip(curves, _STYLES, parts, strict=False))):
        axes.axvspan(curve.low, curve.high, color=style["band"], alpha=0.55, linewidth=0)
        axes.plot(x, y, color=style["curve"], linewidth=2.4, linestyle=style["line"])
        for look, mark in zip(_MARKS, curve.marks, strict=False):
            amount, confidence = mark[:2]
            lines = {"color": style["curve"], **look, "marker": ""}
            axes.plot([low, amount, amount], [confidence, confidence, 0.0], **lines)
            spot = {**lines, "marker": look["marker"], "linestyle": "", "markeredgecolor": canvas.WHITE}
            axes.plot([amount], [confidence], zorder=5, markeredgewidth=1.2, clip_on=False, **spot)


def shown(amounts: Sequence[float] | Floats, confidences: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Return the points of a rising curve that are drawn; of these points, all are.

    Examples
    --------
    >>> amounts, confidences = shown(np.arange(100_001.0), np.linspace(0.0, 1.0, 100_001))
    >>> amounts[0].item(), len(shown(amounts, confidences)[0]) == len(amounts) <= 4_000
    (500.0, True)
    """
    x, y = np.asarray(amounts, dtype=float), np.asarray(confidences, dtype=float)
    if len(x) > _MANY:
        inside = slice(np.searchsorted(y, _ENDS[0], side="left"), np.searchsorted(y, _ENDS[1], side="right"))
        x, y = x[inside], y[inside]
    return thinned(x, y)


def thinned(x: Floats, y: Floats, steps: int = STEPS) -> tuple[Floats, Floats]:
    """Return the points of a rising curve; of very many only so many that the line through them is near all.

    Two points that are kept are at most one step apart, across and upwards together, or were neighbours before. What
    lies between them is in the box that they span, so within a step of the line.

    Parameters
    ----------
    x, y
        The curve; both rise or stay.
    steps
        Of the way from its first to its last point, whose width and height count 1 each.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 100_001)
    >>> len(thinned(x, x**2, steps=100)[0]) <= 200
    True
    """
    way = sum((each - each[0]) / (np.ptp(each) or 1.0) for each in (x, y))
    places = np.searchsorted(way, np.arange(1, steps) * (2.0 / steps), side="right") - 1
    kept = np.unique([0, *places, *np.minimum(places + 1, len(x) - 1), len(x) - 1]) if len(x) > 2 * steps else None
    return (x, y) if kept is None else (x[kept], y[kept])
