"""How far each input moves the expected cost: bars about the mean, the widest on top."""

from __future__ import annotations

from matplotlib.figure import Figure

from popsim.report.document import Tornado
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Variant
from popsim.report.figures.rows import row_axes

__all__ = ["draw"]


def draw(tornado: Tornado, variant: Variant) -> Figure:
    """Draw one bar for each input, dark below the mean and light above it, and an upright line at the mean."""
    figure, axes, middles = row_axes(variant, [bar.label for bar in tornado.bars], tornado.amount_label)
    for part, color in ((0, canvas.CURVE), (1, canvas.BAND)):
        ends = [(bar.low, bar.high)[part] for bar in tornado.bars]
        axes.hlines(middles, [tornado.middle] * len(ends), ends, color=color, linewidth=11)
    axes.axvline(tornado.middle, color=canvas.INK, linewidth=1.0)
    axes.set_xlim(*canvas.span([tornado.middle, *(end for bar in tornado.bars for end in (bar.low, bar.high))]))
    axes.spines["left"].set_visible(False)
    canvas.amount_ticks(axes, variant)
    return figure
