"""The parts that a report is made of: strings and numbers, with no layout, for every format alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "Bars",
    "Block",
    "Bullets",
    "Convergence",
    "Curve",
    "Curves",
    "Details",
    "Document",
    "Drawing",
    "Entry",
    "Figure",
    "KeyFigure",
    "Listing",
    "Mark",
    "Matrix",
    "MatrixCell",
    "MatrixRow",
    "OptionBars",
    "PairGrid",
    "Pairs",
    "Paragraph",
    "RangeBar",
    "Section",
    "Settling",
    "ShareBar",
    "ShareBars",
    "SwingBar",
    "Table",
    "Tornado",
]


@dataclass(frozen=True)
class Paragraph:
    """A run of sentences; `note` marks small print."""

    text: str
    note: bool = False
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Table:
    """A table of strings; the first `labels` columns are words, the others numbers.

    `total` says that the last row stands for all the others together, `sortable` that readers may order the rows by any
    column; `caption` names the unit of the numbers. `groups` names runs of columns after the labels, each with the
    number of its columns; they are as long as the table is wide.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1
    total: bool = False
    groups: tuple[tuple[str, int], ...] = ()
    sortable: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class MatrixCell:
    """A figure, and its range in small print; no range where its ends print alike."""

    value: str
    range: str


@dataclass(frozen=True)
class MatrixRow:
    """One row of a matrix."""

    label: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class Matrix:
    """Figures by two things at once; the last row and the last column stand for all the others together."""

    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    kind: ClassVar[str] = "matrix"


@dataclass(frozen=True)
class Mark:
    """A point on a curve with the words that stand for it in the key."""

    amount: float
    confidence: float
    label: str


@dataclass(frozen=True)
class Curve:
    """How sure a budget is to suffice: rising amounts in the unit of the axis, and confidences between 0 and 1."""

    label: str
    amounts: tuple[float, ...]
    confidences: tuple[float, ...]
    low: float
    high: float
    interval: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Curves:
    """Curves of several totals over one axis of amounts, the one that counts most first."""

    curves: tuple[Curve, ...]
    amount_label: str


@dataclass(frozen=True)
class RangeBar:
    """One range: its ends, its middle half and its median; `point` is the point estimate."""

    label: str
    low: float
    lower_quarter: float
    median: float
    upper_quarter: float
    high: float
    point: float | None = None


@dataclass(frozen=True)
class Bars:
    """Ranges beside each other, in the unit of the axis; `along` is "rows" or "years"."""

    bars: tuple[RangeBar, ...]
    interval: str
    amount_label: str
    along: str


@dataclass(frozen=True)
class OptionBars:
    """Ranges of options beside each other, and of the differences of all but the first to it."""

    costs: tuple[RangeBar, ...]
    differences: tuple[RangeBar, ...]
    cost_label: str
    difference_label: str


@dataclass(frozen=True)
class Settling:
    """One quantile from growing numbers of scenarios, with the ends of its error band; in the unit of the axis."""

    label: str
    values: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]


@dataclass(frozen=True)
class Convergence:
    """How quantiles settle: rising numbers of scenarios, and lines from the highest quantile to the lowest."""

    counts: tuple[int, ...]
    lines: tuple[Settling, ...]
    band: str
    amount_label: str


@dataclass(frozen=True)
class SwingBar:
    """Between which amounts an input moves the expected cost."""

    label: str
    low: float
    high: float


@dataclass(frozen=True)
class Tornado:
    """Swings about a middle, the widest first, in the unit of the axis."""

    bars: tuple[SwingBar, ...]
    middle: float
    amount_label: str


@dataclass(frozen=True)
class ShareBar:
    """Shares of the variance, between 0 and 1: of an input alone, and with others."""

    label: str
    alone: float
    with_others: float


@dataclass(frozen=True)
class ShareBars:
    """Shares of the variance beside each other, the largest first."""

    bars: tuple[ShareBar, ...]
    share_label: str


@dataclass(frozen=True)
class PairGrid:
    """Members of a matrix, two at a time; all ranges are cut into cells of equal width.

    `names` stand in the key; `histograms` holds the share of scenarios in each cell of a member; `regions[i][j]` that
    in each cell of two, by the cell of member i and then of j; `correlations[i][j]` the words above the diagonal.
    """

    names: tuple[str, ...]
    histograms: tuple[tuple[float, ...], ...]
    regions: tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]
    correlations: tuple[tuple[str, ...], ...]


Drawing = Curves | Bars | OptionBars | Convergence | Tornado | ShareBars | PairGrid
"""What a figure can draw."""


@dataclass(frozen=True)
class Figure:
    """A figure: what it draws, what it shows (caption) and what it says to those who cannot see it."""

    name: str
    data: Drawing
    title: str
    caption: str
    spoken: str
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True)
class Pairs:
    """Names and what they stand for."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "pairs"


@dataclass(frozen=True)
class Listing:
    """Text to be shown as it is, line by line."""

    text: str
    kind: ClassVar[str] = "listing"


@dataclass(frozen=True)
class Entry:
    """One cost component: its title, its facts, why it is so, and the sources."""

    title: str
    tag: str
    facts: tuple[tuple[str, str], ...]
    text: str
    sources: tuple[str, ...]
    kind: ClassVar[str] = "entry"


Block = Paragraph | Table | Matrix | Figure | Bullets | Pairs | Listing | Entry


@dataclass(frozen=True)
class Details:
    """Blocks that a reader opens when wanted; on paper they are shown."""

    summary: str
    blocks: tuple[Block, ...]
    kind: ClassVar[str] = "details"


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; `short` is the heading for a list of contents."""

    id: str
    title: str
    short: str
    blocks: tuple[Block | Details, ...]


@dataclass(frozen=True)
class KeyFigure:
    """One of the few numbers at the top."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    subtitle: str
    headlines: tuple[str, ...]
    """The range of each total, the one that counts most first."""
    lead: tuple[str, ...]
    key_figures: tuple[KeyFigure, ...]
    sections: tuple[Section, ...]
    footer: str

    @property
    def headline(self) -> str:
        """The range that counts most."""
        return self.headlines[0]
