"""Axes of the reader: made where none are given, and labelled as the figures of the report are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from popsim.errors import ParameterError, Problem, kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from popsim.report.figures.canvas import KeyRow

_MOST = 7
"""Ticks of an axis of amounts."""
_MOST_YEARS = 12


def axes_for(ax: Axes | None, size: tuple[float, float] = (7.0, 4.5)) -> Axes:
    """Return the axes that were given, or those of a new figure; the figure belongs to no window.

    Raises
    ------
    ParameterError
        For anything else than axes.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if ax is None:
        made: Axes = Figure(figsize=size, layout="constrained").add_subplot()
        return made
    if not isinstance(ax, Axes):
        raise ParameterError(Problem("", ("ax",), kind_of(ax), "axes of matplotlib, as plt.subplots() gives them"))
    return ax


def amounts(axes: Axes, which: Literal["x", "y"], *, is_logarithmic: bool = False) -> None:
    """Put few, round ticks with marked thousands on an axis of amounts, and light lines at them."""
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

    from popsim.report.figures import canvas

    axis = axes.xaxis if which == "x" else axes.yaxis
    if is_logarithmic:
        if which == "x":
            axes.set_xscale("log")
        else:
            axes.set_yscale("log")
        ends = axes.get_xlim() if which == "x" else axes.get_ylim()
        axis.set_major_locator(FixedLocator(canvas.log_amounts(ends, _MOST)))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(MaxNLocator(nbins=_MOST, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(lambda value, _: canvas.tick(value))
    _dress(axes, which)


def shares(axes: Axes, places: Sequence[float]) -> None:
    """Put ticks in per cent on the upright axis, and light lines at them."""
    from popsim.report.numbers import percent

    axes.set_yticks(list(places), [percent(place) for place in places])
    _dress(axes, "y")


def years(axes: Axes, labels: Sequence[int]) -> None:
    """Put ticks at years, of which only every second, third ... is named where there are many."""
    every = -(-len(labels) // _MOST_YEARS)
    axes.set_xticks(list(labels[::every]), [str(label) for label in labels[::every]])
    axes.set_xlim(labels[0] - 0.25, labels[-1] + 0.25)


def check_log(log: object, lows: Sequence[float]) -> None:
    """Refuse a logarithmic axis of amounts that are not above zero.

    Raises
    ------
    ParameterError
        For such amounts, or where `log` is neither True nor False.
    """
    if not isinstance(log, bool):
        raise ParameterError(Problem("", ("log",), kind_of(log), "True or False"))
    if log and min(lows) <= 0.0:
        raise ParameterError(Problem("", ("log",), "a range that ends at zero or below", "amounts above zero"))


def names(axes: Axes, labels: Sequence[str]) -> None:
    """Name rows, the first one on top, as wide as half of the figure at most."""
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), [filled(label, 34) for label in labels])
    axes.tick_params(axis="y", length=0)
    as_they_are(axes.get_yticklabels())


def as_they_are(texts: Iterable[Text]) -> None:
    """Show texts letter by letter: a name with two dollar signs is no formula."""
    for text in texts:
        text.set_parse_math(False)


def filled(text: str, width: int) -> str:
    """Return a text in lines of so many characters."""
    import textwrap

    return textwrap.fill(_without_control(text), width)


def _without_control(text: str) -> str:
    """Return a text with one sign for each control character: fonts lack the pictures that documents have for them."""
    from popsim.report.characters import plain

    return re.sub("[\u2400-\u2421]", "\ufffd", plain(text))


def label(axes: Axes, which: Literal["x", "y"], text: str) -> None:
    """Label an axis, in several lines where it is long."""
    if which == "x":
        axes.set_xlabel(filled(text, 66))
    else:
        axes.set_ylabel(filled(text, 44))
    as_they_are([axes.xaxis.label if which == "x" else axes.yaxis.label])


def key(axes: Axes, rows: Sequence[KeyRow]) -> None:
    """Put the key above the axes."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **look) for look, _ in rows]
    texts = [_without_control(text) for _, text in rows]
    legend = axes.legend(handles, texts, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, fontsize=9)
    as_they_are(legend.get_texts())


def _dress(axes: Axes, which: Literal["x", "y"]) -> None:
    from popsim.report.figures import canvas

    axes.grid(axis=which, color=canvas.GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
