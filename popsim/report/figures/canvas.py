"""What all figures share: style, sizes measured before anything is placed, and SVG that is the same to the byte."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator

__all__ = [
    "BAND",
    "CURVE",
    "GRID",
    "INK",
    "LINE",
    "NARROW",
    "POINT",
    "QUIET",
    "WIDE",
    "Row",
    "Variant",
    "amount_ticks",
    "key",
    "key_height",
    "panel",
    "plot",
    "right_of",
    "span",
    "style",
    "text_width",
    "tick",
    "tick_width",
    "to_svg",
    "under",
    "under_height",
    "wrap",
    "write",
]

INK = "#1b2733"
QUIET = "#5b6975"
GRID = "#dde3e8"
BAND = "#b9d3e6"
CURVE = "#0b4f82"
POINT = "#c44e00"
"""Blue and vermilion: told apart under every common colour blindness, and by shape and lightness in grey print."""


@dataclass(frozen=True)
class Variant:
    """A figure for one kind of screen; widths and font sizes in points of 1/72 inch."""

    name: str
    width: float
    size: float
    ticks: int


WIDE = Variant("wide", 620.0, 10.0, 7)
NARROW = Variant("narrow", 300.0, 9.5, 4)

Row = tuple[dict[str, object], str]
"""How a mark looks, and the words that stand for it in the key."""
LINE = 1.3
"""Distance of two lines of text, in font sizes."""
_FONT = "DejaVu Sans"
_HINTED = 1.05
"""Screens fit letters to whole pixels, which makes a line of small text up to some 4 % wider than its design."""


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's style whatever the reader's own matplotlib settings are.

    Letters that the font lacks, as those of Chinese or Arabic names, are measured as boxes: the reader's own font draws
    them, so that matplotlib need not warn of them.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": [_FONT],
                "svg.fonttype": "none",
                "svg.hashsalt": "popsim",
                "text.parse_math": False,
                "axes.edgecolor": QUIET,
                "axes.labelcolor": INK,
                "axes.linewidth": 0.8,
                "axes.unicode_minus": True,
                "xtick.color": QUIET,
                "ytick.color": QUIET,
                "xtick.labelcolor": INK,
                "ytick.labelcolor": INK,
                "text.color": INK,
            }
        )
        yield


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Width of a line of text in points, in the widest font that a reader's system is likely to choose."""
    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(family=_FONT, size=size), ismath=False
    )
    return _HINTED * float(width)


def wrap(text: str, width: float, size: float) -> str:
    """Break text into lines no wider than `width` points; a word that is wider is broken too.

    Examples
    --------
    >>> wrap("one two three", 60.0, 10.0).split(chr(10))
    ['one two', 'three']
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if text_width(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while text_width(word, size) > width and len(word) > 1:
            cut = next(k for k in range(len(word) - 1, 0, -1) if k == 1 or text_width(word[:k], size) <= width)
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return "\n".join([*lines, line])


def plot(variant: Variant, left: float, top: float, height: float, bottom: float) -> tuple[Figure, Axes]:
    """Make a figure with one pair of axes; all margins and the height of the axes in points."""
    total = top + height + bottom
    figure = Figure(figsize=(variant.width / 72.0, total / 72.0), dpi=72)
    FigureCanvasSVG(figure)
    figure.patch.set_visible(False)
    return figure, panel(figure, variant, left, top, height)


def panel(figure: Figure, variant: Variant, left: float, top: float, height: float) -> Axes:
    """Add axes to a figure; `top` and `height` in points from its upper edge."""
    total = 72.0 * figure.get_size_inches()[1]
    inside = (
        left / variant.width,
        (total - top - height) / total,
        (variant.width - left - right_of(variant)) / variant.width,
        height / total,
    )
    axes = figure.add_axes(inside)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=3, labelsize=variant.size)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    return axes


def span(values: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis that hold these amounts with some room, also when they are all the same."""
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 0.2 * abs(high) or 1.0
    return max(low - room, 0.0) if low >= 0 else low - room, high + room


def tick(value: float) -> str:
    """Write a round number at a tick, no wider than a margin can be: with a power of ten where it has many zeros."""
    if value and not 1e-4 <= abs(value) < 1e10:
        digits, _, power = f"{value:.3e}".partition("e")
        text = f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    else:
        text = f"{value:,.10g}"
    return text.replace("-", "\u2212")


def tick_width(values: Sequence[float], size: float) -> float:
    """Room in points for the widest tick that an axis of these amounts can have."""
    largest = max([abs(value) for value in values], default=0.0)
    widest = f"{max(largest, 1000.0):,.0f}" if 1e-2 <= largest < 1e10 or not largest else "\u22120.00e\u2212000"
    return text_width(widest, size)


def amount_ticks(axes: Axes, variant: Variant, which: Literal["x", "y"] = "x") -> None:
    """Put few, round ticks with marked thousands on an axis of amounts, and light lines at them."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(nbins=variant.ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.grid(axis=which, color=GRID, linewidth=0.8)


def write(figure: Figure, x: float, y: float, text: str, size: float, ha: str = "left") -> None:
    """Write lines downward from `y`; both in points from the upper left corner of the figure.

    Each line is a text of its own, so that it stays aligned in whatever font the reader's system chooses.
    """
    width, height = (72.0 * side for side in figure.get_size_inches())
    for number, line in enumerate(text.split("\n")):
        baseline = y + LINE * size * number + size
        figure.text(x / width, 1.0 - baseline / height, line, size=size, ha=ha, va="baseline")


def under(figure: Figure, variant: Variant, left: float, text: str) -> None:
    """Write the label of the lower axis, centred under it."""
    middle = 0.5 * (left + variant.width - right_of(variant))
    lines = _under_lines(variant, left, text)
    height = 72.0 * figure.get_size_inches()[1]
    write(
        figure, middle, height - LINE * variant.size * (lines.count("\n") + 1) - 3.0, lines, variant.size, ha="center"
    )


def under_height(variant: Variant, left: float, text: str) -> float:
    """Room in points under the axes for tick labels and the label of the axis."""
    return LINE * variant.size * (_under_lines(variant, left, text).count("\n") + 2) + 12.0


def right_of(variant: Variant) -> float:
    """Margin at the right in points: half of the widest tick label stands in it."""
    return 0.5 * text_width("000,000", variant.size) + 2.0


def _under_lines(variant: Variant, left: float, text: str) -> str:
    return wrap(text, variant.width - left - right_of(variant), variant.size)


def key(figure: Figure, variant: Variant, rows: Sequence[Row]) -> None:
    """Write the key above the axes: one row for each mark, with its words wrapped at the right of it."""
    height = 72.0 * figure.get_size_inches()[1]
    y = 0.0
    for look, words in rows:
        text = wrap(words, variant.width - 40.0, variant.size)
        write(figure, 28.0, y, text, variant.size)
        middle = 1.0 - (y + 0.65 * variant.size) / height
        figure.axes[0].plot(
            [4.0 / variant.width, 13.0 / variant.width, 22.0 / variant.width],
            [middle] * 3,
            transform=figure.transFigure,
            clip_on=False,
            markevery=[1],
            solid_capstyle="butt",
            **look,  # type: ignore[arg-type]
        )
        y += _row_height(variant, words)


def key_height(variant: Variant, rows: Sequence[Row]) -> float:
    """Room in points that `key` needs."""
    return sum(_row_height(variant, words) for _, words in rows)


def _row_height(variant: Variant, words: str) -> float:
    return LINE * variant.size * (wrap(words, variant.width - 40.0, variant.size).count("\n") + 1) + 4.0


_IDS = re.compile(r'\b(id|href|clip-path)="(#|url\(#)?([^")]+)')


def to_svg(figure: Figure, name: str, spoken: str) -> str:
    """Turn a figure into inline SVG: named ids, a title that is read aloud, nothing that changes from run to run."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL).replace("xlink:href", "href")
    text = _IDS.sub(lambda found: f'{found[1]}="{found[2] or ""}{name}-{found[3]}', text)
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box is not None  # noqa: S101  matplotlib always writes it
    body = text[text.index(">", box.end()) + 1 :]
    body = re.sub(r"\n\s*", "\n", body)
    head = f'<svg class="{name.rpartition("-")[2]}" viewBox="{box[1]}" role="img" aria-label="{_quoted(spoken)}">'
    return head + body.strip()


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
