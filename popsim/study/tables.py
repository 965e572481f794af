"""Read CSV files with a header, comments and line numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from popsim.errors import Problem, nearest
from popsim.study.place import shown, words

__all__ = ["Row", "TextTable", "number", "read_table"]


@dataclass(frozen=True)
class Row:
    """One row and the line of the file that it stands in."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TextTable:
    """A CSV file: its name, the names of its columns, its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    whole: bool = True
    """Whether every row could be read: else a value might be called missing without being so."""

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


def read_table(text: str, name: str, required: Sequence[str]) -> tuple[TextTable, list[Problem]]:
    r"""Read a CSV text: lines that begin with # and empty lines are comments, spaces around values do not count.

    Examples
    --------
    >>> table, problems = read_table("# from the office\ncode,name\nAAA,Land A\n", "c.csv", ["code"])
    >>> table.rows, problems
    ((Row(line=3, cells=('AAA', 'Land A')),), [])
    """
    problems: list[Problem] = []
    rows = list(_rows(text, name, problems))
    if not rows:
        problems.append(Problem(name, "no line with names of columns", f"a first line with {words(required)}"))
        return TextTable(name, (), (), whole=False), problems
    columns = rows[0].cells
    where = f"{name}: line {rows[0].line}"
    problems += [
        Problem(where, f"columns {words(columns)}", f"a column {column}", nearest(column, columns))
        for column in required
        if column not in columns
    ]
    problems += [
        Problem(where, f"column {column!r} {columns.count(column)} times", "each column once")
        for column in dict.fromkeys(columns)
        if columns.count(column) > 1
    ]
    good = []
    for row in rows[1:]:
        if len(row.cells) == len(columns):
            good.append(row)
        else:
            problems.append(
                Problem(
                    f"{name}: line {row.line}",
                    f"{len(row.cells)} values",
                    f"{len(columns)} values, one per column",
                    "put values that hold a comma in quotation marks",
                )
            )
    return TextTable(name, columns, tuple(good), whole=not problems), problems


def _rows(text: str, name: str, problems: list[Problem]) -> Iterator[Row]:
    for number_of_line, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            (cells,) = csv.reader([line], strict=True)
        except csv.Error:
            problems.append(
                Problem(
                    f"{name}: line {number_of_line}",
                    shown(line),
                    "values that end on their own line, quotation marks in pairs",
                )
            )
            continue
        yield Row(number_of_line, tuple(cell.strip() for cell in cells))


def number(text: str) -> float | None:
    """Read a finite decimal number; None for anything else.

    Examples
    --------
    >>> number("1.5e6"), number("1,5"), number("nan")
    (1500000.0, None, None)
    """
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII):
        return None
    value = float(text)
    return value if abs(value) != float("inf") else None
