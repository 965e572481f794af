"""A workbook being written: its formats, its sheets, and how a figure becomes a cell.

A cell holds the number itself. Its format shows as many digits as the error supports; where these end at tens or above,
which no number format can show, the cell is ``=ROUND(number, digits)`` with the number in full. Text is always written
as text, so that no name can become a formula.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popsim.report.characters import plain
from popsim.report.data import ReportData
from popsim.report.document import Document, Matrix, Table
from popsim.report.estimates import Measured
from popsim.report.language import current
from popsim.report.numbers import Printed, rounded, scale_of, unknown

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

INK, QUIET, GRID, BAND, CURVE, POINT = "#1B2733", "#5B6975", "#DDE3E8", "#B9D3E6", "#0B4F82", "#C44E00"
HEAD_FILL, INPUT_FILL = "#E8F0F6", "#FFF4CC"
LONGEST_TEXT = 32_000
"""Characters of a cell; Excel holds 32,767."""
_LONGEST_NAME = 31
_FIRST_DAY = date(1980, 1, 1)
"""Stated where a run has no date: the same run gives the same bytes."""
_ILLEGAL = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True)
class Cell:
    """A number as a cell: its value in the unit of the sheet, the digits after the point that are shown, its kind.

    `digits` below 0 are places before the point. `shown` is the text of a number of which no digit is known, such as
    "< 0.1", which the cell shows in place of its value.
    """

    value: float
    digits: int = 0
    kind: str = "money"
    shown: str = ""

    @property
    def format(self) -> str:
        """Number format of Excel, in its own language: a comma for thousands and a point for decimals."""
        if self.shown:
            return '"' + self.shown.replace('"', "") + '"'
        places = "." + "0" * self.digits if self.digits > 0 else ""
        return f"0{places}%" if self.kind == "share" else f"#,##0{places}"


def amount_cell(measured: Measured, unit: str) -> Cell | str:
    """Return a simulated amount as a cell, in a unit such as "US$ million", or "n/a" as text."""
    if not measured.is_known:
        return unknown()
    scale = scale_of(unit)
    value = measured.value / scale
    _number, place = rounded(value, measured.error / scale, measured.finest / scale)
    return Cell(value, -int(place.adjusted()))


def printed_cell(printed: str, unit: str) -> Cell | str:
    """Return what a table prints as a cell: a number where it knows the number, else the text."""
    if not isinstance(printed, Printed) or not math.isfinite(printed.value):
        return str(printed)
    value = printed.value / scale_of(unit) if printed.kind == "money" else printed.value
    shown = _read(printed, percent=printed.kind == "share")
    if shown is None:
        return Cell(value, 0, printed.kind, str(printed))
    digits = max(0, -int(Decimal(str(shown)).as_tuple().exponent))
    in_text = value * 100 if printed.kind == "share" else value
    for fewer in range(digits, -12, -1):
        if round(Decimal(in_text), fewer) == shown or math.isclose(round(in_text, fewer), float(shown), rel_tol=1e-9):
            return Cell(value, fewer, printed.kind)
    return Cell(value, digits, printed.kind)


def _read(text: str, percent: bool) -> Decimal | None:
    """Read a number as it is printed in the current language; None where it is none, such as "< 0.1"."""
    from babel.numbers import NumberFormatError, parse_decimal

    bare = re.sub(r"[\s\u00a0\u202f\u200e\u200f\u061c]", "", text).replace("\u2212", "-")
    bare = bare.replace("%", "").replace("\u066a", "") if percent else bare
    english = bare.replace(",", "") if current().code == "en" else ""
    try:
        return Decimal(english) if english else parse_decimal(bare, locale=current().babel)
    except (ArithmeticError, NumberFormatError, ValueError):
        return None


def sheet_name(title: str, taken: Iterable[str] = ()) -> str:
    """Return a name that Excel allows for a sheet: 31 characters, no brackets, marks or slashes, unlike all others.

    Examples
    --------
    >>> sheet_name("What is it?"), sheet_name("Areas", ["areas"])
    ('What is it', 'Areas 2')
    """
    used = {name.casefold() for name in taken} | {"history"}
    fit = _ILLEGAL.sub(" ", title).strip(" '")[:_LONGEST_NAME].rstrip(" '") or "Sheet"
    name, number = fit, 1
    while name.casefold() in used:
        number += 1
        name = f"{fit[: _LONGEST_NAME - 1 - len(str(number))]} {number}"
    return name


def quoted(name: str) -> str:
    """Return the name of a sheet as a formula has it.

    Examples
    --------
    >>> quoted("Page d'accueil")
    "'Page d''accueil'"
    """
    return "'" + name.replace("'", "''") + "'"


class Book:
    """A workbook being written, the data and the document that it shows, and the names of its sheets by key."""

    def __init__(self, path: Path, data: ReportData, document: Document, titles: dict[str, str]) -> None:
        import xlsxwriter

        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.workbook: Workbook = xlsxwriter.Workbook(str(path), options)
        self.data, self.document = data, document
        self.names: dict[str, str] = {}
        for key, title in titles.items():
            self.names[key] = sheet_name(title, self.names.values())
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        day = document.date or _FIRST_DAY
        self.workbook.set_properties(
            {
                "title": as_held(document.title)[:255],
                "comments": as_held(document.cite_as)[:255],
                "created": datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None),
            }
        )
        # A viewer shows the values that are stored; a spreadsheet computes all formulas when the file is opened.
        self.workbook.set_calc_mode("auto")

    def format(self, **properties: object) -> Format:
        """Return a format with these properties, made once."""
        known = {"font_name": "Calibri", "font_size": 11, "font_color": INK, "valign": "top"} | properties
        if current().direction == "rtl":
            # Words begin at the right, and numbers stand there too, so that their units are below each other.
            known["reading_order"] = 2
            if known.get("align") == "left":
                known["align"] = "right"
        key = tuple(sorted(known.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(known)
        return self._formats[key]

    def sheet(
        self,
        key: str,
        widths: Sequence[float],
        heading: str = "",
        upright: bool = False,
        kind: type[Worksheet] | None = None,
    ) -> Sheet:
        """Add the sheet of a key, with the widths of its columns that are printed, in characters, and a heading.

        `upright` prints it in portrait, which suits charts below each other; `kind` is a class of worksheets.
        """
        worksheet = self.workbook.add_worksheet(self.names[key], kind)
        if current().direction == "rtl":
            worksheet.right_to_left()
        worksheet.hide_gridlines(2)
        if not upright:
            worksheet.set_landscape()
        worksheet.set_paper(9)
        worksheet.fit_to_pages(1, 0)
        worksheet.set_margins(0.5, 0.5, 0.6, 0.7)
        title = as_held(self.document.title).replace("\n", " ")[:100].replace("&", "&&")
        # Without a space a number at the beginning of the title would belong to the size of the font.
        worksheet.set_footer(f"&L&8 {title}&R&8 &A  &P / &N")
        for column, width in enumerate(widths):
            worksheet.set_column(column, column, width)
        sheet = Sheet(self, worksheet, self.names[key], tuple(widths))
        sheet.title(heading or self.names[key])
        return sheet

    def define(self, name: str, sheet: str, address: str) -> None:
        """Name cells, for formulas."""
        self.workbook.define_name(name, f"={quoted(sheet)}!{address}")

    def close(self) -> None:
        """Write the file."""
        self.workbook.close()


class Sheet:
    """A sheet that is filled from the top; `row` is the next free row, counted from 0."""

    def __init__(self, book: Book, worksheet: Worksheet, name: str, widths: tuple[float, ...]) -> None:
        self.book, self.worksheet, self.name, self.widths = book, worksheet, name, widths
        self.row = 0

    def text(self, row: int, column: int, text: str, **properties: object) -> None:
        """Write text, as text whatever it begins with."""
        self.worksheet.write_string(row, column, as_held(text), self.book.format(**properties))

    def title(self, text: str) -> None:
        """Write the heading of the sheet."""
        self._over_all(text, 22 * lines(text, sum(self.widths) / 1.6) + 2, bold=True, font_size=16, font_color=CURVE)

    def heading(self, text: str) -> None:
        """Write a heading within the sheet, after an empty row."""
        self.row += 1
        self.text(self.row, 0, text, bold=True, font_size=13, font_color=CURVE)
        self.row += 1

    def paragraph(self, text: str, **properties: object) -> None:
        """Write sentences over the whole width of the sheet, in as many lines as they take."""
        self._over_all(text, 15 * lines(text, sum(self.widths)) + 1, **properties)

    def _over_all(self, text: str, height: float, **properties: object) -> None:
        """Write text into one cell over all columns that have a width."""
        style = self.book.format(text_wrap=True, **properties)
        text = as_held(text)
        self.worksheet.set_row(self.row, height)
        if len(self.widths) > 1:
            self.worksheet.merge_range(self.row, 0, self.row, len(self.widths) - 1, "", style)
        self.worksheet.write_string(self.row, 0, text, style)
        self.row += 1

    def head(self, texts: Sequence[str], labels: int = 1, column: int = 0) -> None:
        """Write the heading of a table."""
        style: dict[str, Any] = {"bold": True, "bg_color": HEAD_FILL, "text_wrap": True, "bottom": 1}
        most = 1
        for place, text in enumerate(texts):
            self.text(self.row, column + place, text, align="left" if place < labels else "right", **style)
            width = self.widths[column + place] if column + place < len(self.widths) else 8.43
            most = max(most, lines(text, 0.9 * width))
        self.worksheet.set_row(self.row, 15 * min(most, 8) + 2)
        self.row += 1

    def number(self, row: int, column: int, cell: Cell, **properties: object) -> None:
        """Write a number; rounded by formula where it is shown to tens or above."""
        style = self.book.format(num_format=cell.format, align="right", **properties)
        if cell.digits >= 0 or cell.shown:
            self.worksheet.write_number(row, column, cell.value, style)
        else:
            rounded_value = round(cell.value, cell.digits)
            self.worksheet.write_formula(row, column, f"=ROUND({cell.value!r},{cell.digits})", style, rounded_value)

    def formula(self, row: int, column: int, formula: str, value: float | str, **properties: object) -> None:
        """Write a formula with the value that it has now, which is shown where nothing is computed."""
        self.worksheet.write_formula(row, column, formula, self.book.format(**properties), value)

    def cells(self, cells: Iterable[Cell | str], column: int = 0, labels: int = 1, **properties: object) -> None:
        """Write one row of a table: labels first, then numbers, or text where a number is not known."""
        most = 1
        for place, cell in enumerate(cells):
            if place < labels and isinstance(cell, str):
                width = self.widths[column + place] if column + place < len(self.widths) else 8.43
                most = max(most, lines(cell, width))
            if isinstance(cell, Cell):
                self.number(self.row, column + place, cell, **properties)
            else:
                wraps = {"text_wrap": True} if place < labels else {"align": "right"}
                self.text(self.row, column + place, cell, **wraps, **properties)
        if most > 1:
            self.worksheet.set_row(self.row, 15 * min(most, 20))
        self.row += 1

    def table(self, table: Table) -> tuple[int, int]:
        """Write a table of the document and return its first and last row of cells."""
        self.paragraph(table.caption, italic=True, font_color=QUIET)
        if table.groups:
            place = table.labels
            for name, width in table.groups:
                style = self.book.format(bold=True, bg_color=HEAD_FILL, align="center")
                if width > 1:
                    self.worksheet.merge_range(self.row, place, self.row, place + width - 1, "", style)
                self.worksheet.write_string(self.row, place, as_held(name), style)
                place += width
            self.row += 1
        self.head(table.columns, table.labels)
        first = self.row
        for number, row in enumerate(table.rows):
            last: dict[str, Any] = {"bold": True, "top": 1} if table.total and number == len(table.rows) - 1 else {}
            words, numbers = row[: table.labels], row[table.labels :]
            cells = [*words, *(printed_cell(cell, self.book.data.unit) for cell in numbers)]
            self.cells(cells, labels=table.labels, **last)
        self.row += 1
        return first, self.row - 2

    def matrix(self, matrix: Matrix) -> None:
        """Write figures by two things at once, without their ranges in small print."""
        self.paragraph(matrix.caption, italic=True, font_color=QUIET)
        self.head((matrix.corner, *matrix.columns))
        for row in matrix.rows:
            self.cells([row.label, *(printed_cell(cell.value, self.book.data.unit) for cell in row.cells)])
        self.row += 1

    def reference(self, first_row: int, column: int, last_row: int, last_column: int | None = None) -> str:
        """Return the address of cells, as formulas and charts of other sheets have it."""
        from xlsxwriter.utility import xl_range_abs

        cells = xl_range_abs(first_row, column, last_row, column if last_column is None else last_column)
        return f"{quoted(self.name)}!{cells}"

    def end_print(self) -> None:
        """Print the columns that have a width, down to the last row that is written; not what stands beside them."""
        self.worksheet.print_area(0, 0, self.row, len(self.widths) - 1)

    def print_heads(self, first: int, last: int) -> None:
        """Print some rows on every page, and keep all down to the last of them in sight."""
        self.worksheet.repeat_rows(first, last)
        self.worksheet.freeze_panes(last + 1, 1)


def as_held(text: str) -> str:
    """Return text as a cell holds it: no longer than Excel allows, control characters as signs.

    Examples
    --------
    >>> as_held("one" + chr(7)) == "one" + chr(0x2407)
    True
    """
    return plain(text)[:LONGEST_TEXT]


def lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a cell of a width in characters."""
    return sum(1 + int(max(len(part) - 1, 0) / width) for part in text.split("\n"))
