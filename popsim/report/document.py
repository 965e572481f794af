"""The parts that a report is made of: strings and numbers, with no layout, for every format alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure


class _Part:
    @property
    def kind(self) -> str:
        """Name of the kind of part, by which a format chooses its layout."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Paragraph(_Part):
    """A run of sentences; `note` marks small print."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Table(_Part):
    """A table of strings; the first `labels` columns are words, the others numbers.

    A number is a `numbers.Printed` where it is known, so that a spreadsheet holds the number itself.

    `name` is what a link or a file of the table is called: unique in the document, letters and hyphens. `number` is its
    place among all tables, which `numbering.numbered` gives; 0 outside of a document.

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
    name: str = ""
    number: int = 0


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
class Matrix(_Part):
    """Figures by two things at once; the last row and the last column stand for all the others together.

    `name` and `number` are as in a table; both are counted together.
    """

    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    name: str = ""
    number: int = 0


@dataclass(frozen=True)
class Figure(_Part):
    """A figure: its title, what it shows (caption), what is read to those who cannot see it, and what draws it.

    `draw` is a function of `popsim.report.figures` with its data as keywords; called with a kind of screen, it returns
    the figure for it. `number` is its place among all figures; 0 outside of a document.
    """

    name: str
    title: str
    caption: str
    spoken: str
    draw: partial[MatplotlibFigure]
    number: int = 0


@dataclass(frozen=True)
class Bullets(_Part):
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Pairs(_Part):
    """Names and what they stand for."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing(_Part):
    """Text to be shown as it is, line by line."""

    text: str


@dataclass(frozen=True)
class Entry(_Part):
    """One cost component: its title, its facts, why it is so, and the sources.

    `tag` says in a word what it rests on; `basis` is the key of that word, by which a format chooses a colour.
    """

    title: str
    tag: str
    facts: tuple[tuple[str, str], ...]
    text: str
    sources: tuple[str, ...]
    basis: str = ""


Block = Paragraph | Table | Matrix | Figure | Bullets | Pairs | Listing | Entry


@dataclass(frozen=True)
class Details(_Part):
    """Blocks that a reader opens when wanted; on paper they are shown."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; `short` is the heading for a list of contents.

    `is_annex` marks matter for analysts: it stands at the end, folded on screen and not printed.
    """

    id: str
    title: str
    short: str
    blocks: tuple[Block | Details, ...]
    is_annex: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report.

    `date` is the day of the run where it is known, `version` that of popsim which made it, and `cite_as` how others
    name the report. `language` is the code of the language that it is written in, `currency`
    the symbol of the money that amounts are in.
    """

    title: str
    subtitle: str
    headlines: tuple[str, ...]
    """The range of each total, the one that counts most first."""
    sections: tuple[Section, ...]
    footer: str
    version: str = ""
    date: date | None = None
    cite_as: str = ""
    language: str = "en"
    currency: str = ""

    @property
    def headline(self) -> str:
        """The range that counts most."""
        return self.headlines[0]

    @property
    def body(self) -> tuple[Section, ...]:
        """Sections that every reader is meant to read."""
        return tuple(section for section in self.sections if not section.is_annex)

    @property
    def annex(self) -> tuple[Section, ...]:
        """Sections for analysts."""
        return tuple(section for section in self.sections if section.is_annex)
