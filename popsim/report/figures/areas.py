"""Ranges of the areas as horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popsim.report.document import Bars, RangeBar
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Variant
from popsim.report.figures.rows import row_axes

__all__ = ["draw", "draw_bars"]


def draw(bars: Bars, variant: Variant) -> Figure:
    """Draw one bar for each area: names at the left where there is room, above the bars on a phone."""
    figure, axes, middles = row_axes(variant, [bar.label for bar in bars.bars], bars.amount_label)
    draw_bars(axes, bars.bars, middles)
    axes.set_xlim(*_limits(bars))
    canvas.amount_ticks(axes, variant)
    return figure


def draw_bars(axes: Axes, bars: Sequence[RangeBar], middles: Sequence[float]) -> None:
    """Draw range, middle half, median and point of each bar at its height."""
    axes.hlines(middles, [bar.low for bar in bars], [bar.high for bar in bars], color=canvas.BAND, linewidth=11)
    quarters = [bar.lower_quarter for bar in bars], [bar.upper_quarter for bar in bars]
    axes.hlines(middles, *quarters, color=canvas.CURVE, linewidth=11)
    ends = [middle - 5.5 for middle in middles], [middle + 5.5 for middle in middles]
    for color, width in ((canvas.CURVE, 4.0), ("white", 2.0)):
        axes.vlines([bar.median for bar in bars], *ends, color=color, linewidth=width)
    points = [(bar.point, middle) for bar, middle in zip(bars, middles, strict=True) if bar.point is not None]
    if points:
        across, down = zip(*points, strict=True)
        look: dict[str, Any] = {"color": canvas.POINT, "markersize": 5.5, "markeredgecolor": "white", "clip_on": False}
        axes.plot(across, down, "D", linestyle="", **look)


def _limits(bars: Bars) -> tuple[float, float]:
    ends = [bar.high for bar in bars.bars] + [bar.point for bar in bars.bars if bar.point is not None]
    lowest = min(bar.low for bar in bars.bars)
    return min(0.0, 1.05 * lowest), 1.04 * max(ends) if max(ends) > 0 else 1.0
