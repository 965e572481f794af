"""Ranges of the years as upright bars."""

from __future__ import annotations

from matplotlib.figure import Figure

from popsim.report.document import Bars
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Variant

__all__ = ["draw"]


def draw(bars: Bars, variant: Variant) -> Figure:
    """Draw one bar for each year; where labels would touch, only every second, third ... year is labelled."""
    size = variant.size
    top = max(bar.high for bar in bars.bars)
    left = canvas.tick_width([end for bar in bars.bars for end in (bar.low, bar.high)], size) + 10.0
    label = canvas.wrap(bars.amount_label, variant.width - 8.0, size)
    above = canvas.LINE * size * (label.count("\n") + 1) + 0.8 * size
    figure, axes = canvas.plot(variant, left, above, 0.3 * variant.width + 60.0, 1.2 * size + 10.0)
    canvas.write(figure, 4.0, 0.0, label, size)
    inside = variant.width - left - canvas.right_of(variant)
    step = inside / len(bars.bars)
    thick = min(0.55 * step, 22.0)
    places = range(len(bars.bars))
    ends = [bar.low for bar in bars.bars], [bar.high for bar in bars.bars]
    quarters = [bar.lower_quarter for bar in bars.bars], [bar.upper_quarter for bar in bars.bars]
    reach = 0.5 * thick / step
    sides = [at - reach for at in places], [at + reach for at in places]
    axes.vlines(places, *ends, color=canvas.BAND, linewidth=thick)
    axes.vlines(places, *quarters, color=canvas.CURVE, linewidth=thick)
    for color, width in ((canvas.CURVE, 4.0), ("white", 2.0)):
        axes.hlines([bar.median for bar in bars.bars], *sides, color=color, linewidth=width)
    every = max(1, -(-int(canvas.text_width("0000", size) + 8.0) // max(int(step), 1)))
    shown = list(range(0, len(bars.bars), every))
    axes.set_xticks(shown, [bars.bars[at].label for at in shown])
    axes.set_xlim(-0.5, len(bars.bars) - 0.5)
    axes.set_ylim(min(0.0, *(1.05 * bar.low for bar in bars.bars)), 1.05 * top if top > 0 else 1.0)
    canvas.amount_ticks(axes, variant, "y")
    return figure
