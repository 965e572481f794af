"""Figures of bars: ranges by area, year and option, swings about a mean, shares of the variance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from popsim.report.figures import canvas
from popsim.report.figures.canvas import Screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAP = 16.0
"""Points between two panels."""


class Interval(NamedTuple):
    """A range with its quartiles and its median in the unit of the axis; `point` is the point estimate."""

    label: str
    low: float
    lower_quartile: float
    median: float
    upper_quartile: float
    high: float
    point: float | None = None


def intervals(bars: Sequence[Interval], amount_label: str, screen: Screen) -> Figure:
    """Draw ranges under each other, one row for each: light the range, dark its middle half, white the median."""
    figure, axes, middles = _row_axes(screen, [bar.label for bar in bars], amount_label)
    _draw_intervals(axes, bars, middles)
    highest = max([bar.high for bar in bars] + [bar.point for bar in bars if bar.point is not None])
    axes.set_xlim(min(0.0, 1.05 * min(bar.low for bar in bars)), 1.04 * highest if highest > 0 else 1.0)
    canvas.amount_ticks(axes, screen)
    return figure


def difference(
    bars: Sequence[Interval], differences: Sequence[Interval], amount_label: str, difference_label: str, screen: Screen
) -> Figure:
    """Draw two panels: ranges of all options, and ranges of the differences to the first about 0."""
    both, labels = (bars, differences), (amount_label, difference_label)
    rows = [_Rows(screen, [bar.label for bar in each]) for each in both]
    headings = [canvas.wrap(label, screen.width - 8.0, screen.size) for label in labels]
    tops = [canvas.text_height(heading, screen.size) + 6.0 for heading in headings]
    left, ticks = rows[0].room + 12.0 if rows[0].beside else 4.0, canvas.LINE * screen.size + 8.0
    figure = canvas.blank(screen, sum(tops) + sum(each.height + ticks for each in rows) + _GAP)
    start = 0.0
    for each, heading, top, lines in zip(both, headings, tops, rows, strict=True):
        axes = canvas.panel(figure, screen, left, start + top, lines.height)
        canvas.write(figure, 4.0, start, heading, screen.size)
        _draw_intervals(axes, each, lines.write(figure, axes, start + top))
        axes.set_xlim(*_limits_about_zero(each))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        canvas.amount_ticks(axes, screen)
        start += top + lines.height + ticks + _GAP
    axes.axvline(0.0, color=canvas.INK, linewidth=1.0)
    return figure


def years(bars: Sequence[Interval], amount_label: str, screen: Screen) -> Figure:
    """Draw an upright bar for each year; where labels would touch, only every second, third ... year is labelled."""
    size = screen.size
    left = canvas.tick_width([end for bar in bars for end in (bar.low, bar.high)], size) + 10.0
    label = canvas.wrap(amount_label, screen.width - 8.0, size)
    above = canvas.text_height(label, size) + 0.8 * size
    figure, axes = canvas.plot(screen, left, above, 0.3 * screen.width + 60.0, 1.2 * size + 10.0)
    canvas.write(figure, 4.0, 0.0, label, size)
    step = (screen.width - left - canvas.right_margin(screen)) / len(bars)
    width = min(0.55 * step, 22.0)
    places, reach = range(len(bars)), 0.5 * width / step
    axes.vlines(places, [bar.low for bar in bars], [bar.high for bar in bars], color=canvas.BAND, linewidth=width)
    quartiles = [bar.lower_quartile for bar in bars], [bar.upper_quartile for bar in bars]
    axes.vlines(places, *quartiles, color=canvas.CURVE, linewidth=width)
    sides = [at - reach for at in places], [at + reach for at in places]
    for color, thickness in ((canvas.CURVE, 4.0), ("white", 2.0)):
        axes.hlines([bar.median for bar in bars], *sides, color=color, linewidth=thickness)
    every = max(1, -(-int(canvas.text_width("0000", size) + 8.0) // max(int(step), 1)))
    axes.set_xticks(places[::every], [bar.label for bar in bars[::every]])
    axes.set_xlim(-0.5, len(bars) - 0.5)
    top = max(bar.high for bar in bars)
    axes.set_ylim(min(0.0, *(1.05 * bar.low for bar in bars)), 1.05 * top if top > 0 else 1.0)
    canvas.amount_ticks(axes, screen, "y")
    return figure


def tornado(
    labels: Sequence[str],
    lows: Sequence[float],
    highs: Sequence[float],
    mean: float,
    amount_label: str,
    screen: Screen,
) -> Figure:
    """Draw between which amounts each input moves the mean: dark below the mean, light above it."""
    figure, axes, middles = _row_axes(screen, labels, amount_label)
    for ends, color in ((lows, canvas.CURVE), (highs, canvas.BAND)):
        axes.hlines(middles, [mean] * len(ends), ends, color=color, linewidth=11)
    axes.axvline(mean, color=canvas.INK, linewidth=1.0)
    axes.set_xlim(*canvas.span([mean, *lows, *highs]))
    axes.spines["left"].set_visible(False)
    canvas.amount_ticks(axes, screen)
    return figure


def shares(
    labels: Sequence[str], alone: Sequence[float], with_others: Sequence[float], share_label: str, screen: Screen
) -> Figure:
    """Draw shares of the variance, per cent: what each input brings alone (dark) and with others (light)."""
    figure, axes, middles = _row_axes(screen, labels, share_label)
    zeros = [0.0] * len(middles)
    axes.hlines(middles, zeros, with_others, color=canvas.BAND, linewidth=11)
    axes.hlines(middles, zeros, alone, color=canvas.CURVE, linewidth=5.5)
    largest = max(*alone, *with_others)
    axes.set_xlim(0.0, 1.04 * largest if largest > 0.0 else 1.0)
    canvas.amount_ticks(axes, screen)
    return figure


class _Rows:
    """Rows with a name each: at the left of the bar where there is room, above it on a phone."""

    def __init__(self, screen: Screen, labels: Sequence[str]) -> None:
        self.size = screen.size
        self.beside = screen is not canvas.NARROW
        self.room = 0.34 * screen.width if self.beside else screen.width - 8.0
        self.names = [canvas.wrap(label, self.room, self.size) for label in labels]
        self.name_heights = [canvas.text_height(name, self.size) for name in self.names]
        self.heights = [max(height + 8.0, 26.0) if self.beside else height + 26.0 for height in self.name_heights]
        self.height = sum(self.heights)

    def write(self, figure: Figure, axes: Axes, top: float) -> list[float]:
        """Write the names and return where the middle of each bar is on the axes, whose upper edge is at `top`."""
        axes.set_ylim(self.height, 0.0)
        start, middles = 0.0, []
        for name, height, name_height in zip(self.names, self.heights, self.name_heights, strict=True):
            middle = start + height / 2 if self.beside else start + height - 10.0
            if self.beside:
                canvas.write(figure, self.room + 4.0, top + middle - 0.5 * name_height, name, self.size, ha="right")
            else:
                canvas.write(figure, 4.0, top + middle - name_height - 8.0, name, self.size)
            middles.append(middle)
            start += height
        return middles


def _row_axes(screen: Screen, labels: Sequence[str], axis_label: str) -> tuple[Figure, Axes, list[float]]:
    """Return a figure with a row for each label, its axes, and where the middle of each row is."""
    rows = _Rows(screen, labels)
    # On a phone the first tick label may stand half outside of the axes.
    left = rows.room + 12.0 if rows.beside else canvas.right_margin(screen)
    figure, axes = canvas.plot(screen, left, 2.0, rows.height, canvas.label_height(screen, left, axis_label))
    canvas.write_label(figure, screen, left, axis_label)
    middles = rows.write(figure, axes, 2.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(rows.beside)
    return figure, axes, middles


def _draw_intervals(axes: Axes, bars: Sequence[Interval], middles: Sequence[float]) -> None:
    axes.hlines(middles, [bar.low for bar in bars], [bar.high for bar in bars], color=canvas.BAND, linewidth=11)
    quartiles = [bar.lower_quartile for bar in bars], [bar.upper_quartile for bar in bars]
    axes.hlines(middles, *quartiles, color=canvas.CURVE, linewidth=11)
    ends = [middle - 5.5 for middle in middles], [middle + 5.5 for middle in middles]
    for color, width in ((canvas.CURVE, 4.0), ("white", 2.0)):
        axes.vlines([bar.median for bar in bars], *ends, color=color, linewidth=width)
    points = [(bar.point, middle) for bar, middle in zip(bars, middles, strict=True) if bar.point is not None]
    if points:
        across, down = zip(*points, strict=True)
        look: dict[str, Any] = {"color": canvas.POINT, "markersize": 5.5, "markeredgecolor": "white", "clip_on": False}
        axes.plot(across, down, "D", linestyle="", **look)


def _limits_about_zero(bars: Sequence[Interval]) -> tuple[float, float]:
    """Return limits of an axis that has 0 on it, with some room beyond the bars."""
    low, high = min(0.0, *(bar.low for bar in bars)), max(0.0, *(bar.high for bar in bars))
    room = 0.04 * (high - low) or 1.0
    return (low - room if low < 0.0 else -0.25 * room), high + room
