"""Shares of the variance, one bar for each input, the largest on top."""

from __future__ import annotations

from matplotlib.figure import Figure

from popsim.report.document import ShareBars
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Variant
from popsim.report.figures.rows import row_axes

__all__ = ["draw"]


def draw(shares: ShareBars, variant: Variant) -> Figure:
    """Draw what each input brings alone (dark) before what it brings with others (light), in per cent."""
    figure, axes, middles = row_axes(variant, [bar.label for bar in shares.bars], shares.share_label)
    zeros = [0.0] * len(middles)
    axes.hlines(middles, zeros, [100.0 * bar.with_others for bar in shares.bars], color=canvas.BAND, linewidth=11)
    axes.hlines(middles, zeros, [100.0 * bar.alone for bar in shares.bars], color=canvas.CURVE, linewidth=5.5)
    largest = max(100.0 * max(bar.alone, bar.with_others) for bar in shares.bars)
    axes.set_xlim(0.0, 1.04 * largest if largest > 0.0 else 1.0)
    canvas.amount_ticks(axes, variant)
    return figure
