"""An upright bar for each year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popsim.report.figures import canvas, rows
from popsim.report.figures.canvas import Screen
from popsim.report.figures.intervals import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDEST = 22.0
"""Of a bar, in points."""
_GAP = 16.0


def years(bars: Sequence[Interval], amount_label: str, screen: Screen) -> Figure:
    """Draw a bar for each year; where labels would touch, only every second, third ... year is labelled.

    A second panel enlarges the years that are low beside the highest, where they are most of the years.
    """
    size = screen.size
    left = canvas.tick_width([end for bar in bars for end in (bar.low, bar.high)], size) + 10.0
    short = set(rows.small([bar.extent for bar in bars]))
    parts = [(bars, amount_label)]
    if short:
        parts.append(([bar for place, bar in enumerate(bars) if place in short], rows.enlarged(len(short))))
    headings = [canvas.wrap(heading, screen.width - 8.0, size) for _, heading in parts]
    above = [canvas.text_height(heading, size) + 0.8 * size for heading in headings]
    height, below = 0.3 * screen.width + 60.0, 1.2 * size + 10.0
    total = sum(above) + len(parts) * (height + below) + _GAP * (len(parts) - 1)
    figure = canvas.blank(screen, total)
    start = 0.0
    for (each, _), heading, top in zip(parts, headings, above, strict=True):
        canvas.write(figure, 4.0, start, heading, size)
        axes = canvas.panel(figure, screen, left, start + top, height)
        step = (screen.width - left - canvas.right_margin(screen)) / len(each)
        axes.set(xlim=(-0.5, len(each) - 0.5), ylim=limits(each))
        draw(axes, each, min(0.55 * step, _WIDEST))
        every = max(1, -(-int(canvas.text_width("0000", size) + 8.0) // max(int(step), 1)))
        canvas.ticks(axes, screen, "x", range(len(each))[::every], [bar.label for bar in each[::every]], grid=False)
        canvas.amount_ticks(axes, screen, "y")
        start += top + height + below + _GAP
    return figure


def limits(bars: Sequence[Interval]) -> tuple[float, float]:
    """Return limits of the axis of amounts, which begins at zero, or below it where a range does."""
    top = max(bar.high for bar in bars)
    return min(0.0, *(1.05 * bar.low for bar in bars)), 1.05 * top if top > 0 else 1.0


def draw(axes: Axes, bars: Sequence[Interval], width: float) -> None:
    """Draw on axes, the first bar at 0: light the range, dark its middle half, white the median; width in points."""
    places = range(len(bars))
    axes.vlines(places, [bar.low for bar in bars], [bar.high for bar in bars], color=canvas.BAND, linewidth=width)
    quartiles = [bar.lower_quartile for bar in bars], [bar.upper_quartile for bar in bars]
    axes.vlines(places, *quartiles, color=canvas.CURVE, linewidth=width)
    medians = [bar.median for bar in bars]
    for color, thickness in ((canvas.CURVE, 4.0), (canvas.WHITE, 2.0)):
        axes.plot(places, medians, "_", markersize=width, color=color, markeredgewidth=thickness, clip_on=False)


def draw_fan(axes: Axes, bars: Sequence[Interval], years: Sequence[float]) -> None:
    """Draw on axes, whose lower one is years: light bands the ranges, dark their middle halves, a line the medians."""
    bands = {canvas.BAND: ("low", "high"), canvas.CURVE: ("lower_quartile", "upper_quartile")}
    for color, (low, high) in bands.items():
        below, above = ([getattr(bar, end) for bar in bars] for end in (low, high))
        axes.fill_between(years, below, above, color=color, linewidth=0)
    medians = [bar.median for bar in bars]
    axes.plot(years, medians, color=canvas.WHITE, linewidth=2.0, marker="o", markersize=4.0)
    axes.set_ylim(limits(bars))
