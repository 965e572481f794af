"""Tables and matrices as tables of Word: heading rows that repeat, cells that span, widths that fit the words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from docx.oxml.ns import qn

from popsim.report.document import Matrix, Table
from popsim.report.language import Language, current
from popsim.report.word import styles
from popsim.report.word.elements import Element, make, paragraph, run

_LETTER = 4.15
"""Mean width of a letter of a cell, in points."""
_BOLD = 1.12
"""How much wider headings are, which are bold."""
_ARABIC = 1.25
"""How much wider than others a letter of Arabic may be."""
_MARGINS = 7.0
"""Width of both margins of a cell, in points."""
_LABEL = 62.0
"""Width of a column of labels that numbers leave to it at the least, in points."""
_NARROWEST, _WIDEST = 24.0, 190.0
"""Limits of the width that a column asks for, in points."""


_TOGETHER = 13
"""Rows of a table up to which it is kept on one page."""


def table(block: Table, language: Language) -> Element:
    """Return a table; a first cell that stands for several rows spans them."""
    headings = [_headings(block.columns, block.labels)]
    if block.groups:
        headings.insert(0, _groups(block))
    spanned = [bool(block.labels > 1 and place and not row[0]) for place, row in enumerate(block.rows)]
    rows = [
        _row(
            [
                _cell(cell, styles.NUMBER if place >= block.labels else styles.CELL, merge=_merge(spanned, k, place))
                for place, cell in enumerate(row)
            ]
        )
        for k, row in enumerate(block.rows)
    ]
    widths = _widths([block.columns, *block.rows], block.labels)
    return _grid(headings + rows, widths, block.total, language)


def matrix(block: Matrix, language: Language) -> Element:
    """Return a matrix as a table: each range stands below its figure."""
    headings = _headings((block.corner, *block.columns), 1)
    rows, texts = [], [(block.corner, *block.columns)]
    for row in block.rows:
        cells = [cell.value + (f"\n{cell.range}" if cell.range else "") for cell in row.cells]
        rows.append(_row([_cell(row.label, styles.CELL), *(_cell(cell, styles.NUMBER) for cell in cells)]))
        texts.append((row.label, *cells))
    return _grid([headings, *rows], _widths(texts, 1), True, language)


def _grid(rows: list[Element], widths: list[float], total: bool, language: Language) -> Element:
    properties = make("tblPr", make("tblStyle", val=styles.TABLE))
    if language.direction == "rtl":
        properties.append(make("bidiVisual"))
    properties.append(make("tblW", w=_twips(sum(widths)), type="dxa"))
    properties.append(make("tblLayout", type="fixed"))
    look = {"firstRow": 1, "lastRow": int(total), "firstColumn": 0, "lastColumn": 0, "noHBand": 1, "noVBand": 1}
    properties.append(make("tblLook", val="0460" if total else "0420", **look))
    if len(rows) <= _TOGETHER:
        for words in (words for row in rows[:-1] for words in row.iter(qn("w:p"))):
            words.pPr.get_or_add_keepNext()
    grid = make("tblGrid", *(make("gridCol", w=_twips(width)) for width in widths))
    for row in rows:
        place = 0
        for cell in row.findall(qn("w:tc")):
            found = cell.tcPr
            span = found.gridSpan.val if found.gridSpan is not None else 1
            found.insert(0, make("tcW", w=_twips(sum(widths[place : place + span])), type="dxa"))
            place += span
    return make("tbl", properties, grid, *rows)


def _headings(columns: Sequence[str], labels: int) -> Element:
    cells = [
        _cell(column, styles.COLUMN, at_end=place >= labels, is_heading=True) for place, column in enumerate(columns)
    ]
    return _row(cells, repeated=True)


def _groups(block: Table) -> Element:
    cells = [_cell("", styles.COLUMN, span=block.labels)] if block.labels else []
    cells += [_cell(name, styles.COLUMN, span=width, centred=True) for name, width in block.groups]
    return _row(cells, repeated=True)


def _row(cells: list[Element], repeated: bool = False) -> Element:
    properties = make("trPr", make("cantSplit"))
    if repeated:
        properties.append(make("tblHeader"))
    return make("tr", properties, *cells)


def _cell(
    text: str,
    style: str,
    span: int = 1,
    merge: str = "",
    at_end: bool = False,
    centred: bool = False,
    is_heading: bool = False,
) -> Element:
    properties = make("tcPr")
    if span > 1:
        properties.append(make("gridSpan", val=span))
    if merge:
        properties.append(make("vMerge", val=merge))
    if is_heading or centred:
        properties.append(make("tcBorders", make("bottom", val="single", sz=4, space=0, color="000000")))
    if style == styles.COLUMN:
        properties.append(make("vAlign", val="bottom"))
    words = paragraph(style, run(text))
    if at_end or centred:
        words.pPr.append(make("jc", val=styles.number_side(current()) if at_end else "center"))
    return make("tc", properties, words)


def _merge(spanned: list[bool], row: int, place: int) -> str:
    if place:
        return ""
    if spanned[row]:
        return "continue"
    return "restart" if row + 1 < len(spanned) and spanned[row + 1] else ""


def _widths(rows: Sequence[Sequence[str]], labels: int) -> list[float]:
    """Return the width of each column in points: numbers whole on one line, words in the room that is left."""
    wanted = []
    for place, column in enumerate(zip(*rows, strict=True)):
        heading, *cells = column
        words = _BOLD * max(map(_length, heading.split()), default=0.0)
        lines = [_length(line) for cell in cells for line in cell.split("\n")]
        longest = max([words, *lines], default=0.0)
        wanted.append(
            min(max(_LETTER * longest + _MARGINS, _NARROWEST), _WIDEST if place < labels else styles.TEXT_WIDTH)
        )
    room = styles.TEXT_WIDTH - sum(wanted)
    if room >= 0:
        # A narrow table stays narrow; its labels get what they ask for.
        spare = min(room, 0.25 * sum(wanted))
        return [width + spare / len(wanted) for width in wanted]
    first, numbers = sum(wanted[:labels]), sum(wanted[labels:])
    # Labels give way first: their words fill several lines.
    narrow = max(styles.TEXT_WIDTH - numbers, min(first, _LABEL * labels))
    scales = (narrow / first if first else 1.0, (styles.TEXT_WIDTH - narrow) / numbers if numbers else 1.0)
    return [width * scales[place >= labels] for place, width in enumerate(wanted)]


def _length(text: str) -> float:
    """Return the length of a text in letters of mean width; those of Arabic are wider in fonts that stand in for it."""
    return sum(
        1.7
        if letter in "MWmw@"
        else 0.6
        if letter in "ijlt.,:;'!|"
        else _ARABIC
        if "\u0620" <= letter <= "\u064a"
        else 1.0
        for letter in text
        if not unicodedata.category(letter).startswith(("M", "C"))
    )


def _twips(points: float) -> int:
    return round(styles.TWIPS * points)
