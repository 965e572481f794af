"""Parts of a total and the total, two at a time: where scenarios lie, and how they are correlated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from popsim.arrays import Floats
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Screen
from popsim.report.numbers import tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LARGEST = 112.0
"""Side of a cell in points, at most."""


def pairs(
    names: Sequence[str], histograms: Floats, regions: Floats, correlations: Sequence[Sequence[str]], screen: Screen
) -> Figure:
    """Draw a matrix of cells: below the diagonal regions, on it histograms, above it correlations; the key on top.

    Parameters
    ----------
    names
        Members of the matrix, for the key.
    histograms
        Shares of the scenarios in cells of equal width, of shape (member, cell).
    regions
        Shares of the scenarios in cells of two members, of shape (member, member, cell of one, cell of the other).
    correlations
        Texts above the diagonal, by member and member.
    screen
        For which the figure is.
    """
    size, count = screen.size, len(names)
    side = min((screen.width - 8.0) / count, _LARGEST)
    texts = [canvas.wrap(name, screen.width - 32.0, size) for name in names]
    heights = [canvas.text_height(text, size) + 3.0 for text in texts]
    top = sum(heights) + 6.0
    total = top + count * side + 4.0
    figure = canvas.blank(screen, total)
    y = 0.0
    for number, (text, height) in enumerate(zip(texts, heights, strict=True), 1):
        canvas.write(figure, 4.0, y, tick(number), size)
        canvas.write(figure, 24.0, y, text, size)
        y += height
    width = count * side
    axes = figure.add_axes((4.0 / screen.width, 1.0 - (top + width) / total, width / screen.width, width / total))
    axes.set_axis_off()
    draw(axes, histograms, regions, correlations, size)
    return figure


def draw(
    axes: Axes, histograms: Floats, regions: Floats, correlations: Sequence[Sequence[str]], size: float = 10.0
) -> None:
    """Draw all cells on one pair of axes, a unit each, rows downwards: axes for each would take far longer."""
    count = len(histograms)
    axes.patch.set_visible(False)
    axes.set(xlim=(0.0, count), ylim=(count, 0.0))
    edges = np.arange(count + 1)
    axes.hlines(edges, 0.0, count, color=canvas.GRID, linewidth=0.8, clip_on=False)
    axes.vlines(edges, 0.0, count, color=canvas.GRID, linewidth=0.8, clip_on=False)
    for row, column in np.ndindex(count, count):
        if row == column:
            _histogram(axes, row, histograms[row])
            axes.text(row + 0.04, row + 0.03, tick(row + 1), size=size, va="top")
        elif row > column:
            _regions(axes, row, column, regions[row][column])
        else:
            axes.text(column + 0.5, row + 0.5, correlations[row][column], size=size, ha="center", va="center")


def _histogram(axes: Axes, place: int, shares: Floats) -> None:
    """Draw bars that leave room for the number of the cell."""
    heights = shares / (1.35 * shares.max() or 1.0)
    edges = place + np.arange(len(shares) + 1) / len(shares)
    axes.stairs(place + 1.0 - heights, edges, baseline=place + 1.0, fill=True, color=canvas.BAND, linewidth=0)


def _regions(axes: Axes, row: int, column: int, shares: Floats) -> None:
    """Draw the densest regions with 90 and 50 of 100 scenarios; the second index goes to the right."""
    levels = [level for level in (_level(shares, 0.9), _level(shares, 0.5)) if level > 0.0]
    # A border of nothing closes regions that reach the edge of their cell.
    padded = np.pad(shares, 1)
    steps = np.clip((np.arange(-1, len(shares) + 1) + 0.5) / len(shares), 0.0, 1.0)
    place = (column + steps, row + 1.0 - steps)
    if levels and levels[-1] > levels[0]:
        axes.contourf(*place, padded, [*levels, 2.0 * shares.max()], colors=[canvas.BAND, canvas.CURVE])
    elif levels:
        axes.contourf(*place, padded, [levels[0], 2.0 * shares.max()], colors=[canvas.BAND])


def _level(shares: Floats, probability: float) -> float:
    """Return the share of a cell above which cells have this probability together; 0 where all of them have less."""
    falling = np.sort(shares, axis=None)[::-1]
    place = int(np.searchsorted(np.cumsum(falling), probability))
    return float(falling[place]) if place < len(falling) else 0.0
