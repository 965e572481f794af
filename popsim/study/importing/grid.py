"""From a spreadsheet or a CSV file to rows of cells by column: headings, hidden and merged cells, signs in numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from popsim.errors import FileError, Problem, StudyError, nearest, shown, words
from popsim.study.files import read_bytes
from popsim.study.importing.columns import AMOUNTS, BESIDE, COSTS, Column, TableKind, plain_heading
from popsim.tables import DELIMITERS, Dialect, decode, read_table
from popsim.tables.numbers import NumberFormat, conclude_numbers
from popsim.tables.workbook import LIMITS, Cell, Sheet, SheetRow, column_letters, read_workbook

Hidden = Literal["read", "skip"]

HEADINGS_WITHIN = 30
"""Headings stand within so many rows that hold something: above them may stand a title and notes."""
KNOWN_HEADINGS = 2
"""So many known headings make a row one of headings."""


OPTIONS = Dialect(key="")
"""Nothing is stated of a file; options of the command line could."""


@dataclass(frozen=True)
class Reading:
    """How tables are read, as far as a user states it.

    Parameters
    ----------
    sheet
        Sheet of a workbook that holds the costs; empty: the one called costs, or the only one that can be it.
    hidden
        What to do with hidden rows and columns; None refuses them.
    ignore
        Headings of columns that are not read.
    dialect
        How a CSV file, and numbers that are stored as text, are written.
    """

    sheet: str = ""
    hidden: Hidden | None = None
    ignore: tuple[str, ...] = ()
    dialect: Dialect = OPTIONS


@dataclass(frozen=True)
class GridRow:
    """One row: its number in the sheet or its line in the file, and its cells by the keys of their columns."""

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Grid:
    """A table of one kind, read from one sheet or one CSV file."""

    kind: TableKind
    file: str
    sheet: str
    """Name of the sheet; empty for a CSV file."""
    columns: dict[str, Column]
    """By key, those that the table has."""
    headings: dict[str, str]
    """By key, as the table writes them."""
    rows: tuple[GridRow, ...]
    numbers: NumberFormat
    left_out: tuple[str, ...] = ()
    """Headings of columns that are not read, as was asked for."""

    def place(self, row: GridRow, key: str = "") -> str:
        """Return where a row or one of its cells is, for messages."""
        named = self.headings.get(key, "")
        if not self.sheet:
            return f"line {row.number}" + (f", column {named}" if named else "")
        cell = row.cells.get(key)
        if cell is None or not named:
            return f"sheet {self.sheet}, row {row.number}"
        return f"sheet {self.sheet}, cell {cell.reference} ({named})"

    def origin(self, row: GridRow) -> str:
        """Return where a row was read, for comments in what is written."""
        return f"{self.file}, {self.place(row)}"


def read_grids(path: Path, kind: TableKind, reading: Reading) -> tuple[dict[str, Grid], list[str]]:
    """Read a file: its table of one kind and, of a workbook with costs, the tables beside it; notes on what was read.

    Raises
    ------
    PopsimError
        For a file that cannot be read, and for all that is wrong with its tables as a whole.
    """
    data = read_bytes(path)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        sheets = read_workbook(data, path.name)
        chosen, notes = _chosen(sheets, kind, path.name, reading)
        delimiter = ";"  # a sheet has none: nothing speaks for points as decimal signs
    else:
        sheet, delimiter, notes = _csv_sheet(data, path, kind, reading)
        chosen = {kind.name: sheet}
    problems: list[Problem] = []
    grids: dict[str, Grid] = {}
    for each in (kind, *BESIDE):
        if each.name in chosen:
            grid, found, faults = _grid(chosen[each.name], each, path.name, reading, delimiter)
            notes += found
            problems += faults
            if grid is not None:
                grids[each.name] = grid
    if problems:
        raise StudyError(problems)
    return grids, notes


def _chosen(
    sheets: Sequence[Sheet], kind: TableKind, file: str, reading: Reading
) -> tuple[dict[str, Sheet], list[str]]:
    """Return the sheets to be read by kind of table, and a note on those that are not."""
    named = {plain_heading(sheet.name): sheet for sheet in sheets}
    beside = {each.name: named[each.name] for each in BESIDE if each.name in named} if kind is COSTS else {}
    others = [sheet for sheet in sheets if sheet not in beside.values() and sheet.rows]
    if reading.sheet and kind is COSTS:
        own = named.get(plain_heading(reading.sheet))
        if own is None:
            names = [sheet.name for sheet in sheets]
            allowed = f"a sheet of the workbook: {words(names)}"
            raise FileError(Problem("--sheet", (), reading.sheet, allowed, nearest(reading.sheet, names)))
    elif kind.name in named:
        own = named[kind.name]
    elif len(others) == 1:
        own = others[0]
    else:
        found = f"sheets {words(shown(sheet.name) for sheet in others)}" if others else "no sheet that holds anything"
        mend = f"call it {kind.name}" + (", or name it with --sheet" if kind is COSTS else "")
        raise FileError(Problem(file, (), found, f"one sheet that holds {kind.name}", mend))
    chosen = {kind.name: own} | {name: sheet for name, sheet in beside.items() if sheet is not own}
    unread = [sheet.name for sheet in others if sheet not in chosen.values()]
    return chosen, [f"{file}: not read: {'sheet' if len(unread) == 1 else 'sheets'} {words(unread)}"] if unread else []


def _csv_sheet(data: bytes, path: Path, kind: TableKind, reading: Reading) -> tuple[Sheet, str, list[str]]:
    """Return a CSV file as a sheet, the sign between its columns, and notes on how it was read.

    Raises
    ------
    PopsimError
        For a file that is no text, or no table of this kind.
    """
    if len(data) > LIMITS.bytes:
        found, allowed = f"{len(data):,} bytes", f"at most {LIMITS.bytes:,} bytes"
        raise FileError(Problem(path.name, (), found, allowed, "take out rows that are no costs"))
    text, source = decode(data, path.name, reading.dialect.encoding, key="")
    lines = text.split("\n")
    if len(lines) > LIMITS.rows:
        allowed = f"at most {LIMITS.rows:,} lines"
        raise FileError(Problem(path.name, (), f"{len(lines):,} lines", allowed, "take out rows that are no costs"))
    stated = reading.dialect.delimiter
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    separator = re.fullmatch(r'\s*"?sep=(.)"?[;,\t|]*\s*', lines[first], re.IGNORECASE)
    if separator:
        lines[first] = ""
        stated = stated or separator[1]
    found_at = _header_line(lines, kind, (stated,) if stated else DELIMITERS)
    if found_at is None:
        raise StudyError(_no_headings(path.name, "", kind, [line for line in lines if line.strip()][:1]))
    at, delimiter = found_at
    above = [number for number, line in enumerate(lines[:at], 1) if line.strip() and not _is_comment(line)]
    lines[:at] = [""] * at
    dialect = replace(reading.dialect, delimiter=delimiter)
    # No column is required here: a row of nothing but the area, as templates have them, is no line of text.
    table, problems = read_table("\n".join(lines), path.name, (), (), dialect)
    if problems:
        raise StudyError(problems)
    notes = [f"{path.name}: read {source}"] if source else []
    if above:
        notes.append(f"{path.name}: not read: {_lines(above)} above the headings")
    heads = SheetRow(at + 1, tuple(_text_cell(name) for name in table.columns))
    rows = (SheetRow(row.line, tuple(_text_cell(cell) for cell in row.cells)) for row in table.rows)
    return Sheet("", (heads, *rows)), delimiter, notes


def _text_cell(text: str) -> Cell:
    return Cell(text, "text", "") if text else Cell(None, "empty", "")


def _is_comment(line: str) -> bool:
    return re.match(r'[\s"]*#', line) is not None


def _lines(numbers: Sequence[int]) -> str:
    return f"{'line' if len(numbers) == 1 else 'lines'} {words(numbers, 5)}"


def _header_line(lines: Sequence[str], kind: TableKind, signs: Sequence[str]) -> tuple[int, str] | None:
    """Return the line of headings and the sign between columns that shows the most of them."""
    best: tuple[int, int, str] | None = None
    filled = [(index, line) for index, line in enumerate(lines) if line.strip() and not _is_comment(line)]
    for index, line in filled[:HEADINGS_WITHIN]:
        for sign in signs:
            known = sum(kind.column(cell.strip().strip('"')) is not None for cell in line.split(sign))
            if known >= KNOWN_HEADINGS and (best is None or known > best[0]):
                best = known, index, sign
    return None if best is None else best[1:]


def _no_headings(file: str, sheet: str, kind: TableKind, first: Sequence[str]) -> Problem:
    needed = words(kind_heading(kind, key) for key in kind.required)
    allowed = f"a row of headings, such as {needed}, and below it a row for each {kind.row.partition(' ')[2]}"
    found = f"no row of headings ({shown(first[0])} stands first)" if first else "no row that holds anything"
    position = f"sheet {sheet}" if sheet else ""
    mend = "popsim import --template FILE writes a table to fill in"
    return Problem(file, (), found, allowed, mend, position=position)


def kind_heading(kind: TableKind, key: str) -> str:
    """Return the heading of the column of a key."""
    return next(column.heading for column in kind.columns if column.key == key)


def _grid(
    sheet: Sheet, kind: TableKind, file: str, reading: Reading, delimiter: str
) -> tuple[Grid | None, list[str], list[Problem]]:
    """Return the table of a sheet, None where it cannot be read; notes; what is wrong with it as a whole."""
    at = _header_row(sheet, kind)
    if at is None:
        first = [str(cell.value) for row in sheet.rows[:1] for cell in row.cells if cell.value is not None]
        return None, [], [_no_headings(file, sheet.name, kind, first)]
    header, body = sheet.rows[at], [row for row in sheet.rows[at + 1 :] if not _is_remark(row)]
    where = f"sheet {sheet.name}, " if sheet.name else ""
    notes = []
    if at:
        above = f"rows above the headings in row {header.number}"
        notes.append(f"{file}: {where}not read: {above}")
    body, skipped, problems = _visible(sheet, body, file, reading)
    notes += skipped
    columns, faults = _columns(sheet, header, body, kind, file, reading)
    problems += faults
    problems += _check_merged(sheet, header, file, set(columns))
    rows = tuple(row for row in (_row(each, columns) for each in body) if row.cells)
    by_key = {column.key: column for column in columns.values()}
    cells = list(_written_numbers(rows, by_key))
    name = f"{file}: sheet {sheet.name}" if sheet.name else file
    numbers, said, faults = conclude_numbers(cells, reading.dialect, delimiter, name)
    problems += faults
    if said:
        notes.append(f"{name}: {'numbers that are text ' if sheet.name else ''}read with {' and '.join(said)}")
    computed = sum(cell.computed and cell.kind != "formula" for row in rows for cell in row.cells.values())
    if computed:
        cells_hold = "1 cell holds a formula" if computed == 1 else f"{computed} cells hold formulas"
        notes.append(f"{name}: {cells_hold}: what was computed when the file was saved is read")
    headings = {column.key: str(header.cells[place].value).strip() for place, column in columns.items()}
    names = [str(cell.value).strip() for cell in header.cells if cell.kind != "empty"]
    ignored = {plain_heading(name) for name in reading.ignore}
    left_out = tuple(name for name in names if plain_heading(name) in ignored)
    grid = Grid(kind, file, sheet.name, by_key, headings, rows, numbers or NumberFormat(), left_out)
    return grid, notes, problems


def _row(row: SheetRow, columns: Mapping[int, Column]) -> GridRow:
    """Return the filled cells of a row by the keys of their columns."""
    filled = {column.key: row.cells[place] for place, column in columns.items() if place < len(row.cells)}
    return GridRow(row.number, {key: cell for key, cell in filled.items() if cell.kind != "empty"})


def _is_remark(row: SheetRow) -> bool:
    """Return whether a row begins with #, as comments of CSV files do."""
    first = next(cell for cell in row.cells if cell.kind != "empty")
    return first.kind == "text" and str(first.value).lstrip().startswith("#")


def _header_row(sheet: Sheet, kind: TableKind) -> int | None:
    """Return the place of the row that has the most known headings."""
    known = [
        sum(kind.column(str(cell.value)) is not None for cell in row.cells if cell.kind == "text")
        for row in sheet.rows[:HEADINGS_WITHIN]
    ]
    best = max(known, default=0)
    return known.index(best) if best >= KNOWN_HEADINGS else None


def _visible(
    sheet: Sheet, body: Sequence[SheetRow], file: str, reading: Reading
) -> tuple[list[SheetRow], list[str], list[Problem]]:
    """Return the rows that are read, a note where hidden ones are not, and a problem where nobody says what to do."""
    hidden = [row.number for row in body if row.hidden]
    columns = [
        column_letters(place)
        for place in sorted(sheet.hidden_columns)
        if any(place < len(row.cells) and row.cells[place].kind != "empty" for row in body)
    ]
    found = [f"{name} {words(listed, 10)}" for name, listed in (("rows", hidden), ("columns", columns)) if listed]
    if sheet.hidden:
        found.append("the whole sheet")
    if not found:
        return list(body), [], []
    position = f"sheet {sheet.name}"
    if reading.hidden is None:
        mend = "show them, delete them, or say what to do: --hidden read, --hidden skip"
        problem = Problem(file, (), f"hidden: {' and '.join(found)}", "nothing hidden", mend, position=position)
        return list(body), [], [problem]
    if reading.hidden == "read":
        return list(body), [f"{file}: {position}: read although hidden: {' and '.join(found)}"], []
    rows = [] if sheet.hidden else [row for row in body if not row.hidden]
    empty = Cell(None, "empty", "")
    rows = [
        replace(row, cells=tuple(empty if k in sheet.hidden_columns else cell for k, cell in enumerate(row.cells)))
        for row in rows
    ]
    return rows, [f"{file}: {position}: not read, as hidden: {' and '.join(found)}"], []


def _columns(
    sheet: Sheet, header: SheetRow, body: Sequence[SheetRow], kind: TableKind, file: str, reading: Reading
) -> tuple[dict[int, Column], list[Problem]]:
    """Return the columns that are known, by place, and problems of headings: unknown, repeated, missing."""
    filled = {k for row in body for k, cell in enumerate(row.cells) if cell.kind != "empty"}
    ignored = {plain_heading(name) for name in reading.ignore}
    columns: dict[int, Column] = {}
    taken: dict[str, int] = {}
    problems: list[Problem] = []

    def refuse(place: int | None, found: str, allowed: str, mend: str = "") -> None:
        if sheet.name:
            at = f", cell {column_letters(place)}{header.number}" if place is not None else f", row {header.number}"
            problems.append(Problem(file, (), found, allowed, mend, position=f"sheet {sheet.name}{at}"))
        else:
            problems.append(Problem(file, (), found, allowed, mend, position=f"line {header.number}"))

    width = max([len(header.cells), *(k + 1 for k in filled)])
    for place in range(width):
        cell = header.cells[place] if place < len(header.cells) else Cell(None, "empty", "")
        name = str(cell.value).strip() if cell.kind != "empty" else ""
        if plain_heading(name) in ignored or name.startswith("#") or (place not in filled and not kind.column(name)):
            continue
        column = kind.column(name)
        if not name:
            example = next(row.cells[place].value for row in body if place < len(row.cells) and place in filled)
            mend = "write one, or # to leave the column out"
            refuse(place, f"no heading above {shown(example)}", "a heading above each column", mend)
        elif column is None:
            mend = f"{kind.nearest(name)}to leave the column out: --ignore {shown(name)}, or # before the heading"
            allowed = f"headings of the table of {kind.name}: {words((each.heading for each in kind.columns), 60)}"
            refuse(place, f"unknown heading {shown(name)}", allowed, mend)
        elif column.key in taken:
            first = str(header.cells[taken[column.key]].value)
            both = f"{shown(first)} and {shown(name)}, which mean the same"
            refuse(place, both, "each column once", "take one of them out, or put # before its heading")
        else:
            columns[place] = column
            taken[column.key] = place
    for key in kind.required:
        if key not in taken and not (key == "name" and "id" in taken):
            heading = kind_heading(kind, key)
            refuse(None, f"no column {heading}", f"columns {words(kind_heading(kind, k) for k in kind.required)}")
    return columns, problems


def _check_merged(sheet: Sheet, header: SheetRow, file: str, columns: set[int]) -> Iterator[Problem]:
    """List merged cells of the table: it cannot be known for which of its rows a merged value holds."""
    last = max((row.number for row in sheet.rows), default=0)
    found = []
    for reference in sheet.merged:
        match = re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d+)", reference)
        if match and int(match[4]) >= header.number and int(match[2]) <= last:
            spanned = {k for k in columns if _between(match[1], column_letters(k), match[3])}
            found += [reference] if spanned else []
    if found:
        mend = "unmerge them, and write the value into each row that it holds for"
        position = f"sheet {sheet.name}"
        yield Problem(file, (), f"merged cells {words(found, 10)}", "one value in each cell", mend, position=position)


def _between(first: str, column: str, last: str) -> bool:
    keys = [(len(letters), letters) for letters in (first, column, last)]
    return keys[0] <= keys[1] <= keys[2]


def _written_numbers(rows: Sequence[GridRow], columns: dict[str, Column]) -> Iterator[tuple[int, str, str]]:
    """Yield row, column and text of each number that is stored as text."""
    for row in rows:
        for key, cell in row.cells.items():
            if cell.kind != "text" or columns[key].sort not in AMOUNTS:
                continue
            text = str(cell.value)
            for piece in parts_of(text) if columns[key].sort == "shares" else [text]:
                yield row.number, columns[key].heading, piece.strip().removesuffix("%").strip()


def parts_of(text: str) -> list[str]:
    """Return the entries of a list in a cell: what stands between blanks, semicolons, bars and slashes.

    Examples
    --------
    >>> parts_of("0,6; 0,4"), parts_of("60% 40%"), parts_of("KEN TZA")
    (['0,6', '0,4'], ['60%', '40%'], ['KEN', 'TZA'])
    """
    return [piece for piece in re.split(r"[\s;|/]+", text) if piece]
