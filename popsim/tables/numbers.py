"""How a CSV file is written: the signs inside its numbers.

A study can state all of it. The rest is concluded from the file, from evidence that allows one reading only:
"1.234,5" and "8.078.314" do, "345.678" does not. A file that can be read in two ways is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

from popsim.errors import Problem, shown, words

NAMES = {"\t": "tab", " ": "space"}
BLANKS = {"\u00a0", "\u202f", "\u2009", "\u2007"}
APOSTROPHES = {"\u2019", "\u02bc", "\u00b4"}
SHOWN = 3
"""How many examples a message gives."""


def stating(key: str, **values: str) -> str:
    """Return how a reader states something of a file: in a table of the study, or by options where `key` is empty.

    Examples
    --------
    >>> stating("csv", decimal='","', thousands='"."')
    '[csv] decimal = "," and thousands = "."'
    >>> stating("", decimal='","', thousands='"."')
    '--decimal "," and --thousands "."'
    """
    if key:
        return f"[{key}] " + " and ".join(f"{name} = {value}" for name, value in values.items())
    return " and ".join(f"--{name} {value}" for name, value in values.items())


def where_stated(key: str) -> str:
    """Return where a reader states how a file is written."""
    return "in the study" if key else "on the command line"


def named(sign: str) -> str:
    """Return the name of a sign for a message."""
    return NAMES.get(sign) or (f'"{sign}"' if sign == "'" else f"'{sign}'")


@dataclass(frozen=True)
class Dialect:
    """What a study states of how a CSV file is written; None where it states nothing.

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
    key
        Table of the study that can say all this, for messages; empty where options of the command line do.
    """

    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    key: str = "csv"

    def over(self, general: Dialect) -> Dialect:
        """Return what is stated for one file, and where that states nothing what is stated for all files."""
        stated = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(general, **{name: value for name, value in stated.items() if value is not None})


@dataclass(frozen=True)
class NumberFormat:
    """The signs inside the numbers of a file."""

    decimal: str = "."
    thousands: str = ""

    def read(self, text: str) -> float | None:
        """Return a finite decimal number; None for anything else.

        Examples
        --------
        >>> PLAIN.read("1.5e6"), PLAIN.read("1,5"), PLAIN.read("nan")
        (1500000.0, None, None)
        >>> german, swiss = NumberFormat(",", "."), NumberFormat(".", "'")
        >>> german.read("8.078.314,5"), german.read("80.783.14"), swiss.read("1’000")
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


PLAIN = NumberFormat()


def _uniform(text: str) -> str:
    """Write each kind of blank, apostrophe and minus sign in one way."""
    text = text.strip()
    if text.isascii():
        return text
    text = "".join(" " if c in BLANKS else "'" if c in APOSTROPHES else c for c in text)
    return text.replace("\u2212", "-")


@dataclass(frozen=True)
class Cell:
    """A cell of a column of numbers."""

    line: int
    column: str
    text: str


@dataclass
class Evidence:
    """The first cell that shows each use of a sign, and the cells that can be read in two ways."""

    decimal: dict[str, Cell] = field(default_factory=dict)
    thousands: dict[str, Cell] = field(default_factory=dict)
    either: dict[str, list[Cell]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    """Columns in which some number shows the decimal sign."""

    def alone(self, sign: str) -> list[Cell]:
        """Return cells with three digits after a sign in columns where that is all there is, which shows nothing."""
        cells = [cell for cell in self.either.get(sign, []) if cell.column not in self.settled]
        return cells if len({cell.text for cell in cells}) > 1 else []

    def add(self, cell: Cell, whole: bool) -> None:
        """Take in what a cell shows; `whole` says that there are no thousands separators."""
        match = re.fullmatch(r"[+-]?([.,' ]*+\d[\d.,' ]*+)([eE][+-]?\d+)?", _uniform(cell.text), re.ASCII)
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
    cells: Iterable[tuple[int, str, str]], stated: Dialect, delimiter: str, name: str
) -> tuple[NumberFormat | None, list[str], list[Problem]]:
    """Return the signs inside the numbers of a file, None where they cannot be known; notes on them; problems.

    Parameters
    ----------
    cells
        (line, column, text) of every cell of a column of numbers.
    stated
        What the study states.
    delimiter
        The sign between columns. Where it is a comma, and nothing shows otherwise, a single point is a decimal point:
        so write all programs that put commas between columns.
    name
        Of the file.

    Examples
    --------
    >>> cells = [(2, "people", "1.234,5"), (3, "people", "345.678")]
    >>> conclude_numbers(cells, Dialect(), ";", "c.csv")[0]
    NumberFormat(decimal=',', thousands='.')
    """
    listed = [Cell(*cell) for cell in cells if cell[2]]
    seen = Evidence()
    for cell in listed:
        seen.add(cell, stated.thousands == "")
    numbers = _signs(seen, stated, delimiter, name)
    if isinstance(numbers, Problem):
        return None, [], [numbers]
    malformed = [cell for cell in listed if numbers.read(cell.text) is None and re.match(r"[+-]?[.,]?\d", cell.text)]
    malformed = [cell for cell in malformed if re.fullmatch(r"[-+\d.,' eE]+", _uniform(cell.text))]
    # Where numbers are plain, a cell or two are typing errors, which whoever asks for the number reports.
    if len(malformed) > SHOWN or (malformed and (numbers != PLAIN or stated.decimal or stated.thousands is not None)):
        return None, [], [_unreadable(malformed, numbers, name, stated.key)]
    notes = []
    fractions = bool(seen.decimal or seen.either.get(numbers.decimal))
    unsettled = seen.alone(numbers.decimal) if stated.decimal is None else []
    if stated.decimal is None and fractions and (numbers.decimal != "." or delimiter != "," or unsettled):
        notes.append(f"{named(numbers.decimal)} as the decimal sign")
    if unsettled:
        notes[-1] += f" ({shown(unsettled[0].text)} and others in column {_columns(unsettled)} have three decimals)"
    if stated.thousands is None and numbers.thousands:
        notes.append(f"{named(numbers.thousands)} between thousands")
    return numbers, notes, []


def _signs(seen: Evidence, stated: Dialect, delimiter: str, name: str) -> NumberFormat | Problem:
    """Return decimal sign and thousands separator, or what keeps them from being known."""
    known = stated.decimal or {".": ",", ",": "."}.get(stated.thousands or "")
    shown_as = [known] if known else list(seen.decimal)
    groups = [stated.thousands] if stated.thousands is not None else list(seen.thousands)
    if len(shown_as) > 1:
        return _against(name, "one decimal sign", seen.decimal.values())
    if len(groups) > 1:
        return _against(name, "one thousands separator", seen.thousands.values())
    both = next((sign for sign in shown_as if sign in groups), None)
    if both is not None:
        meaning = (
            f"{named(both)} as the decimal sign, as stated {where_stated(stated.key)},"
            if known
            else f"{named(both)} in one meaning"
        )
        return _against(name, meaning, [uses[both] for uses in (seen.thousands, seen.decimal) if both in uses])
    decimal, thousands = (shown_as or [""])[0], (groups or [""])[0]
    # Commas between columns go with decimal points, unless something in the file shows otherwise.
    usual = "." if delimiter == "," and not decimal and thousands != "." else decimal
    for sign, cells in seen.either.items():
        if sign not in (decimal, usual) and not (decimal and sign == thousands):
            return _ambiguous(cells, seen.thousands.get(sign), sign, name, stated.key)
    return NumberFormat(usual or ("," if thousands == "." else "."), thousands)


def _columns(cells: Iterable[Cell]) -> str:
    return words(dict.fromkeys(cell.column for cell in cells))


def _of_columns(name: str, cells: Iterable[Cell], found: str, allowed: str, mend: str) -> Problem:
    return Problem(name, (), found, allowed, mend, position=f"column {_columns(cells)}")


def _against(name: str, allowed: str, cells: Iterable[Cell]) -> Problem:
    listed = list(cells)
    found = " beside ".join(f"{shown(cell.text)} in line {cell.line}" for cell in listed)
    mend = "write the numbers in one way, best without thousands separators"
    return _of_columns(name, listed, found, f"{allowed} in the numbers of a file", mend)


def _ambiguous(cells: Sequence[Cell], beside: Cell | None, sign: str, name: str, key: str) -> Problem:
    lines = words((cell.line for cell in cells), 10)
    found = f"{shown(cells[0].text)} in line {lines}"
    if len(cells) > 1:
        found = f"{shown(cells[0].text)} and others like it (lines {lines})"
    stated = stating(key, decimal='","' if sign == "." else '"."', thousands=f'"{sign}"')
    other, where = stating(key, decimal=f'"{sign}"').removeprefix(f"[{key}] "), where_stated(key)
    mend = f"say {where} which it is: {stated}, or {other}; or write numbers without thousands separators"
    if beside:
        found += f" beside {shown(beside.text)} in line {beside.line}"
        mend = f"if it is as in line {beside.line}, say so {where}: {stated}; or write all numbers in one way"
    found += f": {cells[0].text.replace(sign, '')}, or a number with three decimals"
    return _of_columns(name, cells, found, "numbers that can be read in one way", mend)


def _unreadable(cells: Sequence[Cell], numbers: NumberFormat, name: str, key: str) -> Problem:
    found = ", ".join(f"{shown(cell.text)} (line {cell.line})" for cell in cells[:SHOWN])
    groups = f"{named(numbers.thousands)} between thousands" if numbers.thousands else "no sign between thousands"
    said = stating(key, decimal="...", thousands="...")
    return _of_columns(
        name,
        cells,
        found + (f", ... ({len(cells)} in all)" if len(cells) > SHOWN else ""),
        f"numbers with {named(numbers.decimal)} as the decimal sign and {groups}",
        f"write them so, or say {where_stated(key)} how they are written: {said}",
    )
