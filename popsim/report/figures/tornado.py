"""How far each input moves the mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from popsim.report.figures import canvas, rows
from popsim.report.figures.canvas import Screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_SHORT = 0.1
"""A swing below this share of the largest is hard to read beside it."""


class Swing(NamedTuple):
    """Between which amounts an input moves the mean, in the unit of the axis."""

    label: str
    low: float
    high: float


def tornado(
    labels: Sequence[str],
    lows: Sequence[float],
    highs: Sequence[float],
    mean: float,
    amount_label: str,
    screen: Screen,
) -> Figure:
    """Draw between which amounts each input moves the mean; a second panel enlarges those that move it little."""
    swings = [Swing(*each) for each in zip(labels, lows, highs, strict=True)]
    places = rows.small([max(abs(swing.low - mean), abs(swing.high - mean)) for swing in swings], _SHORT)
    short = [swings[place] for place in places]
    parts = [(swings, ""), (short, rows.enlarged(len(short)))] if short else [(swings, "")]
    panels = [
        rows.Panel(
            labels=[swing.label for swing in each],
            limits=limits(each, mean),
            draw=partial(draw, swings=each, mean=mean),
            heading=heading,
            label=amount_label if each is parts[-1][0] else "",
            has_side=False,
        )
        for each, heading in parts
    ]
    return rows.stacked(panels, screen)


def limits(swings: Sequence[Swing], mean: float) -> tuple[float, float]:
    """Return limits of an axis of amounts about the mean."""
    return canvas.span([mean, *(end for swing in swings for end in (swing.low, swing.high))])


def draw(axes: Axes, middles: Sequence[float], swings: Sequence[Swing], mean: float) -> None:
    """Draw on axes: dark below the mean, light above it."""
    means = [mean] * len(swings)
    axes.hlines(middles, means, [swing.low for swing in swings], color=canvas.CURVE, linewidth=rows.THICKNESS)
    axes.hlines(middles, means, [swing.high for swing in swings], color=canvas.BAND, linewidth=rows.THICKNESS)
    axes.axvline(mean, color=canvas.INK, linewidth=1.0)
