"""Ranges of the options on one axis, and under them their differences to the baseline."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popsim.report.document import OptionBars, RangeBar
from popsim.report.figures import canvas
from popsim.report.figures.areas import draw_bars
from popsim.report.figures.canvas import WIDE, Variant

__all__ = ["draw"]

_GAP = 16.0
"""Points between the two panels."""


def draw(options: OptionBars, variant: Variant) -> Figure:
    """Draw two panels: costs, whose axis begins at 0 unless that would hide the ranges, and differences about 0."""
    panels = [
        _Panel(variant, options.costs, options.cost_label),
        _Panel(variant, options.differences, options.difference_label),
    ]
    first, second = panels
    below = _GAP + second.heading_height + second.height + second.axis_height
    figure, axes = canvas.plot(variant, first.left, first.heading_height, first.height, first.axis_height + below)
    first.fill(figure, axes, 0.0)
    start = first.heading_height + first.height + first.axis_height + _GAP
    lower = canvas.panel(figure, variant, second.left, start + second.heading_height, second.height)
    second.fill(figure, lower, start)
    lower.axvline(0.0, color=canvas.INK, linewidth=1.0)
    return figure


class _Panel:
    """One row for each bar under a heading: names at the left where there is room, above the bars on a phone."""

    def __init__(self, variant: Variant, bars: Sequence[RangeBar], heading: str) -> None:
        size = variant.size
        self.variant, self.bars = variant, bars
        self.aside = variant is WIDE
        self.room = 0.34 * variant.width if self.aside else variant.width - 8.0
        self.names = [canvas.wrap(bar.label, self.room, size) for bar in bars]
        self.words = [canvas.LINE * size * (name.count("\n") + 1) for name in self.names]
        self.tall = [max(height + 8.0, 26.0) if self.aside else height + 26.0 for height in self.words]
        self.left = self.room + 12.0 if self.aside else 4.0
        self.heading = canvas.wrap(heading, variant.width - 8.0, size)
        self.heading_height = canvas.LINE * size * (self.heading.count("\n") + 1) + 6.0
        self.height = sum(self.tall)
        self.axis_height = canvas.LINE * size + 8.0

    def fill(self, figure: Figure, axes: Axes, start: float) -> None:
        """Write heading and names, and draw the bars; `start` is the top of the panel in points."""
        size = self.variant.size
        canvas.write(figure, 4.0, start, self.heading, size)
        top = start + self.heading_height
        axes.set_ylim(self.height, 0.0)
        down, middles = 0.0, []
        for name, height, lines in zip(self.names, self.tall, self.words, strict=True):
            middle = down + height / 2 if self.aside else down + height - 10.0
            if self.aside:
                canvas.write(figure, self.room + 4.0, top + middle - 0.5 * lines, name, size, ha="right")
            else:
                canvas.write(figure, 4.0, top + middle - lines - 8.0, name, size)
            middles.append(middle)
            down += height
        draw_bars(axes, self.bars, middles)
        axes.set_xlim(*_limits(self.bars))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        canvas.amount_ticks(axes, self.variant)


def _limits(bars: Sequence[RangeBar]) -> tuple[float, float]:
    """Limits of the axis: 0 is always on it, with some room beyond the bars."""
    low, high = min(0.0, *(bar.low for bar in bars)), max(0.0, *(bar.high for bar in bars))
    room = 0.04 * (high - low) or 1.0
    return (low - room if low < 0.0 else -0.25 * room), high + room
