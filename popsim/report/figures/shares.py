"""Which share of the variance each input brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popsim.report.figures import canvas, rows
from popsim.report.figures.canvas import Screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def shares(
    labels: Sequence[str], alone: Sequence[float], with_others: Sequence[float], share_label: str, screen: Screen
) -> Figure:
    """Draw shares of the variance, per cent: what each input brings alone (dark) and with others (light)."""

    def draw(axes: Axes, middles: Sequence[float]) -> None:
        zeros = [0.0] * len(middles)
        axes.hlines(middles, zeros, with_others, color=canvas.BAND, linewidth=rows.THICKNESS)
        axes.hlines(middles, zeros, alone, color=canvas.CURVE, linewidth=0.5 * rows.THICKNESS)

    largest = max(*alone, *with_others)
    limits = (0.0, 1.04 * largest if largest > 0.0 else 1.0)
    return rows.stacked([rows.Panel(labels, limits, draw, label=share_label)], screen)
