"""What all figures share: style, sizes measured before anything is placed, and SVG that is the same to the byte.

The drawing library is imported when the first figure is drawn.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from weakref import WeakKeyDictionary

from popsim.report import language
from popsim.report.numbers import tick as tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

INK = "#1b2733"
QUIET = "#5b6975"
GRID = "#dde3e8"
BAND = "#b9d3e6"
CURVE = "#0b4f82"
POINT = "#c44e00"
WHITE = "#ffffff"
"""Blue and vermilion: distinct under every common colour blindness, and by shape and lightness in grey print."""


class Screen(NamedTuple):
    """A kind of screen: width and font size in points of 1/72 inch, and the most ticks of an axis."""

    name: str
    width: float
    size: float
    ticks: int


WIDE = Screen("wide", 620.0, 10.0, 7)
NARROW = Screen("narrow", 300.0, 9.5, 5)
PAPER = Screen("paper", 453.5, 9.0, 6)
"""The width of the text of an A4 page, 160 mm, at its own size."""

Drawings = dict[tuple[str, str, Screen, str], str]
"""SVG files of a figure, by its name, what is read aloud, screen and language."""

_DRAWN: WeakKeyDictionary[partial[Figure], Drawings] = WeakKeyDictionary()
"""What was drawn, as long as the document is there that it stands in: page and Markdown show the same drawings."""

KeyRow = tuple[dict[str, Any], str]
"""How a mark looks, and the text that explains it in the key."""
LINE = 1.3
"""Distance of two lines of text, in font sizes."""
_FONT = "DejaVu Sans"
_EM = 100.0
"""The size at which matplotlib measures letters, in points."""
_HINTED = 1.05
"""Screens fit letters to whole pixels, which makes a line of small text up to some 4 % wider than its design."""


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's style whatever the reader's own matplotlib settings are.

    Letters that the font lacks, as those of Chinese or Arabic names, are measured as boxes: the reader's own font draws
    them, so that matplotlib need not warn of them.
    """
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        # As `rcParams.update`, without checking 300 settings for every figure.
        dict.update(cast(dict[str, Any], mpl.rcParams), _settings())
        yield


@cache
def _settings() -> dict[str, Any]:
    """Return matplotlib's own settings but for those of the report, checked."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": [_FONT],
                "svg.fonttype": "none",
                "pdf.fonttype": 42,
                "svg.hashsalt": "popsim",
                "text.parse_math": False,
                "lines.solid_capstyle": "butt",
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
        # The backend is the reader's: whoever asks for it makes matplotlib choose one.
        return {name: value for name, value in dict.items(mpl.rcParams) if name != "backend"}


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Return the width of a line of text in points, in the widest font that a reader's system is likely to choose."""
    return _HINTED * (_width_in_ems(text) * (size / _EM))


@lru_cache(maxsize=4096)
def _width_in_ems(text: str) -> float:
    """Return the width at the size at which letters are measured whatever their own: figures have several sizes."""
    from matplotlib.textpath import text_to_path

    return float(text_to_path.get_text_width_height_descent(text, _font(_EM), ismath=False)[0])


@cache
def _font(size: float) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=_FONT, size=size)


def text_height(text: str, size: float) -> float:
    """Return the height of lines of text in points."""
    return LINE * size * (text.count("\n") + 1)


def wrap(text: str, width: float, size: float) -> str:
    """Break text into lines no wider than `width` points; a word that is wider is broken too.

    Examples
    --------
    >>> wrap("one two three", 60.0, 10.0).split(chr(10))
    ['one two', 'three']
    """
    words = text.split()
    # Measuring takes most of the time: so the first guess of a line is as many letters as fit on average.
    whole = " ".join(words)
    letters = int(len(whole) * width / max(text_width(whole, size), 1e-9))
    lines: list[str] = []
    while words:
        count = _fitting(words, width, size, letters)
        if count:
            lines.append(" ".join(words[:count]))
            words = words[count:]
            continue
        word = words[0]
        cut = next((k for k in range(len(word) - 1, 1, -1) if text_width(word[:k], size) <= width), 1)
        lines.append(word[:cut])
        words = [word[cut:], *words[1:]] if word[cut:] else words[1:]
    return "\n".join(lines)


def _fitting(words: Sequence[str], width: float, size: float, letters: int) -> int:
    """Return how many words fit on a line; `letters` is a guess of what does."""

    def fits(count: int) -> bool:
        return text_width(" ".join(words[:count]), size) <= width

    count = min(" ".join(words)[: letters + 1].count(" "), len(words))
    while count < len(words) and fits(count + 1):
        count += 1
    while count and not fits(count):
        count -= 1
    return count


def blank(screen: Screen, height: float) -> Figure:
    """Return an empty figure of a height in points."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(screen.width / 72.0, height / 72.0), dpi=72)
    figure.patch.set_visible(False)
    return figure


def plot(screen: Screen, left: float, top: float, height: float, bottom: float) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes; all margins and the height of the axes in points."""
    figure = blank(screen, top + height + bottom)
    return figure, panel(figure, screen, left, top, height)


def panel(figure: Figure, screen: Screen, left: float, top: float, height: float, *, has_side: bool = True) -> Axes:
    """Add axes to a figure, with a line under them and one at their left; `top` and `height` in points from above.

    What matplotlib draws at axes by itself takes most of the time of a figure: `ticks` writes the few that there are.
    """
    total = 72.0 * figure.get_size_inches()[1]
    inside = (
        left / screen.width,
        (total - top - height) / total,
        (screen.width - left - right_margin(screen)) / screen.width,
        height / total,
    )
    axes = figure.add_axes(inside)
    axes.set_axis_off()
    corner = ([0.0, 0.0, 1.0], [1.0, 0.0, 0.0]) if has_side else ([0.0, 1.0], [0.0, 0.0])
    axes.plot(*corner, transform=axes.transAxes, color=QUIET, linewidth=0.8, clip_on=False, zorder=2.6)
    return axes


def right_margin(screen: Screen) -> float:
    """Return the margin at the right in points: half of the widest tick label stands in it."""
    return 0.5 * text_width("000,000", screen.size) + 2.0


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return limits of an axis that contain these amounts with some room, also when they are all the same."""
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 0.2 * abs(high) or 1.0
    return max(low - room, 0.0) if low >= 0 else low - room, high + room


def tick_width(values: Sequence[float], size: float) -> float:
    """Return the width in points of the widest tick that an axis of these amounts can have."""
    largest = max([abs(value) for value in values], default=0.0)
    widest = f"{max(largest, 1000.0):,.0f}" if 1e-2 <= largest < 1e10 or not largest else "\u22120.00e\u2212000"
    return text_width(widest, size)


def ticks(
    axes: Axes,
    screen: Screen,
    which: Literal["x", "y"],
    places: Sequence[float],
    texts: Sequence[str],
    grid: bool = True,
) -> None:
    """Write texts at places of an axis, and draw light lines there; the limits of the axes have to stand before."""
    box, size = axes.get_position(), screen.size
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101  axes of `panel` have one
    width, height = (72.0 * side for side in figure.get_size_inches())
    left, lower = axes.get_xlim()[0], axes.get_ylim()[0]
    look: dict[str, Any] = {"color": GRID, "linewidth": 0.8, "zorder": 0.5}
    if grid and which == "x":
        axes.vlines(places, *axes.get_ylim(), **look)
    elif grid:
        axes.hlines(places, *axes.get_xlim(), **look)
    at = [(place, lower) if which == "x" else (left, place) for place in places]
    for (x, y), text in zip(axes.transAxes.inverted().transform(axes.transData.transform(at)), texts, strict=True):
        across, up = box.x0 + x * box.width, box.y0 + y * box.height
        if which == "x":
            figure.text(across, up - (size + 5.0) / height, text, fontproperties=_font(size), ha="center")
        else:
            figure.text(across - 5.0 / width, up - 0.36 * size / height, text, fontproperties=_font(size), ha="right")


def amount_ticks(axes: Axes, screen: Screen, which: Literal["x", "y"] = "x") -> None:
    """Write few, round ticks with marked thousands on an axis of amounts, and draw light lines at them."""
    places = round_amounts(axes.get_xlim() if which == "x" else axes.get_ylim(), screen.ticks)
    ticks(axes, screen, which, places, [tick(place) for place in places])


def round_amounts(limits: tuple[float, float], most: int) -> list[float]:
    """Return round amounts in equal steps between limits.

    Examples
    --------
    >>> round_amounts((0.0, 940.0), 4)
    [0.0, 250.0, 500.0, 750.0]
    """
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(*limits)
    low, high = sorted(limits)
    return [float(place) for place in places if low <= place <= high]


def log_amounts(limits: tuple[float, float], most: int) -> list[float]:
    """Return round amounts in about equal ratios between limits: decades, and 2 and 5 or 3 times these where few.

    Examples
    --------
    >>> log_amounts((8.0, 300.0), 7)
    [10.0, 20.0, 50.0, 100.0, 200.0]
    """
    decades = range(math.floor(math.log10(limits[0])), math.ceil(math.log10(limits[1])) + 1)
    places: list[float] = []
    for steps in ((1, 2, 5), (1, 3), (1,)):
        places = [float(f"{step}e{power}") for power in decades for step in steps]
        places = [place for place in places if limits[0] <= place <= limits[1]]
        if len(places) <= most:
            return places
    return places[:: -(-len(places) // most)]


def write(figure: Figure, x: float, y: float, text: str, size: float, ha: str = "left") -> None:
    """Write lines downward from `y`; both in points from the upper left corner of the figure.

    Each line is a text of its own, so that it stays aligned in whatever font the reader's system chooses.
    """
    width, height = (72.0 * side for side in figure.get_size_inches())
    for number, line in enumerate(text.split("\n")):
        baseline = y + LINE * size * number + size
        figure.text(x / width, 1.0 - baseline / height, line, fontproperties=_font(size), ha=ha)


def write_label(figure: Figure, screen: Screen, left: float, text: str, end: float | None = None) -> None:
    """Write the label of an axis, centred under it; it ends at `end` points from above, or where the figure does."""
    width = screen.width - left - right_margin(screen)
    lines = wrap(text, width, screen.size)
    y = (72.0 * figure.get_size_inches()[1] if end is None else end) - text_height(lines, screen.size) - 3.0
    write(figure, 0.5 * (left + screen.width - right_margin(screen)), y, lines, screen.size, ha="center")


def label_height(screen: Screen, left: float, text: str) -> float:
    """Return the height in points of tick labels and label under the axes."""
    lines = wrap(text, screen.width - left - right_margin(screen), screen.size)
    return LINE * screen.size * (lines.count("\n") + 2) + 12.0


def write_key(figure: Figure, screen: Screen, rows: Sequence[KeyRow]) -> None:
    """Write the key above the axes: one row for each mark, with its text wrapped at the right of it."""
    from matplotlib.lines import Line2D

    height = 72.0 * figure.get_size_inches()[1]
    across = [4.0 / screen.width, 13.0 / screen.width, 22.0 / screen.width]
    y = 0.0
    for look, text in rows:
        write(figure, 28.0, y, wrap(text, screen.width - 40.0, screen.size), screen.size)
        middle = 1.0 - (y + 0.65 * screen.size) / height
        figure.add_artist(Line2D(across, [middle] * 3, transform=figure.transFigure, markevery=[1], **look))
        y += key_height(screen, [(look, text)])


def key_height(screen: Screen, rows: Sequence[KeyRow]) -> float:
    """Return the height of a key in points."""
    return sum(text_height(wrap(text, screen.width - 40.0, screen.size), screen.size) + 4.0 for _, text in rows)


def png(draw: partial[Figure], dpi: float = 300.0, screen: Screen = PAPER) -> bytes:
    """Draw a figure as a PNG image on white; the same figure gives the same bytes.

    Parameters
    ----------
    draw
        What a `popsim.report.document.Figure` is drawn with.
    dpi
        Dots per inch, where the figure is as wide as the screen says: 160 mm on paper.
    screen
        The layout.
    """
    return _file(draw, screen, "png", dpi, {"Software": None})


def pdf(draw: partial[Figure], screen: Screen = PAPER) -> bytes:
    """Draw a figure as a page of PDF of its own size; the same figure gives the same bytes."""
    return _file(draw, screen, "pdf", 72.0, dict.fromkeys(("Creator", "Producer", "CreationDate")))


def svg_file(draw: partial[Figure], name: str = "figure", spoken: str = "", screen: Screen = WIDE) -> str:
    """Draw a figure as an SVG file that stands alone; `spoken` is read to those who cannot see it."""
    known, key = _DRAWN.setdefault(draw, {}), (name, spoken, screen, language.current().code)
    if key not in known:
        with style():
            known[key] = to_svg(draw(screen=screen), f"{name}-{screen.name}", spoken, has_halo=screen is NARROW)
    return known[key]


def drawings_of(draw: partial[Figure]) -> Drawings:
    """Return what `svg_file` has drawn of a figure, for another process to keep."""
    return dict(_DRAWN.get(draw, {}))


def keep_drawings(draw: partial[Figure], drawings: Drawings) -> None:
    """Keep what another process has drawn of a figure: `svg_file` then returns it."""
    _DRAWN.setdefault(draw, {}).update(drawings)


def _file(
    draw: partial[Figure], screen: Screen, file_format: str, dpi: float, metadata: dict[str, str | None]
) -> bytes:
    buffer = io.BytesIO()
    with style():
        figure = draw(screen=screen)
        figure.patch.set(visible=True, facecolor="white")
        figure.savefig(buffer, format=file_format, dpi=dpi, metadata=metadata)
    return buffer.getvalue()


def to_svg(figure: Figure, name: str, spoken: str, *, has_halo: bool = False) -> str:
    """Turn a figure into SVG: named ids, words that are read aloud, nothing that changes from run to run.

    On a phone names stand over the lines of the axes: there a halo keeps them legible.
    """
    from popsim.report.figures import svg

    return svg.written(figure, name, spoken, halo=WHITE if has_halo else "")
