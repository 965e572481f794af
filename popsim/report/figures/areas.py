"""Ranges of the areas as horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popsim.report.document import Bars, RangeBar
from popsim.report.figures import canvas
from popsim.report.figures.canvas import WIDE, Variant

__all__ = ["draw", "draw_bars"]


def draw(bars: Bars, variant: Variant) -> Figure:
    """Draw one bar for each area: names at the left where there is room, above the bars on a phone."""
    size = variant.size
    aside = variant is WIDE
    room = 0.34 * variant.width if aside else variant.width - 8.0
    names = [canvas.wrap(bar.label, room, size) for bar in bars.bars]
    words = [canvas.LINE * size * (name.count("\n") + 1) for name in names]
    tall = [max(height + 8.0, 26.0) if aside else height + 26.0 for height in words]
    left = room + 12.0 if aside else 4.0
    bottom = canvas.under_height(variant, left, bars.amount_label)
    figure, axes = canvas.plot(variant, left, 2.0, sum(tall), bottom)
    canvas.under(figure, variant, left, bars.amount_label)
    axes.set_ylim(sum(tall), 0.0)
    start, middles = 0.0, []
    for name, height, lines in zip(names, tall, words, strict=True):
        middle = start + height / 2 if aside else start + height - 10.0
        if aside:
            canvas.write(figure, room + 4.0, 2.0 + middle - 0.5 * lines, name, size, ha="right")
        else:
            canvas.write(figure, 4.0, 2.0 + middle - lines - 8.0, name, size)
        middles.append(middle)
        start += height
    draw_bars(axes, bars.bars, middles)
    axes.set_xlim(*_limits(bars))
    axes.set_yticks([])
    axes.spines["left"].set_visible(aside)
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
