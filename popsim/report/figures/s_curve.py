"""The S-curve: how sure a budget is to suffice."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from popsim.report.document import Curve
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Row, Variant

__all__ = ["draw"]

_SIDE = "Confidence that the budget is enough"
_LOOKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "color": canvas.CURVE, "markersize": 8, "linestyle": "--", "linewidth": 1.2},
    {"marker": "D", "color": canvas.POINT, "markersize": 7, "linestyle": ":", "linewidth": 1.6},
)


def draw(curve: Curve, variant: Variant) -> Figure:
    """Draw the curve, the interval behind it, and its marks with dropped lines; all words stand in the key above."""
    rows: list[Row] = [({"color": canvas.BAND, "linewidth": 9}, curve.interval)]
    rows += [(dict(look), mark.label) for look, mark in zip(_LOOKS, curve.marks, strict=False)]
    size = variant.size
    left = canvas.text_width("100 %", size) + 10.0
    keys = canvas.key_height(variant, rows)
    top = keys + 2.6 * size
    bottom = canvas.under_height(variant, left, curve.amount_label)
    figure, axes = canvas.plot(variant, left, top, 0.36 * variant.width + 60.0, bottom)
    canvas.key(figure, variant, rows)
    canvas.write(figure, 4.0, keys + 0.8 * size, _SIDE, size)
    canvas.under(figure, variant, left, curve.amount_label)
    low, high = canvas.span([*curve.amounts, *(mark.amount for mark in curve.marks)])
    axes.axvspan(curve.low, curve.high, color=canvas.BAND, alpha=0.55, linewidth=0)
    axes.plot(curve.amounts, curve.confidences, color=canvas.CURVE, linewidth=2.4)
    for look, mark in zip(_LOOKS, curve.marks, strict=False):
        lines = {**look, "marker": ""}
        axes.plot([low, mark.amount, mark.amount], [mark.confidence, mark.confidence, 0.0], **lines)
        spot = {**look, "linestyle": "", "markeredgecolor": "white", "markeredgewidth": 1.2, "clip_on": False}
        axes.plot([mark.amount], [mark.confidence], zorder=5, **spot)
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, 1.0)
    canvas.amount_ticks(axes, variant)
    axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}\u202f%"))
    axes.grid(axis="y", color=canvas.GRID, linewidth=0.8)
    return figure
