"""Ranges under each other, one row for each area, group or option."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from popsim.report.figures import canvas, rows
from popsim.report.figures.canvas import Screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Interval(NamedTuple):
    """A range with its quartiles and its median in the unit of the axis; `point` is the point estimate."""

    label: str
    low: float
    lower_quartile: float
    median: float
    upper_quartile: float
    high: float
    point: float | None = None

    @property
    def extent(self) -> float:
        """How far from zero it reaches, its point estimate too."""
        return max(abs(each) for each in (self.low, self.high, self.point or 0.0))


def intervals(bars: Sequence[Interval], amount_label: str, screen: Screen) -> Figure:
    """Draw ranges under each other; a second panel enlarges those that are short beside the longest."""
    short = [bars[place] for place in rows.small([bar.extent for bar in bars])]
    parts = [(bars, ""), (short, rows.enlarged(len(short)))] if short else [(bars, "")]
    panels = [
        rows.Panel(
            labels=[bar.label for bar in each],
            limits=limits(each),
            draw=partial(draw, bars=each),
            heading=heading,
            label=amount_label if each is parts[-1][0] else "",
        )
        for each, heading in parts
    ]
    return rows.stacked(panels, screen)


def limits(bars: Sequence[Interval]) -> tuple[float, float]:
    """Return limits of an axis of amounts that begins at zero, or below it where a range does."""
    highest = max([bar.high for bar in bars] + [bar.point for bar in bars if bar.point is not None])
    return min(0.0, 1.05 * min(bar.low for bar in bars)), 1.04 * highest if highest > 0 else 1.0


def draw(axes: Axes, middles: Sequence[float], bars: Sequence[Interval]) -> None:
    """Draw on axes: light the range, dark its middle half, white the median, a diamond the point estimate."""
    wide: dict[str, Any] = {"linewidth": rows.THICKNESS}
    axes.hlines(middles, [bar.low for bar in bars], [bar.high for bar in bars], color=canvas.BAND, **wide)
    quartiles = [bar.lower_quartile for bar in bars], [bar.upper_quartile for bar in bars]
    axes.hlines(middles, *quartiles, color=canvas.CURVE, **wide)
    medians = [bar.median for bar in bars]
    for color, width in ((canvas.CURVE, 4.0), (canvas.WHITE, 2.0)):
        axes.plot(
            medians, middles, "|", markersize=rows.THICKNESS - 0.6, color=color, markeredgewidth=width, clip_on=False
        )
    points = [(bar.point, middle) for bar, middle in zip(bars, middles, strict=True) if bar.point is not None]
    if points:
        across, down = zip(*points, strict=True)
        edge: dict[str, Any] = {"markersize": 5.5, "markeredgecolor": canvas.WHITE, "clip_on": False, "zorder": 3}
        axes.plot(across, down, "D", color=canvas.POINT, **edge)
