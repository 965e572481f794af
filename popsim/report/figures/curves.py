"""Figures of curves: how sure a budget is to suffice, and how quantiles settle as scenarios are added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from popsim.report.figures import canvas
from popsim.report.figures.canvas import KeyRow, Screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES: tuple[dict[str, Any], ...] = (
    {"curve": canvas.CURVE, "band": canvas.BAND, "line": "-"},
    {"curve": canvas.QUIET, "band": canvas.GRID, "line": (0, (7, 2))},
)
"""Looks of the first and the second total; the dashes of the second distinguish it in grey print."""
_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "o", "markersize": 8, "linestyle": "--", "linewidth": 1.2},
    {"marker": "D", "color": canvas.POINT, "markersize": 7, "linestyle": ":", "linewidth": 1.6},
)
_DASHES: tuple[Any, ...] = ("--", "-", ":")
"""From the highest quantile to the lowest: distinct in grey print as well."""


class Curve(NamedTuple):
    """How sure a budget is to suffice: amounts in the unit of the axis, confidences between 0 and 1.

    `low` and `high` are the ends of the range, `interval` is its text in the key; each of the `marks` is an amount, its
    confidence, and its text in the key.
    """

    label: str
    amounts: Sequence[float]
    confidences: Sequence[float]
    low: float
    high: float
    interval: str
    marks: Sequence[tuple[float, float, str]]


class Settling(NamedTuple):
    """One quantile from growing numbers of scenarios, with the ends of its error band, in the unit of the axis."""

    label: str
    values: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


def s_curve(curves: Sequence[Curve], amount_label: str, screen: Screen) -> Figure:
    """Draw how sure a budget is to suffice, the range behind each curve, and marks with dropped lines."""
    size, styled = screen.size, list(zip(curves, _STYLES, strict=False))
    rows: list[KeyRow] = []
    for curve, style in styled:
        if len(curves) > 1:
            rows.append(({"color": style["curve"], "linewidth": 2.4, "linestyle": style["line"]}, curve.label))
        rows.append(({"color": style["band"], "linewidth": 9}, curve.interval))
        marks = zip(_MARKS, curve.marks, strict=False)
        rows += [({"color": style["curve"], **look}, text) for look, (_, _, text) in marks]
    left = canvas.text_width("100 %", size) + 10.0
    keys = canvas.key_height(screen, rows)
    bottom = canvas.label_height(screen, left, amount_label)
    figure, axes = canvas.plot(screen, left, keys + 2.6 * size, 0.36 * screen.width + 60.0, bottom)
    canvas.write_key(figure, screen, rows)
    canvas.write(figure, 4.0, keys + 0.8 * size, "Confidence that the budget is enough", size)
    canvas.write_label(figure, screen, left, amount_label)
    amounts = [amount for curve in curves for amount in (*curve.amounts, *(mark[0] for mark in curve.marks))]
    low, high = canvas.span(amounts)
    # The second total lies behind the first.
    for curve, style in reversed(styled):
        _draw_curve(axes, curve, style, low)
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, 1.0)
    canvas.amount_ticks(axes, screen)
    axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}\u202f%")
    axes.grid(axis="y", color=canvas.GRID, linewidth=0.8)
    return figure


def _draw_curve(axes: Axes, curve: Curve, style: dict[str, Any], left: float) -> None:
    axes.axvspan(curve.low, curve.high, color=style["band"], alpha=0.55, linewidth=0)
    axes.plot(curve.amounts, curve.confidences, color=style["curve"], linewidth=2.4, linestyle=style["line"])
    for look, (amount, confidence, _) in zip(_MARKS, curve.marks, strict=False):
        lines = {"color": style["curve"], **look, "marker": ""}
        axes.plot([left, amount, amount], [confidence, confidence, 0.0], **lines)
        spot = {**lines, "marker": look["marker"], "linestyle": "", "markeredgecolor": "white"}
        axes.plot([amount], [confidence], zorder=5, markeredgewidth=1.2, clip_on=False, **spot)


def convergence(
    counts: Sequence[int], quantiles: Sequence[Settling], band: str, amount_label: str, screen: Screen
) -> Figure:
    """Draw quantiles from growing numbers of scenarios in their error bands, from the highest to the lowest."""
    size, side = screen.size, "Number of scenarios (equal steps multiply it)"
    looks: list[dict[str, Any]] = [{"color": canvas.CURVE, "linestyle": dash, "linewidth": 2.0} for dash in _DASHES]
    lines = list(zip(looks, quantiles, strict=False))
    rows: list[KeyRow] = [*((look, line.label) for look, line in lines), ({"color": canvas.BAND, "linewidth": 9}, band)]
    amounts = [amount for line in quantiles for amount in (*line.lows, *line.highs)]
    left = canvas.tick_width(amounts, size) + 14.0
    keys = canvas.key_height(screen, rows)
    label = canvas.wrap(amount_label, screen.width - 8.0, size)
    top = keys + canvas.text_height(label, size) + 1.2 * size
    bottom = canvas.label_height(screen, left, side)
    figure, axes = canvas.plot(screen, left, top, 0.3 * screen.width + 60.0, bottom)
    canvas.write_key(figure, screen, rows)
    canvas.write(figure, 4.0, keys + 0.4 * size, label, size)
    canvas.write_label(figure, screen, left, side)
    for look, line in lines:
        axes.fill_between(counts, line.lows, line.highs, color=canvas.BAND, linewidth=0)
        axes.plot(counts, line.values, solid_capstyle="butt", **look)
    axes.set_ylim(*canvas.span(amounts))
    first, last = counts[0], counts[-1]
    axes.set_xscale("log")
    axes.set_xlim(first, last if last > first else first + 1)
    axes.set_xticks(
        _count_ticks(first, last, axes.get_position().width * screen.width / canvas.text_width("0,000,00", size))
    )
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:,.10g}M" if value >= 1e6 else f"{value:,.0f}")
    canvas.amount_ticks(axes, screen, "y")
    return figure


def _count_ticks(first: int, last: int, room: float) -> list[int]:
    """Return round numbers of scenarios in equal ratios, no more than there is room for."""
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10**power for power in range(13) for step in steps if first <= step * 10**power <= last]
        if len(ticks) <= max(room, 2.0):
            break
    every = max(1, -(-len(ticks) // max(int(room), 1)))
    return ticks[::every] or [first]
