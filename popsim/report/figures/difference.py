"""Options side by side: what each comes to, and what it comes to more or less than the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popsim.report.figures import canvas, rows
from popsim.report.figures.canvas import Screen
from popsim.report.figures.intervals import Interval
from popsim.report.figures.intervals import draw as draw_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def difference(
    bars: Sequence[Interval], differences: Sequence[Interval], amount_label: str, difference_label: str, screen: Screen
) -> Figure:
    """Draw two panels: ranges of all options, and ranges of the differences to the first about 0."""
    short = [differences[place] for place in rows.small([bar.extent for bar in differences])]
    parts = [(bars, amount_label), (differences, difference_label)]
    if short:
        parts.append((short, rows.enlarged(len(short))))
    panels = [_panel(each, heading, is_difference=each is not bars) for each, heading in parts]
    return rows.stacked(panels, screen)


def _panel(bars: Sequence[Interval], heading: str, *, is_difference: bool) -> rows.Panel:
    def draw(axes: Axes, middles: Sequence[float]) -> None:
        draw_intervals(axes, middles, bars)
        if is_difference:
            axes.axvline(0.0, color=canvas.INK, linewidth=1.0)

    labels = [bar.label for bar in bars]
    return rows.Panel(labels, limits_about_zero(bars), draw, heading=heading, has_side=False)


def limits_about_zero(bars: Sequence[Interval]) -> tuple[float, float]:
    """Return limits of an axis that has 0 on it, with some room beyond the bars."""
    low, high = min(0.0, *(bar.low for bar in bars)), max(0.0, *(bar.high for bar in bars))
    room = 0.04 * (high - low) or 1.0
    return (low - room if low < 0.0 else -0.25 * room), high + room
