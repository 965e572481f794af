"""A worksheet whose lower part is columns of numbers, each written as text at once.

Nine tenths of the cells of a workbook are scenarios. Held and written cell by cell, as all other cells are, they took
more time than all that a run of 10,000 scenarios computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import numpy as np
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from popsim.arrays import Floats

_ROW = "{row}"


class Column(NamedTuple):
    """A column: how its numbers are shown, and the formula that gives them, in which ``{row}`` is the number of a row.

    Without a formula the cells hold the numbers themselves.
    """

    format: Format
    formula: str = ""


class ColumnSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter states no types
    """A worksheet that ends with columns of numbers; above these it is as any other."""

    dim_colmax: int

    def __init__(self) -> None:
        super().__init__()
        self._first_row = 0
        self._columns: tuple[Column, ...] = ()
        self._values = np.zeros((0, 0))

    def write_columns(self, first_row: int, columns: Sequence[Column], values: Floats) -> None:
        """Write columns from a row on, below all other cells.

        Parameters
        ----------
        first_row
            Counted from 0.
        columns
            The columns, from the first of the sheet on.
        values
            Numbers (row, column); those of a formula are what it gives now.

        Raises
        ------
        ValueError
            For numbers that are not finite, which no cell can hold.
        """
        if not np.isfinite(values).all():
            raise ValueError("a cell holds finite numbers alone")
        self._first_row, self._columns, self._values = first_row, tuple(columns), values

    def _write_rows(self) -> None:
        super()._write_rows()
        cells = []
        for place, column in enumerate(self._columns):
            formula = escape(column.formula.removeprefix("=")).replace("%", "%%")
            # As xlsxwriter writes them: numbers as Excel holds them, what a formula gives in full.
            content = f"<f>{formula}</f><v>%r</v>" if formula else "<v>%.16G</v>"
            style = column.format._get_xf_index()
            cells.append(f'<c r="{xl_col_to_name(place)}{_ROW}" s="{style}">{content}</c>')
        pattern = f'<row r="{_ROW}">{"".join(cells)}</row>'
        for row, values in enumerate(self._values.tolist(), self._first_row + 1):
            self.fh.write(pattern.replace(_ROW, str(row)) % tuple(values))

    def _write_dimension(self) -> None:
        # What a reader may take as the extent of the sheet.
        self.dim_rowmax = self._first_row + len(self._values) - 1
        self.dim_colmax = max(self.dim_colmax, len(self._columns) - 1)
        super()._write_dimension()

    def _get_range_data(self, row_start: int, col_start: int, row_end: int, col_end: int) -> Any:
        """Return the numbers that a chart shows where nothing is computed."""
        if row_start < self._first_row:
            return super()._get_range_data(row_start, col_start, row_end, col_end)
        chosen = self._values[row_start - self._first_row : row_end + 1 - self._first_row, col_start : col_end + 1]
        return [f"{value:.16g}" for value in chosen.ravel().tolist()]
