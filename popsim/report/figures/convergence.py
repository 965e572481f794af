"""Quantiles that settle as scenarios are added: lines in error bands over the number of scenarios."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from popsim.report.document import Convergence
from popsim.report.figures import canvas
from popsim.report.figures.canvas import Row, Variant

__all__ = ["draw"]

_SIDE = "Number of scenarios (equal steps multiply it)"
_DASHES: tuple[Any, ...] = ("--", "-", ":")
"""From the highest quantile to the lowest: told apart in grey print as well."""


def draw(data: Convergence, variant: Variant) -> Figure:
    """Draw one line for each quantile over a logarithmic number of scenarios; all words stand in the key above."""
    size = variant.size
    looks: list[dict[str, Any]] = [
        {"color": canvas.CURVE, "linestyle": dash, "linewidth": 2.0}
        for _, dash in zip(data.lines, _DASHES, strict=False)
    ]
    rows: list[Row] = [(dict(look), line.label) for look, line in zip(looks, data.lines, strict=False)]
    rows.append(({"color": canvas.BAND, "linewidth": 9}, data.band))
    amounts = [amount for line in data.lines for amount in (*line.lows, *line.highs)]
    left = canvas.tick_width(amounts, size) + 14.0
    keys = canvas.key_height(variant, rows)
    label = canvas.wrap(data.amount_label, variant.width - 8.0, size)
    top = keys + canvas.LINE * size * (label.count("\n") + 1) + 1.2 * size
    figure, axes = canvas.plot(
        variant, left, top, 0.3 * variant.width + 60.0, canvas.under_height(variant, left, _SIDE)
    )
    canvas.key(figure, variant, rows)
    canvas.write(figure, 4.0, keys + 0.4 * size, label, size)
    canvas.under(figure, variant, left, _SIDE)
    for look, line in zip(looks, data.lines, strict=False):
        axes.fill_between(data.counts, line.lows, line.highs, color=canvas.BAND, linewidth=0)
        axes.plot(data.counts, line.values, solid_capstyle="butt", **look)
    axes.set_ylim(*canvas.span(amounts))
    first, last = data.counts[0], data.counts[-1]
    axes.set_xscale("log")
    axes.set_xlim(first, last if last > first else first + 1)
    shown = _ticks(first, last, axes.get_position().width * variant.width / canvas.text_width("0,000,00", size))
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
    canvas.amount_ticks(axes, variant, "y")
    return figure


def _number(value: float) -> str:
    """Print a number of scenarios no wider than the margin lets a tick label be."""
    return f"{value / 1e6:,.10g}M" if value >= 1e6 else f"{value:,.0f}"


def _ticks(first: int, last: int, room: float) -> list[int]:
    """Round numbers of scenarios in equal ratios, no more than there is room for."""
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10**power for power in range(13) for step in steps if first <= step * 10**power <= last]
        if len(found) <= max(room, 2.0):
            break
    every = max(1, -(-len(found) // max(int(room), 1)))
    return found[::every] or [first]
