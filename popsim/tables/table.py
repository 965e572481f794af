"""Read CSV files with a header, comments and line numbers, as people and spreadsheets write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from popsim.errors import Problem, nearest, shown, words
from popsim.tables.dialects import (
    DELIMITERS,
    PLAIN,
    Dialect,
    Numbers,
    cells_of,
    conclude_numbers,
    find_delimiter,
    named,
)

__all__ = ["Fault", "Row", "TextTable", "read_table"]

COMMENT = r'[\s"]*#(?!(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)(?:\W|$))'
"""A line that begins with #, in quotation marks or not; a row that begins with an error of a spreadsheet is none."""

LONGEST_ROW = 20
"""Lines that a row may go on for: a quotation mark that is not closed shall not swallow the file."""

SAID_ONE_BY_ONE = 3
"""More lines than this with the same kind of mistake have one cause, and are said together."""


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
    numbers: Numbers | None = PLAIN
    """How its numbers are written; None where that cannot be known, which has been said."""
    reading: str = ""
    """How the file is written, as concluded from it, in one line; empty where it is plain or the study says it."""

    def column(self, name: str) -> list[str]:
        """Values of one column, in the order of rows."""
        position = self.columns.index(name)
        return [row.cells[position] for row in self.rows]

    def cell(self, row: Row, name: str) -> str:
        """Value of one cell; empty where there is no such column."""
        return row.cells[self.columns.index(name)] if name in self.columns else ""

    def at(self, row: Row, column: str) -> str:
        """Say where a cell is."""
        return f"{self.name}: line {row.line}, column {column}"

    def problems(self, faults: Iterable[Fault]) -> list[Problem]:
        """Say what is wrong with cells: one by one, or together where many cells of a column have the same fault."""
        together: dict[tuple[str, str, str], list[Fault]] = {}
        for fault in faults:
            together.setdefault((fault.column, fault.allowed, fault.mend), []).append(fault)
        problems = []
        for (column, allowed, mend), same in together.items():
            if len(same) > SAID_ONE_BY_ONE:
                lines = words((fault.row.line for fault in same), 10)
                found = ", ".join(dict.fromkeys(fault.found for fault in same[:SAID_ONE_BY_ONE]))
                found += f", ... ({len(same)} cells, lines {lines})"
                problems.append(Problem(f"{self.name}: column {column}", (), found, allowed, mend))
            else:
                problems += [Problem(self.at(fault.row, column), (), fault.found, allowed, mend) for fault in same]
        return problems

    def number(self, text: str) -> float | None:
        """Read a cell of a column of numbers; None for what is no finite number."""
        return None if self.numbers is None else self.numbers.read(text)


def read_table(
    text: str,
    name: str,
    required: Sequence[str],
    numeric: Sequence[str] | None = (),
    said: Dialect | None = None,
    key: str = "csv",
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
    said
        What the study says of how the file is written; the rest is concluded from the file.
    key
        Table of the study that can say so, for messages.

    Examples
    --------
    >>> table, problems = read_table("# from the office\ncode,name\nAAA,Land A\n", "c.csv", ["code"])
    >>> table.rows, problems
    ((Row(line=3, cells=('AAA', 'Land A')),), [])
    >>> table, _ = read_table("code;people\nAAA;1.234,5\nBBB;345.678\n;\n", "c.csv", ["code"], ["people"])
    >>> table.reading
    "c.csv: read with ';' between columns, ',' as the decimal sign and '.' between thousands"
    >>> [table.number(cell) for cell in table.column("people")]
    [1234.5, 345678.0]
    """
    said = said or Dialect()
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip(' \t;,|"')]
    lines = [(number, line) for number, line in lines if not re.match(COMMENT, line)]
    stated, problems = _stated(lines, said, name, key)
    if problems:
        return TextTable(name, (), (), whole=False, numbers=None), problems
    if lines and _separator(lines[0][1]):
        lines = lines[1:]
    if not lines:
        problem = Problem(name, (), "no line with names of columns", f"a first line with {words(required)}")
        return TextTable(name, (), (), whole=False), [problem]
    if above := _text_above(lines, required, name, stated):
        return TextTable(name, (), (), whole=False, numbers=None), [above]
    delimiter, problems = find_delimiter([line for _, line in lines], required, name, key, stated)
    rows, found = _rows(lines, text.split("\n"), delimiter, name)
    problems += found
    if not rows or rows[0].line != lines[0][0]:
        return TextTable(name, (), (), whole=False, numbers=None), problems
    columns = _without_end(rows[0].cells)
    better, _ = find_delimiter([line for _, line in lines], required, name, key, None)
    hint = f"the sign between columns may be {named(better)}: [{key}] delimiter = ..." if better != delimiter else ""
    header = _check_header(columns, f"{name}: line {rows[0].line}", required, hint)
    if any(column not in columns for column in required):
        # The rows would be measured against the wrong names, or were cut at the wrong sign.
        return TextTable(name, columns, (), whole=False, numbers=None), header
    rows, found = _without_text(rows[1:], columns, required, name)
    problems += header + found
    good, found = _even(rows, columns, delimiter, name)
    problems += found
    measured = columns[1:] if numeric is None else [column for column in numeric if column in columns]
    places = [(column, columns.index(column)) for column in dict.fromkeys(measured)]
    cells = [(row.line, column, row.cells[position]) for row in good for column, position in places]
    numbers, note, found = conclude_numbers(cells, said, delimiter, name, key)
    between = f"{named(delimiter)} between columns" if said.delimiter is None and delimiter != "," else ""
    parts = [*([between] if between else []), *note]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    reading = f"{name}: read with {listed}" if parts else ""
    return TextTable(name, columns, tuple(good), not problems, numbers, reading), problems + found


def _separator(line: str) -> str:
    """Sign that a first line names for spreadsheets, such as ``sep=;``; empty for any other line."""
    match = re.fullmatch(r'\s*"?sep=(.)"?[;,\t|]*\s*', line, re.IGNORECASE)
    return match[1] if match else ""


def _stated(lines: Sequence[tuple[int, str]], said: Dialect, name: str, key: str) -> tuple[str | None, list[Problem]]:
    """Sign between columns that the study or the first line names."""
    own = _separator(lines[0][1]) if lines else ""
    where = f"{name}: line {lines[0][0]}" if own else ""
    if own and own not in DELIMITERS:
        known = words(named(sign) for sign in DELIMITERS)
        return None, [
            Problem(where, (), f"sep={own}", f"one of {known} between columns", "save the file again with one")
        ]
    if own and said.delimiter not in (None, own):
        found = f"sep={own}, and [{key}] delimiter = {shown(said.delimiter)} in the study"
        return None, [Problem(where, (), found, "one sign between columns", "take one of the two out")]
    return said.delimiter or own or None, []


def _rows(
    lines: Sequence[tuple[int, str]], text: Sequence[str], delimiter: str, name: str
) -> tuple[list[Row], list[Problem]]:
    """Cut lines into cells; a cell in quotation marks may go on in the lines that follow."""
    rows: list[Row] = []
    broken, end = [], 0
    for number, line in lines:
        if number <= end:
            continue
        cells = cells_of(line, delimiter)
        if cells is None and rows:
            cells, end = _continued(text, number, delimiter, len(rows[0].cells))
        if cells is None:
            broken.append((number, line))
        elif any(cells):
            rows.append(Row(number, cells))
    allowed = "values with quotation marks in pairs"
    if len(broken) > SAID_ONE_BY_ONE:
        found = f"{shown(broken[0][1])} and others ({len(broken)} lines)"
        return rows, [Problem(f"{name}: lines {words((line for line, _ in broken), 10)}", (), found, allowed)]
    return rows, [Problem(f"{name}: line {number}", (), shown(line), allowed) for number, line in broken]


def _continued(text: Sequence[str], number: int, delimiter: str, width: int) -> tuple[tuple[str, ...] | None, int]:
    """Cells of a row that goes on in the next lines, and its last line; None where no end gives it its `width`."""
    for last in range(number + 1, min(number + LONGEST_ROW, len(text) + 1)):
        cells = cells_of("\n".join(text[number - 1 : last]), delimiter)
        if cells is not None and len(cells) == width:
            return tuple(" ".join(cell.split()) for cell in cells), last
    return None, 0


def _without_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _check_header(columns: tuple[str, ...], where: str, required: Sequence[str], hint: str) -> list[Problem]:
    missing = [column for column in required if column not in columns]
    if missing and len(columns) == 1:
        found = f"one column, {shown(columns[0])}"
        return [Problem(where, (), found, f"columns {words(required)}, with a sign between them", hint)]
    problems = []
    if missing:
        alike = {column.casefold(): column for column in columns}
        renamed = [f"{alike[column.casefold()]} as {column}" for column in missing if column.casefold() in alike]
        mend = f"write {words(renamed)}" if renamed else "; ".join(filter(None, (nearest(c, columns) for c in missing)))
        allowed = f"{'a column' if len(missing) == 1 else 'columns'} {words(missing)}"
        problems.append(Problem(where, (), f"columns {words(columns)}", allowed, mend))
    problems += [
        Problem(where, (), f"column {column!r} {columns.count(column)} times", "each column once")
        for column in dict.fromkeys(columns)
        if columns.count(column) > 1 and column
    ]
    unnamed = [position for position, column in enumerate(columns, 1) if not column and (position > 1 or required)]
    if unnamed:
        found = f"no name for column {words(unnamed)} of {len(columns)}"
        problems.append(Problem(where, (), found, "a name for each column", "name it, or take the column out"))
    return problems


def _text_above(
    lines: Sequence[tuple[int, str]], required: Sequence[str], name: str, stated: str | None
) -> Problem | None:
    """Say that a line further down names the columns, where the first one names none of them."""
    signs = DELIMITERS if stated is None else (stated,)

    def named_in(line: str) -> int:
        return max(len(set(required) & set(cells_of(line, sign) or ())) for sign in signs)

    if len(required) < 2 or named_in(lines[0][1]):
        return None
    for number, line in lines[1:LONGEST_ROW]:
        if named_in(line) == len(required):
            mend = f"take out what stands above line {number}, or begin those lines with #"
            found = f"{shown(lines[0][1])}, and the names of columns in line {number}"
            return Problem(f"{name}: line {lines[0][0]}", (), found, "names of columns in the first line", mend)
    return None


def _without_text(
    rows: Sequence[Row], columns: tuple[str, ...], required: Sequence[str], name: str
) -> tuple[list[Row], list[Problem]]:
    """Take lines of text out: a single value where several are needed, and short lines below the last full row."""
    if len(required) < 2:
        return list(rows), []
    full = [place for place, row in enumerate(rows) if len(row.cells) >= len(columns)]
    last = full[-1] if full else len(rows)
    filled = [sum(map(bool, row.cells)) for row in rows]
    text = [
        place
        for place, row in enumerate(rows)
        if (filled[place] == 1 and len(row.cells) <= len(columns))
        or (place > last and len(row.cells) < len(columns) and filled[place] <= len(columns) // 2)
    ]
    # As many as that are rows that were cut at the wrong sign.
    if not text or 2 * len(text) > len(rows) + 1:
        return list(rows), []
    of = "line" if len(text) == 1 else "lines"
    examples = ", ".join(shown(" ".join(filter(None, rows[place].cells))) for place in text[:SAID_ONE_BY_ONE])
    problem = Problem(
        f"{name}: {of} {words((rows[place].line for place in text), 10)}",
        (),
        examples + (", ..." if len(text) > SAID_ONE_BY_ONE else ""),
        f"rows of {len(columns)} values, or lines that begin with #",
        f"where it is a note, take the {of} out or begin {'it' if len(text) == 1 else 'each'} with #",
    )
    return [row for place, row in enumerate(rows) if place not in text], [problem]


def _even(rows: Sequence[Row], columns: tuple[str, ...], delimiter: str, name: str) -> tuple[list[Row], list[Problem]]:
    """Keep rows with one value per column; empty cells beyond the last column are none."""
    good, uneven = [], []
    for row in rows:
        if len(row.cells) >= len(columns) and not any(row.cells[len(columns) :]):
            good.append(Row(row.line, row.cells[: len(columns)]))
        else:
            uneven.append(row)
    together = len(uneven) > SAID_ONE_BY_ONE or len(uneven) == len(rows) > 1
    allowed = f"{len(columns)} values, one per column"
    mend = f"put values that hold {named(delimiter)} in quotation marks"
    if delimiter == "," and any(len(row.cells) > len(columns) for row in uneven):
        mend = "put values that hold a comma in quotation marks"
        if together:
            mend += "; where the comma is the decimal sign, save the file with ';' between columns"
    if together:
        where = f"{name}: lines {words((row.line for row in uneven), 10)}"
        found = f"{len(uneven[0].cells)} values in line {uneven[0].line}, and others like it"
        return good, [Problem(where, (), found, allowed, mend)]
    return good, [Problem(f"{name}: line {row.line}", (), f"{len(row.cells)} values", allowed, mend) for row in uneven]
