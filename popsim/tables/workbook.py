"""Read the sheets of a workbook (.xlsx) as cells that keep what a person sees in them; knows nothing of studies.

The file may be hostile, and it may be an honest ledger of a million rows. So it is looked through first, without
keeping anything: how many files are packed in it, how large they are unpacked, how many elements they have and how far
cells reach. What goes beyond `LIMITS` is refused before openpyxl, which keeps each cell in memory, opens the file.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from xml.parsers import expat

from popsim.errors import FileError, Problem, words

if TYPE_CHECKING:
    from openpyxl.cell import Cell as OpenpyxlCell
    from openpyxl.workbook import Workbook as OpenpyxlWorkbook

Value = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None
CellKind = Literal["empty", "text", "number", "per cent", "truth", "date", "error", "formula"]
"""What a cell holds; "formula" is one whose value the file does not hold."""

REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,9})")
NEW_WORKBOOK = "copy the sheets that are needed into a new workbook"


@dataclass(frozen=True)
class Limits:
    """How much of a workbook is read."""

    bytes: int = 32 * 2**20
    """Of the file."""
    unpacked: int = 128 * 2**20
    """Bytes of all files that are packed in it."""
    parts: int = 2_000
    """Files that are packed in it."""
    elements: int = 600_000
    """XML elements: a cell is two or three of them."""
    rows: int = 10_000
    columns: int = 100
    merged: int = 10_000
    """Cells of one merged range."""


LIMITS = Limits()


@dataclass(frozen=True)
class Cell:
    """One cell: what it holds, what kind of thing that is, and where it is, such as ``C5``."""

    value: Value
    kind: CellKind
    reference: str
    computed: bool = False
    """Whether the value is that of a formula, as it was when the file was saved."""


@dataclass(frozen=True)
class SheetRow:
    """One row that holds something, by its number in the sheet; cells from column A on."""

    number: int
    cells: tuple[Cell, ...]
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: rows that hold something, and what hides or joins cells."""

    name: str
    rows: tuple[SheetRow, ...]
    hidden: bool = False
    hidden_columns: frozenset[int] = frozenset()
    """Positions of columns, 0 for A."""
    merged: tuple[str, ...] = ()
    """Ranges of cells that were merged into one, such as ``A2:A5``."""


def read_workbook(data: bytes, name: str, limits: Limits = LIMITS) -> tuple[Sheet, ...]:
    """Read every sheet of a workbook, in its order; charts are none.

    Parameters
    ----------
    data
        What the file holds.
    name
        Of the file, for messages.
    limits
        How much is read.

    Raises
    ------
    FileError
        For a file that is no .xlsx workbook, is protected with a password, is damaged, or goes beyond the limits.
    """
    seen = _inspect(data, name, limits)
    values = _open(data, name, data_only=True)
    written = _open(data, name, data_only=False) if seen.formulas else None
    return tuple(_sheet(sheet, written[sheet.title] if written else None, seen) for sheet in values.worksheets)


def column_letters(position: int) -> str:
    """Return the letters of a column by its position.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    letters, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _refused(name: str, found: str, allowed: str = "a workbook (.xlsx) or a CSV file", mend: str = "") -> FileError:
    return FileError(Problem(name, (), found, allowed, mend))


def _inspect(data: bytes, name: str, limits: Limits) -> _Scan:
    """Refuse what is no workbook or too large; return what was seen of the rest."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            mend = "take the password off in the spreadsheet program, and save the workbook again"
            raise _refused(name, "a file that is protected with a password", "a workbook without a password", mend)
        raise _refused(name, "a workbook of the old kind (.xls)", mend="save it as .xlsx in the spreadsheet program")
    if len(data) > limits.bytes:
        raise _refused(name, f"{len(data):,} bytes", f"at most {limits.bytes:,} bytes", NEW_WORKBOOK)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _check_parts(packed, name, limits)
            seen = _Scan(name, limits)
            for part in packed.infolist():
                if part.filename.lower().endswith((".xml", ".rels")):
                    seen.read(packed.read(part), part.filename)
    except (FileError, MemoryError):
        raise
    except Exception as error:
        # Modules for packed files have errors of their own for each way in which a file can be damaged.
        raise _damaged(name, error) from None
    return seen


def _damaged(name: str, error: Exception) -> FileError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    mend = "open it in the spreadsheet program and save it again as .xlsx, or save the sheet as CSV"
    return _refused(name, f"a file that cannot be read as a workbook ({reason})", mend=mend)


def _check_parts(packed: zipfile.ZipFile, name: str, limits: Limits) -> None:
    parts = packed.infolist()
    names = {part.filename for part in parts}
    if len(parts) > limits.parts:
        raise _refused(name, f"{len(parts):,} files packed into one", f"at most {limits.parts:,}", NEW_WORKBOOK)
    size = sum(part.file_size for part in parts)
    if size > limits.unpacked:
        raise _refused(name, f"{size:,} bytes when unpacked", f"at most {limits.unpacked:,} bytes", NEW_WORKBOOK)
    if any(part.flag_bits & 1 for part in parts):
        raise _refused(name, "a packed file with a password", mend="save it again without a password")
    as_xlsx = "save it as .xlsx in the spreadsheet program"
    if "mimetype" in names and b"opendocument" in packed.read("mimetype")[:100]:
        raise _refused(name, "an OpenDocument file (.ods)", mend=as_xlsx)
    if "xl/workbook.bin" in names:
        raise _refused(name, "a binary workbook (.xlsb)", mend=as_xlsx)
    if "[Content_Types].xml" not in names or not any("workbook" in part for part in names):
        raise _refused(name, f"a packed file without a workbook in it ({words(sorted(names), 3)})")


@dataclass
class _Scan:
    """Looks through the XML of a workbook; counts, and refuses what is too much or has no place there."""

    name: str
    limits: Limits
    elements: int = 0
    formulas: bool = False
    last_row: int = 1
    last_column: int = 0
    row: int = field(default=0, init=False)
    column: int = field(default=-1, init=False)

    def read(self, data: bytes, part: str) -> None:
        """Look through one part.

        Raises
        ------
        FileError
            For XML that cannot be parsed, states a document type, or goes beyond the limits.
        """
        self.row, self.column = 0, -1
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self.doctype
        parser.StartElementHandler = self.start
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise _damaged(self.name, ValueError(f"{part}: {error}")) from None

    def doctype(self, *_: object) -> None:
        """Refuse a document type: workbooks have none, and entities that it defines can fill the memory."""
        raise _refused(self.name, "a document type inside the workbook", "a workbook without one", NEW_WORKBOOK)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count an element, and see how far cells and ranges reach."""
        self.elements += 1
        if self.elements > self.limits.elements:
            found = f"more than {self.limits.elements:,} cells and other elements"
            raise _refused(self.name, found, "a table of costs, of a few thousand rows at most", NEW_WORKBOOK)
        local = tag.rpartition(":")[2]
        if local == "row":
            number = attributes.get("r", "")
            self.row, self.column = int(number) if number.isdecimal() else self.row + 1, -1
        elif local == "c":
            match = REFERENCE.fullmatch(attributes.get("r", ""))
            self.column += 1
            if match:
                self.row, self.column = int(match[2]), _position(match[1])
        elif local in ("v", "f", "is"):
            self.formulas |= local == "f"
            self.check_reach()
        elif local in ("mergeCell", "hyperlink"):
            self.check_range(attributes.get("ref", ""))

    def check_reach(self) -> None:
        """Refuse a cell that holds something further down or to the right than is read."""
        if self.row > self.limits.rows or self.column >= self.limits.columns:
            last = f"{column_letters(self.limits.columns - 1)}{self.limits.rows}"
            found = f"a filled cell in row {self.row:,}, column {column_letters(self.column)}"
            raise _refused(self.name, found, f"cells from A1 to {last}", NEW_WORKBOOK)
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)

    def check_range(self, reference: str) -> None:
        """Refuse a range of more cells than are read: each of them would be made."""
        corners = [REFERENCE.fullmatch(corner) for corner in reference.split(":")]
        if None in corners or len(corners) > 2:
            return
        places = [(int(corner[2]), _position(corner[1])) for corner in corners if corner]
        (top, left), (bottom, right) = places[0], places[-1]
        if (abs(bottom - top) + 1) * (abs(right - left) + 1) > self.limits.merged:
            allowed = f"ranges of at most {self.limits.merged:,} cells"
            raise _refused(self.name, f"one range over {reference}", allowed, NEW_WORKBOOK)


def _position(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _open(data: bytes, name: str, *, data_only: bool) -> OpenpyxlWorkbook:
    """Open a workbook that was looked through."""
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings(record=True) as warned:
            # What openpyxl does not keep, such as styles and drop-down lists, is not read from the file either.
            warnings.simplefilter("always")
            book = load_workbook(io.BytesIO(data), data_only=data_only, keep_links=False)
    except MemoryError:
        raise
    except Exception as error:
        # A damaged file makes openpyxl fail in any way: with KeyError, TypeError, AttributeError, ParseError ...
        raise _damaged(name, error) from None
    left_out = [str(each.message) for each in warned if "invalid specification" in str(each.message)]
    if left_out or not book.worksheets:
        raise _damaged(name, ValueError("; ".join(left_out) or "no sheet of cells"))
    return book


def _sheet(sheet: Any, written: Any, seen: _Scan) -> Sheet:
    """Return what a sheet shows; `written` is the same sheet with its formulas, where the workbook has some."""
    hidden = set()
    for letters, dimension in sheet.column_dimensions.items():
        if dimension.hidden:
            first = dimension.min or _position(letters) + 1
            hidden |= set(range(first - 1, min(dimension.max or first, seen.last_column + 1)))
    hidden_rows = {number for number, dimension in sheet.row_dimensions.items() if dimension.hidden}
    return Sheet(
        name=sheet.title,
        rows=tuple(_rows(sheet, written, hidden_rows, seen)),
        hidden=sheet.sheet_state != "visible",
        hidden_columns=frozenset(hidden),
        merged=tuple(sorted(str(merged) for merged in sheet.merged_cells.ranges)),
    )


def _rows(sheet: Any, written: Any, hidden: set[int], seen: _Scan) -> Iterator[SheetRow]:
    # Cells that are formatted and hold nothing may reach further than those that were seen to hold something.
    last = {"max_row": min(sheet.max_row, seen.last_row), "max_col": min(sheet.max_column, seen.last_column + 1)}
    formulas: dict[str, bool] = {}
    for row in written.iter_rows(**last) if written else ():
        formulas |= {cell.coordinate: True for cell in row if cell.data_type == "f"}
    for number, row in enumerate(sheet.iter_rows(**last), 1):
        cells = tuple(_cell(cell, cell.coordinate in formulas) for cell in row)
        if any(cell.kind != "empty" for cell in cells):
            yield SheetRow(number, cells, number in hidden)


def _cell(cell: OpenpyxlCell, formula: bool) -> Cell:
    """Return what a cell shows; a formula without a stored value shows nothing that can be relied on."""
    value: Any = cell.value
    kind: CellKind
    if value is None:
        # A formula whose stored value is an empty text, as =IF(A1="","",A1), has the type of text.
        kind = "formula" if formula and cell.data_type == "n" else "empty"
    elif cell.data_type == "e":
        kind = "error"
    elif isinstance(value, bool):
        kind = "truth"
    elif isinstance(value, int | float):
        kind = "per cent" if _is_per_cent(cell.number_format) else "number"
    elif isinstance(value, dt.date | dt.time | dt.timedelta):
        kind = "date"
    else:
        value = str(value)
        kind = "text" if value.strip() else "empty"
    return Cell(value if kind != "empty" else None, kind, cell.coordinate, formula)


def _is_per_cent(number_format: str) -> bool:
    """Return whether a number format shows hundredths: a sign of per cent that is not quoted."""
    return "%" in re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", number_format or "")
