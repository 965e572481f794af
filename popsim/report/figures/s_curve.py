"""The S-curve: how sure a budget is to suffice."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from popsim.report.document import Curve, Curves
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Row, Variant

__all__ = ["draw"]

_SIDE = "Confidence that the budget is enough"
_STYLES: tuple[dict[str, Any], ...] = (
    {"curve": canvas.CURVE, "band": canvas.BAND, "line": "-"},
    {"curve": canvas.QUIET, "band": canvas.GRID, "line": (0, (7, 2))},
)
"""Colours of the first and the second total; the dashes of the second tell them apart in grey print."""
_LOOKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "markersize": 8, "linestyle": "--", "linewidth": 1.2},
    {"marker": "D", "color": canvas.POINT, "markersize": 7, "linestyle": ":", "linewidth": 1.6},
)


def _key(curves: Curves) -> list[Row]:
    """List what stands in the key: each curve by name where there are several, its interval, its marks."""
    rows: list[Row] = []
    for curve, style in zip(curves.curves, _STYLES, strict=False):
        if len(curves.curves) > 1:
            rows.append(({"color": style["curve"], "linewidth": 2.4, "linestyle": style["line"]}, curve.label))
        rows.append(({"color": style["band"], "linewidth": 9}, curve.interval))
        rows += [
            ({"color": style["curve"], **look}, mark.label) for look, mark in zip(_LOOKS, curve.marks, strict=False)
        ]
    return rows


def _draw_one(axes: Axes, curve: Curve, style: dict[str, Any], left: float) -> None:
    axes.axvspan(curve.low, curve.high, color=style["band"], alpha=0.55, linewidth=0)
    axes.plot(curve.amounts, curve.confidences, color=style["curve"], linewidth=2.4, linestyle=style["line"])
    for look, mark in zip(_LOOKS, curve.marks, strict=False):
        lines = {"color": style["curve"], **look, "marker": ""}
        axes.plot([left, mark.amount, mark.amount], [mark.confidence, mark.confidence, 0.0], **lines)
        spot = {**lines, "marker": look["marker"], "linestyle": "", "markeredgecolor": "white"}
        axes.plot([mark.amount], [mark.confidence], zorder=5, markeredgewidth=1.2, clip_on=False, **spot)


def draw(curves: Curves, variant: Variant) -> Figure:
    """Draw the curves, the intervals behind them, and marks with dropped lines; all words stand in the key above."""
    rows = _key(curves)
    size = variant.size
    left = canvas.text_width("100 %", size) + 10.0
    keys = canvas.key_height(variant, rows)
    top = keys + 2.6 * size
    bottom = canvas.under_height(variant, left, curves.amount_label)
    figure, axes = canvas.plot(variant, left, top, 0.36 * variant.width + 60.0, bottom)
    canvas.key(figure, variant, rows)
    canvas.write(figure, 4.0, keys + 0.8 * size, _SIDE, size)
    canvas.under(figure, variant, left, curves.amount_label)
    amounts = [amount for curve in curves.curves for amount in (*curve.amounts, *(mark.amount for mark in curve.marks))]
    low, high = canvas.span(amounts)
    # The second total lies behind the first.
    for curve, style in reversed(list(zip(curves.curves, _STYLES, strict=False))):
        _draw_one(axes, curve, style, low)
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, 1.0)
    canvas.amount_ticks(axes, variant)
    axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}\u202f%"))
    axes.grid(axis="y", color=canvas.GRID, linewidth=0.8)
    return figure
