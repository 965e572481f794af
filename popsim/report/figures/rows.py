"""Horizontal bars with their names: at the left where there is room, above the bars on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popsim.report.figures import canvas
from popsim.report.figures.canvas import WIDE, Variant

__all__ = ["row_axes"]


def row_axes(variant: Variant, labels: Sequence[str], axis_label: str) -> tuple[Figure, Axes, list[float]]:
    """Make a figure with a row for each label; give it with its axes and the height of the middle of each row."""
    size = variant.size
    aside = variant is WIDE
    room = 0.34 * variant.width if aside else variant.width - 8.0
    names = [canvas.wrap(label, room, size) for label in labels]
    words = [canvas.LINE * size * (name.count("\n") + 1) for name in names]
    tall = [max(height + 8.0, 26.0) if aside else height + 26.0 for height in words]
    # On a phone the first tick label may stand half outside of the axes.
    left = room + 12.0 if aside else canvas.right_of(variant)
    figure, axes = canvas.plot(variant, left, 2.0, sum(tall), canvas.under_height(variant, left, axis_label))
    canvas.under(figure, variant, left, axis_label)
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
    axes.set_yticks([])
    axes.spines["left"].set_visible(aside)
    return figure, axes, middles
