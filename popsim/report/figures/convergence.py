"""How quantiles settle as scenarios are added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from popsim.report.figures import canvas
from popsim.report.figures.canvas import KeyRow, Screen
from popsim.report.language import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES: tuple[Any, ...] = ("--", "-", ":")
"""From the highest quantile to the lowest: distinct in grey print as well."""


class Settling(NamedTuple):
    """One quantile from growing numbers of scenarios, with the ends of its error band, in the unit of the axis."""

    label: str
    values: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


def convergence(
    counts: Sequence[int], quantiles: Sequence[Settling], band: str, amount_label: str, screen: Screen
) -> Figure:
    """Draw quantiles from growing numbers of scenarios in their error bands, from the highest to the lowest."""
    size, rows = screen.size, key(quantiles, band)
    left = canvas.tick_width(_amounts(quantiles), size) + 14.0
    keys = canvas.key_height(screen, rows)
    label = canvas.wrap(amount_label, screen.width - 8.0, size)
    top = keys + canvas.text_height(label, size) + 1.2 * size
    bottom = canvas.label_height(screen, left, count_label())
    figure, axes = canvas.plot(screen, left, top, 0.3 * screen.width + 60.0, bottom)
    canvas.write_key(figure, screen, rows)
    canvas.write(figure, 4.0, keys + 0.4 * size, label, size)
    canvas.write_label(figure, screen, left, count_label())
    draw(axes, counts, quantiles)
    room = (screen.width - left - canvas.right_margin(screen)) / canvas.text_width("0,000,00", size)
    places = count_ticks(counts[0], counts[-1], room)
    canvas.ticks(axes, screen, "x", places, [count_text(place) for place in places], grid=False)
    canvas.amount_ticks(axes, screen, "y")
    return figure


def count_label() -> str:
    """Return the label of the axis of scenarios."""
    return _("Number of scenarios (equal steps multiply it)")


def key(quantiles: Sequence[Settling], band: str) -> list[KeyRow]:
    """Return the rows of the key: each line, and what it stands for."""
    looks: list[dict[str, Any]] = [{"color": canvas.CURVE, "linestyle": dash, "linewidth": 2.0} for dash in _DASHES]
    lines = [(look, line.label) for look, line in zip(looks, quantiles, strict=False)]
    return [*lines, ({"color": canvas.BAND, "linewidth": 9}, band)]


def draw(axes: Axes, counts: Sequence[int], quantiles: Sequence[Settling]) -> None:
    """Draw on axes, whose limits follow the quantiles."""
    for dash, line in zip(_DASHES, quantiles, strict=False):
        axes.fill_between(counts, line.lows, line.highs, color=canvas.BAND, linewidth=0)
        axes.plot(counts, line.values, color=canvas.CURVE, linestyle=dash, linewidth=2.0)
    axes.set_xscale("log")
    first, last = counts[0], counts[-1]
    axes.set(xlim=(first, last if last > first else first + 1), ylim=canvas.span(_amounts(quantiles)))


def _amounts(quantiles: Sequence[Settling]) -> list[float]:
    return [amount for line in quantiles for amount in (*line.lows, *line.highs)]


def count_text(count: float) -> str:
    """Return a number of scenarios as it stands at a tick.

    Examples
    --------
    >>> count_text(2_000), count_text(5_000_000)
    ('2,000', '5M')
    """
    return f"{canvas.tick(count / 1e6)}M" if count >= 1e6 else canvas.tick(count)


def count_ticks(first: int, last: int, room: float) -> list[int]:
    """Return round numbers of scenarios in equal ratios, no more than there is room for."""
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10**power for power in range(13) for step in steps if first <= step * 10**power <= last]
        if len(ticks) <= max(room, 2.0):
            break
    every = max(1, -(-len(ticks) // max(int(room), 1)))
    return ticks[::every] or [first]
