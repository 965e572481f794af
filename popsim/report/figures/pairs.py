"""Parts of a total and the total, two at a time: where scenarios lie, and how they hang together."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from popsim.report.document import PairGrid
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Variant

__all__ = ["draw"]

_LARGEST = 112.0
"""Side of a cell in points, at most."""


def draw(grid: PairGrid, variant: Variant) -> Figure:
    """Draw a matrix of cells: below the diagonal regions, on it histograms, above it correlations; the key on top."""
    size, count = variant.size, len(grid.names)
    side = min((variant.width - 8.0) / count, _LARGEST)
    texts = [canvas.wrap(name, variant.width - 32.0, size) for name in grid.names]
    heights = [canvas.LINE * size * (text.count("\n") + 1) + 3.0 for text in texts]
    top = sum(heights) + 6.0
    total = top + count * side + 4.0
    figure = Figure(figsize=(variant.width / 72.0, total / 72.0), dpi=72)
    FigureCanvasSVG(figure)
    figure.patch.set_visible(False)
    y = 0.0
    for number, (text, height) in enumerate(zip(texts, heights, strict=True), 1):
        canvas.write(figure, 4.0, y, str(number), size)
        canvas.write(figure, 24.0, y, text, size)
        y += height
    axes = _cells(figure, variant, total, top, side, count)
    for row, column in np.ndindex(count, count):
        left, upper = 4.0 + column * side, top + row * side
        if row == column:
            _histogram(axes, row, grid.histograms[row])
            canvas.write(figure, left + 4.0, upper + 2.0, str(row + 1), size)
        elif row > column:
            _regions(axes, row, column, grid.regions[row][column])
        else:
            middle = left + side / 2.0
            canvas.write(
                figure, middle, upper + side / 2.0 - 0.7 * size, grid.correlations[row][column], size, "center"
            )
    return figure


def _cells(figure: Figure, variant: Variant, total: float, top: float, side: float, count: int) -> Any:
    """Lay out all cells on one pair of axes, a unit each, rows downwards: axes of their own would take far longer."""
    width = count * side
    axes = figure.add_axes((4.0 / variant.width, 1.0 - (top + width) / total, width / variant.width, width / total))
    axes.patch.set_visible(False)
    axes.set_xlim(0.0, count)
    axes.set_ylim(count, 0.0)
    axes.set_xticks([])
    axes.set_yticks([])
    edges = np.arange(count + 1)
    axes.hlines(edges, 0.0, count, color=canvas.GRID, linewidth=0.8, clip_on=False)
    axes.vlines(edges, 0.0, count, color=canvas.GRID, linewidth=0.8, clip_on=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _histogram(axes: Any, place: int, shares: tuple[float, ...]) -> None:
    """Draw bars that leave room for the number of the cell."""
    heights = np.array(shares) / (1.35 * max(shares) or 1.0)
    edges = place + np.arange(len(shares) + 1) / len(shares)
    axes.stairs(place + 1.0 - heights, edges, baseline=place + 1.0, fill=True, color=canvas.BAND, linewidth=0)


def _regions(axes: Any, row: int, column: int, shares: tuple[tuple[float, ...], ...]) -> None:
    """Draw the densest regions that hold 90 and 50 of 100 scenarios; the second index goes to the right."""
    found = np.array(shares)
    levels = [level for level in (_level(found, 0.9), _level(found, 0.5)) if level > 0.0]
    # A border of nothing closes regions that reach the edge of their cell.
    padded = np.pad(found, 1)
    steps = np.clip((np.arange(-1, len(found) + 1) + 0.5) / len(found), 0.0, 1.0)
    place = (column + steps, row + 1.0 - steps)
    if levels and levels[-1] > levels[0]:
        axes.contourf(*place, padded, [*levels, 2.0 * found.max()], colors=[canvas.BAND, canvas.CURVE])
    elif levels:
        axes.contourf(*place, padded, [levels[0], 2.0 * found.max()], colors=[canvas.BAND])


def _level(shares: Any, held: float) -> float:
    """Give the share of a cell above which cells hold so much together; 0 where all of them hold less."""
    falling = np.sort(shares, axis=None)[::-1]
    place = int(np.searchsorted(np.cumsum(falling), held))
    return float(falling[place]) if place < len(falling) else 0.0
