"""Rows under each other, each with a name: what figures of areas, groups, options and inputs have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from popsim.report.figures import canvas
from popsim.report.figures.canvas import Screen
from popsim.report.language import ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THICKNESS = 11.0
"""Of a bar, in points."""
_GAP = 16.0
"""Points between two panels."""


@dataclass(frozen=True)
class Panel:
    """Rows on one axis.

    `draw` takes the axes and where the middle of each row is; `heading` stands above the panel, `label` under its axis.
    """

    labels: Sequence[str]
    limits: tuple[float, float]
    draw: Callable[[Axes, Sequence[float]], None]
    heading: str = ""
    label: str = ""
    has_side: bool = True


def stacked(panels: Sequence[Panel], screen: Screen) -> Figure:
    """Return a figure of panels under each other, whose rows begin at one place."""
    size, rows = screen.size, [_Rows(screen, each.labels) for each in panels]
    # On a phone the first tick label may stand half outside of the axes.
    left = rows[0].room + 12.0 if rows[0].beside else canvas.right_margin(screen)
    headings = [canvas.wrap(each.heading, screen.width - 8.0, size) if each.heading else "" for each in panels]
    tops = [canvas.text_height(heading, size) + 6.0 if heading else 2.0 for heading in headings]
    bottoms = [
        canvas.label_height(screen, left, each.label) if each.label else canvas.LINE * size + 8.0 for each in panels
    ]
    heights = [top + each.height + bottom for top, each, bottom in zip(tops, rows, bottoms, strict=True)]
    figure = canvas.blank(screen, sum(heights) + _GAP * (len(panels) - 1))
    start = 0.0
    for each, lines, heading, top, height in zip(panels, rows, headings, tops, heights, strict=True):
        has_side = each.has_side and lines.beside
        axes = canvas.panel(figure, screen, left, start + top, lines.height, has_side=has_side)
        if heading:
            canvas.write(figure, 4.0, start, heading, size)
        middles = lines.write(figure, axes, start + top)
        axes.set_xlim(*each.limits)
        each.draw(axes, middles)
        canvas.amount_ticks(axes, screen)
        if each.label:
            canvas.write_label(figure, screen, left, each.label, start + height)
        start += height + _GAP
    return figure


def small(extents: Sequence[float], share: float = 0.2) -> list[int]:
    """Return which rows are too short to be read beside the longest, where they are half of the rows or more.

    Parameters
    ----------
    extents
        How long each row is.
    share
        Rows below this share of the longest are short.

    Examples
    --------
    >>> small([100.0, 3.0, 2.0]), small([100.0, 60.0, 2.0]), small([100.0, 0.0, 0.0])
    ([1, 2], [], [])
    """
    short = [place for place, extent in enumerate(extents) if 0.0 < extent < share * max(extents)]
    return short if len(short) >= max(2.0, 0.5 * len(extents)) else []


def enlarged(count: int) -> str:
    """Return the heading of a panel that shows the smaller rows again."""
    return ngettext(
        "Enlarged, on an axis of its own: the smallest one",
        "Enlarged, on an axis of their own: the %(num)s smallest",
        count,
    )


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
