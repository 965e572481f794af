"""Read CSV files with a header, comments and line numbers, as people and spreadsheets write them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from popsim.errors import Problem, nearest, shown, words
from popsim.schema import LONGEST_LINE, MOST_COLUMNS, MOST_ROWS
from popsim.tables.numbers import PLAIN, Dialect, NumberFormat, conclude_numbers, named, stating, where_stated

DELIMITERS = (",", ";", "\t", "|")

COMMENT = r'[\s"]*#(?!(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)(?:\W|$))'
"""A line that begins with #, in quotation marks or not; a row that begins with an error of a spreadsheet is none."""

LONGEST_ROW = 20
"""Lines that a row may go on for: a quotation mark that is not closed must not swallow the file."""

REPORTED_SINGLY = 3
"""More lines than this with the same kind of mistake have one cause, and are reported together."""


@dataclass(frozen=True)
class Row:
    """One row and the line of the file that it stands in."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell: in a row and a column, what was found, what is allowed, how to mend it."""

    row: Row
    column: str
    found: str
    allowed: str
    mend: str = ""


@dataclass(frozen=True)
class TextTable:
    """A CSV file: its name, the names of its columns, its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    whole: bool = True
    """Whether every row could be read: else a value might be called missing without being so."""
    numbers: NumberFormat | None = PLAIN
    """How its numbers are written; None where that cannot be known, which is reported."""
    reading: str = ""
    """How the file is written, as concluded from it: "with ..."; empty where it is plain or the study states it."""

    def column(self, name: str) -> list[str]:
        """Return the values of one column, in the order of rows."""
        position = self.columns.index(name)
        return [row.cells[position] for row in self.rows]

    def cell(self, row: Row, name: str) -> str:
        """Return the value of one cell; empty where there is no such column."""
        return row.cells[self.columns.index(name)] if name in self.columns else ""

    def problem(self, position: str, found: str, allowed: str, mend: str = "") -> Problem:
        """Return a problem at a position, such as ``line 3, column code``."""
        return Problem(self.name, (), found, allowed, mend, position=position)

    def number(self, text: str) -> float | None:
        """Return the number in a cell of a column of numbers; None for what is no finite number."""
        return None if self.numbers is None else self.numbers.read(text)

    def problems(self, faults: Iterable[Fault]) -> list[Problem]:
        """Return faults of cells as problems: one by one, or together where many cells of a column have the same."""
        together: dict[tuple[str, str, str], list[Fault]] = {}
        for fault in faults:
            together.setdefault((fault.column, fault.allowed, fault.mend), []).append(fault)
        problems = []
        for (column, allowed, mend), same in together.items():
            if len(same) > REPORTED_SINGLY:
                lines = words((fault.row.line for fault in same), 10)
                found = ", ".join(dict.fromkeys(fault.found for fault in same[:REPORTED_SINGLY]))
                found += f", ... ({len(same)} cells, lines {lines})"
                problems.append(self.problem(f"column {column}", found, allowed, mend))
            else:
                problems += [
                    self.problem(f"line {fault.row.line}, column {column}", fault.found, allowed, mend)
                    for fault in same
                ]
        return problems


def read_table(
    text: str,
    name: str,
    required: Sequence[str],
    numeric: Sequence[str] | None = (),
    dialect: Dialect | None = None,
) -> tuple[TextTable, list[Problem]]:
    r"""Read a CSV text: lines that begin with # and empty lines are comments, spaces around values do not count.

    Rows and columns of nothing but empty cells, as spreadsheets leave them at the ends, do not count either.

    Parameters
    ----------
    text
        What the file holds; a first line such as ``sep=;`` names the sign between columns.
    name
        Of the file, for messages.
    required
        Columns that must be there.
    numeric
        Columns of numbers, as far as they are there; None: all but the first.
    dialect
        What the study states of how the file is written; the rest is concluded from the file.

    Examples
    --------
    >>> table, problems = read_table("# from the office\ncode,name\nAAA,Land A\n", "c.csv", ["code"])
    >>> table.rows, problems
    ((Row(line=3, cells=('AAA', 'Land A')),), [])
    >>> table, _ = read_table("code;people\nAAA;1.234,5\nBBB;345.678\n;\n", "c.csv", ["code"], ["people"])
    >>> table.reading
    "with ';' between columns, ',' as the decimal sign and '.' between thousands"
    >>> [table.number(cell) for cell in table.column("people")]
    [1234.5, 345678.0]
    """
    reader = _Reader(name, tuple(required), dialect or Dialect())
    return reader.read(text, numeric), reader.problems


class _Reader:
    """Reads one file; problems gather in one list."""

    def __init__(self, name: str, required: tuple[str, ...], dialect: Dialect) -> None:
        self.name, self.required, self.dialect = name, required, dialect
        self.problems: list[Problem] = []

    def refuse(self, position: str, found: str, allowed: str, mend: str = "") -> None:
        """Note a problem at a position in the file."""
        self.problems.append(Problem(self.name, (), found, allowed, mend, position=position))

    def read(self, text: str, numeric: Sequence[str] | None) -> TextTable:
        """Read the text, as far as it can be read; see `read_table`."""
        unreadable = TextTable(self.name, (), (), whole=False, numbers=None)
        every = text.split("\n")
        lines = [(number, line) for number, line in enumerate(every, 1) if line.strip(' \t;,|"')]
        lines = [(number, line) for number, line in lines if not re.match(COMMENT, line)]
        if not self.is_bounded(lines):
            return unreadable
        stated = self.stated_delimiter(lines)
        if lines and _separator(lines[0][1]):
            lines = lines[1:]
        if not lines and not self.problems:
            self.refuse("", "no line with names of columns", f"a first line with {words(self.required)}")
        if self.problems or self.has_text_above(lines, stated):
            return unreadable
        concluded = self.find_delimiter([line for _, line in lines], stated is None)
        delimiter = stated or concluded
        rows = self.cut(lines, every, delimiter)
        if not rows or rows[0].line != lines[0][0]:
            return unreadable
        header = rows[0]
        if len(header.cells) > MOST_COLUMNS:
            self.refuse(f"line {header.line}", f"{len(header.cells):,} columns", f"at most {MOST_COLUMNS:,} columns")
            return unreadable
        columns = header.cells[: max(place for place, cell in enumerate(header.cells, 1) if cell)]
        cut_wrong = any(column not in columns for column in self.required)
        if cut_wrong:
            # What is wrong with the rows may come from cutting them at the wrong sign, or from the wrong names.
            self.problems.clear()
        hint = f"the sign between columns may be {named(concluded)}: {stating(self.dialect.key, delimiter='...')}"
        self.check_header(columns, header.line, hint if concluded != delimiter else "")
        if cut_wrong:
            return TextTable(self.name, columns, (), whole=False, numbers=None)
        rows = self.even(self.without_text(rows[1:], len(columns)), len(columns), delimiter)
        whole = not self.problems
        measured = columns[1:] if numeric is None else [column for column in numeric if column in columns]
        places = [(column, columns.index(column)) for column in dict.fromkeys(measured)]
        cells = [(row.line, column, row.cells[position]) for row in rows for column, position in places]
        numbers, notes, problems = conclude_numbers(cells, self.dialect, delimiter, self.name)
        self.problems += problems
        if self.dialect.delimiter is None and delimiter != ",":
            notes = [f"{named(delimiter)} between columns", *notes]
        listed = " and ".join([", ".join(notes[:-1]), notes[-1]] if len(notes) > 1 else notes)
        return TextTable(self.name, columns, tuple(rows), whole, numbers, f"with {listed}" if notes else "")

    def is_bounded(self, lines: Sequence[tuple[int, str]]) -> bool:
        """Refuse more lines, or longer ones, than a table can have."""
        if len(lines) > MOST_ROWS + 1:
            self.refuse("", f"{len(lines):,} lines", f"at most {MOST_ROWS:,} rows")
        long = next((number for number, line in lines if len(line) > LONGEST_LINE), None)
        if long is not None:
            self.refuse(f"line {long}", "a line without end", f"at most {LONGEST_LINE:,} characters in a line")
        return not self.problems

    def stated_delimiter(self, lines: Sequence[tuple[int, str]]) -> str | None:
        """Return the sign between columns that the study or the first line names."""
        own, stated = _separator(lines[0][1]) if lines else "", self.dialect.delimiter
        if own and own not in DELIMITERS:
            allowed = f"one of {words(named(sign) for sign in DELIMITERS)} between columns"
            self.refuse(f"line {lines[0][0]}", f"sep={own}", allowed, "save the file again with one")
        elif own and stated not in (None, own):
            said = stating(self.dialect.key, delimiter=shown(stated))
            found = f"sep={own}, and {said} {where_stated(self.dialect.key)}"
            self.refuse(f"line {lines[0][0]}", found, "one sign between columns", "take one of the two out")
        return stated or own or None

    def has_text_above(self, lines: Sequence[tuple[int, str]], stated: str | None) -> bool:
        """Refuse a file in which a line further down names the columns, where the first one names none of them."""
        required = set(self.required)
        signs = DELIMITERS if stated is None else (stated,)

        def named_in(line: str) -> int:
            return max(len(required & set(_cells(line, sign) or ())) for sign in signs)

        if len(self.required) < 2 or named_in(lines[0][1]):
            return False
        for number, line in lines[1:LONGEST_ROW]:
            if named_in(line) == len(self.required):
                mend = f"take out what stands above line {number}, or begin those lines with #"
                found = f"{shown(lines[0][1])}, and the names of columns in line {number}"
                self.refuse(f"line {lines[0][0]}", found, "names of columns in the first line", mend)
                return True
        return False

    def find_delimiter(self, lines: Sequence[str], needed: bool) -> str:
        """Return the sign that leaves the required columns in the first line; an open choice is refused if `needed`."""
        heads = {sign: cells for sign in DELIMITERS if (cells := _cells(lines[0], sign)) is not None}
        if heads and self.required:
            wanted = {column.casefold() for column in self.required}
            known = {sign: len(wanted & {cell.casefold() for cell in cells}) for sign, cells in heads.items()}
            best = max(known.values())
            fits = [sign for sign in heads if known[sign] == best and (best or len(heads[sign]) > 1)]
            # Where nothing names a column, the sign that cuts the line most says best what it holds.
            return max(fits or heads, key=lambda sign: len(heads[sign]))
        fits = [sign for sign, cells in heads.items() if len(cells) > 1]
        if len(fits) > 1:
            even = [sign for sign in fits if all(len(_cells(line, sign) or ()) == len(heads[sign]) for line in lines)]
            fits = even or fits
        if len(fits) > 1 and needed:
            found = f"{shown(lines[0])}, which may be cut at {words(named(sign) for sign in fits)}"
            key = self.dialect.key
            mend = f"say which {where_stated(key)}: {stating(key, delimiter='...')}"
            self.refuse("first line", found, "one sign between columns", mend)
        return (fits or [","])[0]

    def cut(self, lines: Sequence[tuple[int, str]], every: Sequence[str], delimiter: str) -> list[Row]:
        """Cut lines into cells; a cell in quotation marks may go on in the lines that follow."""
        rows: list[Row] = []
        broken, end = [], 0
        for number, line in lines:
            if number <= end:
                continue
            cells = _cells(line, delimiter)
            if cells is None and rows:
                cells, end = _continued(every, number, delimiter, len(rows[0].cells))
            if cells is None:
                broken.append((number, line))
            elif any(cells):
                rows.append(Row(number, cells))
        allowed = "values with quotation marks in pairs"
        if len(broken) > REPORTED_SINGLY:
            found = f"{shown(broken[0][1])} and others ({len(broken)} lines)"
            self.refuse(f"lines {words((line for line, _ in broken), 10)}", found, allowed)
        else:
            for number, line in broken:
                self.refuse(f"line {number}", shown(line), allowed)
        return rows

    def check_header(self, columns: tuple[str, ...], line: int, hint: str) -> None:
        """Refuse missing, repeated and unnamed columns."""
        where, missing = f"line {line}", [column for column in self.required if column not in columns]
        if missing and len(columns) == 1:
            allowed = f"columns {words(self.required)}, with a sign between them"
            return self.refuse(where, f"one column, {shown(columns[0])}", allowed, hint)
        if missing:
            alike = {column.casefold(): column for column in columns}
            renamed = [f"{alike[name.casefold()]} as {name}" for name in missing if name.casefold() in alike]
            close = "; ".join(filter(None, (nearest(column, columns) for column in missing)))
            allowed = f"{'a column' if len(missing) == 1 else 'columns'} {words(missing)}"
            self.refuse(where, f"columns {words(columns)}", allowed, f"write {words(renamed)}" if renamed else close)
        for column, count in Counter(columns).items():
            if count > 1 and column:
                self.refuse(where, f"column {column!r} {count} times", "each column once")
        unnamed = [place for place, column in enumerate(columns, 1) if not column and (place > 1 or self.required)]
        if unnamed:
            found = f"no name for column {words(unnamed)} of {len(columns)}"
            self.refuse(where, found, "a name for each column", "name it, or take the column out")
        return None

    def without_text(self, rows: Sequence[Row], width: int) -> Sequence[Row]:
        """Take lines of text out: a single value where several are needed, and short lines below the last full row."""
        if len(self.required) < 2:
            return rows
        last = max((place for place, row in enumerate(rows) if len(row.cells) >= width), default=len(rows))
        filled = [sum(map(bool, row.cells)) for row in rows]
        text = [
            place
            for place, row in enumerate(rows)
            if (filled[place] == 1 and len(row.cells) <= width)
            or (place > last and len(row.cells) < width and filled[place] <= width // 2)
        ]
        # As many as that are rows that were cut at the wrong sign.
        if not text or 2 * len(text) > len(rows) + 1:
            return rows
        of, it = ("line", "it") if len(text) == 1 else ("lines", "each")
        examples = ", ".join(shown(" ".join(filter(None, rows[place].cells))) for place in text[:REPORTED_SINGLY])
        self.refuse(
            f"{of} {words((rows[place].line for place in text), 10)}",
            examples + (", ..." if len(text) > REPORTED_SINGLY else ""),
            f"rows of {width} values, or lines that begin with #",
            f"where it is a note, take the {of} out or begin {it} with #",
        )
        return [row for place, row in enumerate(rows) if place not in text]

    def even(self, rows: Sequence[Row], width: int, delimiter: str) -> list[Row]:
        """Return rows with one value per column; empty cells beyond the last column are none."""
        good = [Row(row.line, row.cells[:width]) for row in rows if _fits(row, width)]
        uneven = [row for row in rows if not _fits(row, width)]
        together = len(uneven) > REPORTED_SINGLY or len(uneven) == len(rows) > 1
        allowed = f"{width} values, one per column"
        mend = f"put values that hold {named(delimiter)} in quotation marks"
        if delimiter == "," and any(len(row.cells) > width for row in uneven):
            mend = "put values that hold a comma in quotation marks"
            if together:
                mend += "; where the comma is the decimal sign, save the file with ';' between columns"
        if together:
            found = f"{len(uneven[0].cells)} values in line {uneven[0].line}, and others like it"
            self.refuse(f"lines {words((row.line for row in uneven), 10)}", found, allowed, mend)
        else:
            for row in uneven:
                self.refuse(f"line {row.line}", f"{len(row.cells)} values", allowed, mend)
        return good


def _separator(line: str) -> str:
    """Return the sign that a first line names for spreadsheets, such as ``sep=;``; empty for any other line."""
    match = re.fullmatch(r'\s*+"?sep=(.)"?[;,\t|]*+\s*+', line, re.IGNORECASE)
    return match[1] if match else ""


def _cells(line: str, delimiter: str) -> tuple[str, ...] | None:
    """Split a line into cells, spaces around them taken off; None where quotation marks do not pair."""
    try:
        (cells,) = csv.reader(io.StringIO(line), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    return tuple(cell.strip() for cell in cells)


def _continued(every: Sequence[str], number: int, delimiter: str, width: int) -> tuple[tuple[str, ...] | None, int]:
    """Return the cells of a row that goes on in the next lines, and its last line; None where no end fits `width`."""
    for last in range(number + 1, min(number + LONGEST_ROW, len(every) + 1)):
        cells = _cells("\n".join(every[number - 1 : last]), delimiter)
        if cells is not None and len(cells) == width:
            return tuple(" ".join(cell.split()) for cell in cells), last
    return None, 0


def _fits(row: Row, width: int) -> bool:
    return len(row.cells) >= width and not any(row.cells[width:])
