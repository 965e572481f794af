"""Columns of numbers that a sheet ends with are cells as any others, for whoever opens the workbook."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
import xlsxwriter

from popsim.report.excel.columns import Column, ColumnSheet

VALUES = np.array([[1.0, 2.5e-300, 3.0], [-4.0, 1e300, 0.1], [7.0, 123456789.123456789, 2 / 3]])


def written(path: Path, by_columns: bool) -> Path:
    """Write the same cells as columns, or cell by cell as xlsxwriter does."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Numbers", ColumnSheet if by_columns else None)
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.write_string(0, 0, "Above")
        if by_columns:
            sheet.write_columns(2, (Column(money), Column(money, '=IF(A{row}<1,"5%",1)'), Column(money)), VALUES)
        else:
            for row, values in enumerate(VALUES.tolist(), 2):
                sheet.write_number(row, 0, values[0], money)
                sheet.write_formula(row, 1, f'=IF(A{row + 1}<1,"5%",1)', money, values[1])
                sheet.write_number(row, 2, values[2], money)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Numbers!$C$3:$C$5"})
        book.add_worksheet("Chart").insert_chart(0, 0, chart)
    return path


def test_columns_are_what_cells_are(tmp_path: Path) -> None:
    quick, slow = written(tmp_path / "quick.xlsx", True), written(tmp_path / "slow.xlsx", False)
    for computed in (False, True):
        sheets = [openpyxl.load_workbook(path, data_only=computed)["Numbers"] for path in (quick, slow)]
        assert sheets[0].dimensions == sheets[1].dimensions == "A1:C5"
        cells = [[(cell.value, cell.number_format) for row in sheet.iter_rows() for cell in row] for sheet in sheets]
        assert cells[0] == cells[1]
    with ZipFile(quick) as one, ZipFile(slow) as other:
        assert one.read("xl/charts/chart1.xml") == other.read("xl/charts/chart1.xml")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_no_cell_can_hold_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        ColumnSheet().write_columns(0, (), np.array([[bad]]))
