"""How a CSV file is written: its encoding, the sign between its columns, the signs inside its numbers.

A study can say all of it. What it does not say is concluded from the file, from evidence that allows one reading only:
"1.234,5" and "8.078.314" do, "345.678" does not. A file that can be read in two ways is refused, never guessed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

from popsim.errors import Problem, shown, words

__all__ = [
    "DELIMITERS",
    "PLAIN",
    "Dialect",
    "Numbers",
    "cells_of",
    "conclude_numbers",
    "decode",
    "find_delimiter",
    "named",
]

NAMES = {"\t": "tab", " ": "space"}
DELIMITERS = (",", ";", "\t", "|")
BLANKS = {"\u00a0", "\u202f", "\u2009", "\u2007"}
APOSTROPHES = {"\u2019", "\u02bc", "\u00b4"}
SHOWN = 3
"""How many examples a message gives."""


def named(sign: str) -> str:
    """Name a sign for a message."""
    return NAMES.get(sign) or (f'"{sign}"' if sign == "'" else f"'{sign}'")


@dataclass(frozen=True)
class Dialect:
    """What a study says of how a CSV file is written; None where it says nothing.

    Parameters
    ----------
    delimiter
        Sign between columns.
    decimal
        Sign before the fraction of a number.
    thousands
        Sign between groups of three digits; empty: there is none.
    encoding
        Name of the encoding.
    """

    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None

    def over(self, general: Dialect) -> Dialect:
        """Lay what is said of one file over what is said of all."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(general, **{name: value for name, value in said.items() if value is not None})


@dataclass(frozen=True)
class Numbers:
    """The signs inside the numbers of a file."""

    decimal: str = "."
    thousands: str = ""

    def read(self, text: str) -> float | None:
        """Read a finite decimal number; None for anything else.

        Examples
        --------
        >>> PLAIN.read("1.5e6"), PLAIN.read("1,5"), PLAIN.read("nan")
        (1500000.0, None, None)
        >>> Numbers(",", ".").read("8.078.314,5"), Numbers(",", ".").read("80.783.14"), Numbers(".", "'").read("1’000")
        (8078314.5, None, 1000.0)
        """
        text = _uniform(text)
        point = re.escape(self.decimal)
        if not re.fullmatch(rf"[+-]?(?:\d+(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d{{1,3}})?", text, re.ASCII):
            grouped = rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(self.thousands)}\d{{3}})+(?:{point}\d*)?"
            if not self.thousands or not re.fullmatch(grouped, text, re.ASCII):
                return None
            text = text.replace(self.thousands, "")
        value = float(text.replace(self.decimal, "."))
        return value if abs(value) != float("inf") else None


PLAIN = Numbers()


def _uniform(text: str) -> str:
    """Write each kind of blank, apostrophe and minus sign in one way."""
    text = text.strip()
    if text.isascii():
        return text
    text = "".join(" " if c in BLANKS else "'" if c in APOSTROPHES else c for c in text)
    return text.replace("\u2212", "-")


def decode(data: bytes, file: str, where: str, encoding: str | None) -> tuple[str, str, list[Problem]]:
    r"""Decode a file: its text with ``\n`` at the end of lines, a note where it is not UTF-8, and what is wrong.

    Parameters
    ----------
    data
        What the file holds.
    file
        Its path or name.
    where
        Who refers to it.
    encoding
        What the study says; None where it says nothing: then UTF-8, UTF-16 with a byte order mark, or windows-1252
        where every letter beyond ASCII stands among letters of ASCII, as in names of western languages.

    Examples
    --------
    >>> decode("Côte d'Ivoire".encode("cp1252"), "c.csv", "c.csv", None)[:2]
    ("Côte d'Ivoire", 'from windows-1252 (it is not UTF-8), in which it says "Côte"')
    """
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        mend = "open it in the spreadsheet program and save the sheet as CSV, best as CSV UTF-8"
        return "", "", [Problem(where, (), f"{file}: a workbook or another packed file", "a CSV file", mend)]
    taken, note = encoding, ""
    if taken is None:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            taken, note = "utf-16", "from UTF-16"
        elif b"\0" in data:
            problem = Problem(
                where,
                (),
                f"{file}: bytes of value 0, as in UTF-16 without a byte order mark",
                "text in UTF-8",
                'save the file as UTF-8, or name its encoding in the study: [csv] encoding = "utf-16-le"',
            )
            return "", "", [problem]
        else:
            taken = "utf-8"
    if codecs.lookup(taken).name == "utf-8":
        taken = "utf-8-sig"
    try:
        text = data.decode(taken)
    except UnicodeError as error:
        western = None if encoding else _western(data)
        if western is None:
            return "", "", [_undecoded(data, file, where, taken, error)]
        text, note = western
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), note, []


def _western(data: bytes) -> tuple[str, str] | None:
    """Text and note of a file that can be windows-1252, which most programs write that do not write UTF-8."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    strange = [word for word in re.findall(r"\w+", text) if not word.isascii()]
    for word in strange:
        # Text of another alphabet, read so, is made of accented letters alone.
        if re.search(r"[^\x00-\x7f]{2}", word) or not re.search(r"[A-Za-z]", word):
            return None
        if not all("LATIN" in unicodedata.name(letter, "") for letter in word if letter.isalpha()):
            return None
    if re.search(r"[^\x00-\x7f\w\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u20ac\u00a0\u00b0\u00a7\u00ab\u00bb]", text):
        return None
    # Accented letters of DOS code pages, read so, are marks within words and spaces at their ends.
    if re.search(r"[^\W\d_](?:[\u201c\u201d\u2014\u2026\u20ac\u00b0\u00a7\u00ab\u00bb]|\u2013(?=[a-z]))[^\W\d_]", text):
        return None
    if re.search(r"[a-z]\u00a0(?:[;,|\t\" ]|$)", text, re.MULTILINE):
        return None
    example = f', in which it says "{strange[0]}"' if strange else ""
    return text, f"from windows-1252 (it is not UTF-8){example}"


def _undecoded(data: bytes, file: str, where: str, encoding: str, error: UnicodeError) -> Problem:
    called = "UTF-8" if encoding == "utf-8-sig" else encoding
    if isinstance(error, UnicodeDecodeError):
        line = data[: error.start].count(b"\n") + 1
        found = f"{file}: byte 0x{data[error.start]:02x} in line {line} is not {called}"
    else:
        found = f"{file}: no text in {called} ({error})"
    mend = 'save the file again with encoding UTF-8, or name its encoding in the study: [csv] encoding = "..."'
    return Problem(where, (), found, f"text in {called}", mend)


def cells_of(line: str, delimiter: str) -> tuple[str, ...] | None:
    """Split a line into cells, spaces around them taken off; None where quotation marks do not pair."""
    try:
        (cells,) = csv.reader(io.StringIO(line), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    return tuple(cell.strip() for cell in cells)


def find_delimiter(
    lines: Sequence[str], required: Sequence[str], name: str, key: str, stated: str | None
) -> tuple[str, list[Problem]]:
    """Find the sign between columns: the one that leaves the columns which a file must have in the first line.

    Parameters
    ----------
    lines
        Lines of the file that are no comments; the first names the columns.
    required
        Columns that the file must have; none where any names will do, and the number of cells decides.
    name, key
        Of the file, and of the table of the study that can say how it is written.
    stated
        What the study, or a first line such as ``sep=;``, says.
    """
    if stated is not None:
        return stated, []
    heads = {sign: cells for sign in DELIMITERS if (cells := cells_of(lines[0], sign)) is not None}
    if not heads:
        return ",", []
    if required:
        wanted = {column.casefold() for column in required}
        found = {sign: len(wanted & {cell.casefold() for cell in cells}) for sign, cells in heads.items()}
        best = max(found.values())
        fits = [sign for sign in heads if found[sign] == best and (best or len(heads[sign]) > 1)]
        # Where nothing names a column, the sign that cuts the line most says best what it holds.
        return max(fits or heads, key=lambda sign: len(heads[sign])), []
    fits = [sign for sign, cells in heads.items() if len(cells) > 1]
    if len(fits) > 1:
        even = [sign for sign in fits if all(len(cells_of(line, sign) or ()) == len(heads[sign]) for line in lines[1:])]
        fits = even or fits
    if len(fits) > 1:
        signs = words(named(sign) for sign in fits)
        return fits[0], [
            Problem(
                f"{name}: first line",
                (),
                f"{shown(lines[0])}, which may be cut at {signs}",
                "one sign between columns",
                f"say which in the study: [{key}] delimiter = ...",
            )
        ]
    return (fits or [","])[0], []


@dataclass(frozen=True)
class Cell:
    """A cell of a column of numbers."""

    line: int
    column: str
    text: str


@dataclass
class Evidence:
    """The first cell that shows each use of a sign, and the cells that can be read in two ways."""

    decimal: dict[str, Cell]
    thousands: dict[str, Cell]
    either: dict[str, list[Cell]]
    settled: set[str] = field(default_factory=set)
    """Columns in which some number shows the decimal sign."""

    def alone(self, sign: str) -> list[Cell]:
        """Cells with three digits after a sign, in columns where that is all there is: they show nothing themselves."""
        cells = [cell for cell in self.either.get(sign, []) if cell.column not in self.settled]
        return cells if len({cell.text for cell in cells}) > 1 else []

    def add(self, cell: Cell, whole: bool) -> None:
        """Take in what a cell shows; `whole` says that there are no thousands separators."""
        match = re.fullmatch(r"[+-]?([\d.,' ]*\d[\d.,' ]*)([eE][+-]?\d+)?", _uniform(cell.text), re.ASCII)
        signs = re.sub(r"\d", "", match[1]) if match else ""
        if match is None or not signs:
            return
        body, last = match[1], signs[-1]
        integer, _, fraction = body.rpartition(last)
        if len(signs) == 1 and last in ".,":
            group = re.fullmatch(r"[1-9]\d{0,2}", integer) and len(fraction) == 3
            if group and not match[2] and not whole:
                self.either.setdefault(last, []).append(cell)
            else:
                self.decimal.setdefault(last, cell)
                self.settled.add(cell.column)
        elif len(set(signs)) == 1:
            if _grouped(body, last):
                self.thousands.setdefault(last, cell)
        elif len(set(signs)) == 2 and last in ".," and signs.count(last) == 1 and _grouped(integer, signs[0]):
            self.decimal.setdefault(last, cell)
            self.settled.add(cell.column)
            self.thousands.setdefault(signs[0], cell)


def _grouped(text: str, sign: str) -> bool:
    return re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(sign)}\d{{3}})+", text) is not None


def conclude_numbers(
    cells: Iterable[tuple[int, str, str]], said: Dialect, delimiter: str, name: str, key: str
) -> tuple[Numbers | None, list[str], list[Problem]]:
    """Conclude the signs inside the numbers of a file: the signs (None where they cannot be known), notes, problems.

    Parameters
    ----------
    cells
        (line, column, text) of every cell of a column of numbers.
    said
        What the study says.
    delimiter
        The sign between columns. Where it is a comma, and nothing shows otherwise, a single point is a decimal point:
        so write all programs that put commas between columns.
    name, key
        Of the file, and of the table of the study that can say how it is written.

    Examples
    --------
    >>> cells = [(2, "people", "1.234,5"), (3, "people", "345.678")]
    >>> conclude_numbers(cells, Dialect(), ";", "c.csv", "csv.countries")[0]
    Numbers(decimal=',', thousands='.')
    """
    listed = [Cell(*cell) for cell in cells if cell[2]]
    seen = Evidence({}, {}, {})
    for cell in listed:
        seen.add(cell, said.thousands == "")
    decimal, thousands, problems = _signs(seen, said, delimiter, name, key)
    if problems:
        return None, [], problems
    numbers = Numbers(decimal, thousands)
    spoilt = [cell for cell in listed if numbers.read(cell.text) is None and re.match(r"[+-]?[.,]?\d", cell.text)]
    spoilt = [cell for cell in spoilt if re.fullmatch(r"[-+\d.,' eE]+", _uniform(cell.text))]
    # Where numbers are plain, a cell or two are typing errors; who asks for the number says so.
    if len(spoilt) > SHOWN or (spoilt and (numbers != PLAIN or said.decimal or said.thousands is not None)):
        return None, [], [_unreadable(spoilt, numbers, name, key)]
    note = []
    fractions = bool(seen.decimal or seen.either.get(decimal))
    unsettled = seen.alone(decimal) if said.decimal is None else []
    if said.decimal is None and fractions and (decimal != "." or delimiter != "," or unsettled):
        note.append(f"{named(decimal)} as the decimal sign")
    if unsettled:
        columns = words(dict.fromkeys(cell.column for cell in unsettled))
        note[-1] += f" ({shown(unsettled[0].text)} and others in column {columns} have three decimals)"
    if said.thousands is None and thousands:
        note.append(f"{named(thousands)} between thousands")
    return numbers, note, []


def _signs(seen: Evidence, said: Dialect, delimiter: str, name: str, key: str) -> tuple[str, str, list[Problem]]:
    """Decimal sign, thousands separator, and what keeps them from being known."""
    implied = {".": ",", ",": "."}.get(said.thousands or "")
    stated = said.decimal or implied
    shown_as = [stated] if stated else list(seen.decimal)
    groups = [said.thousands] if said.thousands is not None else list(seen.thousands)
    if len(shown_as) > 1:
        return "", "", [_against(name, "one decimal sign", seen.decimal.values())]
    if said.thousands is None and len(groups) > 1:
        return "", "", [_against(name, "one thousands separator", seen.thousands.values())]
    both = next((sign for sign in shown_as if sign in groups), None)
    if both is not None:
        meaning = (
            f"{named(both)} as the decimal sign, as the study says," if stated else f"{named(both)} in one meaning"
        )
        examples = [uses[both] for uses in (seen.thousands, seen.decimal) if both in uses]
        return "", "", [_against(name, meaning, examples)]
    decimal, thousands = (shown_as or [""])[0], (groups or [""])[0]
    # Commas between columns go with decimal points, unless something in the file shows otherwise.
    usual = "." if delimiter == "," and not decimal and thousands != "." else decimal
    for sign, cells in seen.either.items():
        if sign not in (decimal, usual) and not (decimal and sign == thousands):
            return "", "", [_ambiguous(cells, seen.thousands.get(sign), sign, name, key)]
    return usual or ("," if thousands == "." else "."), thousands, []


def _against(name: str, allowed: str, cells: Iterable[Cell]) -> Problem:
    listed = list(cells)
    columns = words(dict.fromkeys(cell.column for cell in listed))
    return Problem(
        f"{name}: column {columns}",
        (),
        " beside ".join(f"{shown(cell.text)} in line {cell.line}" for cell in listed),
        f"{allowed} in the numbers of a file",
        "write the numbers in one way, best without thousands separators",
    )


def _ambiguous(cells: Sequence[Cell], beside: Cell | None, sign: str, name: str, key: str) -> Problem:
    other = "," if sign == "." else "."
    columns = words(dict.fromkeys(cell.column for cell in cells))
    lines = words((cell.line for cell in cells), 10)
    what = f"{shown(cells[0].text)} in line {lines}"
    if len(cells) > 1:
        what = f"{shown(cells[0].text)} and others like it (lines {lines})"
    if beside:
        what += f" beside {shown(beside.text)} in line {beside.line}"
    said = f'[{key}] decimal = "{other}" and thousands = "{sign}"'
    mend = f'say in the study which it is: {said}, or decimal = "{sign}"; or write numbers without thousands separators'
    if beside:
        mend = f"if it is as in line {beside.line}, say so in the study: {said}; or write all numbers in one way"
    return Problem(
        f"{name}: column {columns}",
        (),
        f"{what}: {cells[0].text.replace(sign, '')}, or a number with three decimals",
        "numbers that can be read in one way",
        mend,
    )


def _unreadable(cells: Sequence[Cell], numbers: Numbers, name: str, key: str) -> Problem:
    columns = words(dict.fromkeys(cell.column for cell in cells))
    examples = ", ".join(f"{shown(cell.text)} (line {cell.line})" for cell in cells[:SHOWN])
    groups = f"{named(numbers.thousands)} between thousands" if numbers.thousands else "no sign between thousands"
    return Problem(
        f"{name}: column {columns}",
        (),
        examples + (f", ... ({len(cells)} in all)" if len(cells) > SHOWN else ""),
        f"numbers with {named(numbers.decimal)} as the decimal sign and {groups}",
        f"write them so, or say in the study how they are written: [{key}] decimal = ..., thousands = ...",
    )
