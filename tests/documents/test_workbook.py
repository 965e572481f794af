"""The workbook computed anew by LibreOffice: its formulas give what the command line and numpy give."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook

import popsim as ps
from popsim.report.excel import write_workbook
from tests.documents.conftest import popsim

pytestmark = pytest.mark.documents

Computed = Callable[[dict[str, object], dict[int, int]], Workbook]


@pytest.fixture(scope="session")
def workbook(pops: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = ps.load_run(pops)
    path = tmp_path_factory.mktemp("workbook") / "report.xlsx"
    write_workbook(path, run.study, run.dataset)
    return path


def place(book: Workbook, name: str) -> tuple[str, str]:
    [(sheet, address)] = book.defined_names[name].destinations
    return sheet, address


def value(book: Workbook, name: str) -> float:
    sheet, address = place(book, name)
    found = book[sheet][address].value
    assert isinstance(found, int | float), (name, found)
    return float(found)


@pytest.fixture(scope="session")
def computed(workbook: Path, tmp_path_factory: pytest.TempPathFactory) -> Computed:
    """Return a function that types into named cells, ticks areas by their place, and computes all formulas anew.

    openpyxl writes formulas without their values, so that LibreOffice has to compute each; it drops the charts.
    """
    office = shutil.which("soffice")
    assert office, "LibreOffice (soffice) is not on PATH"
    folder = tmp_path_factory.mktemp("computed")
    profile = folder / "profile"

    def function(typed: dict[str, object], ticks: dict[int, int]) -> Workbook:
        book = load_workbook(workbook)
        for name, entry in typed.items():
            sheet, address = place(book, name)
            book[sheet][address] = entry
        if ticks:
            sheet, address = place(book, "package_ticks")
            cells = [row[0] for row in book[sheet][address]]
            for number, tick in ticks.items():
                cells[number].value = tick
        source, target = folder / "typed.xlsx", folder / "out" / "typed.xlsx"
        book.save(source)
        command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
        subprocess.run([*command, "--outdir", str(target.parent), str(source)], check=True, capture_output=True)
        return load_workbook(target, data_only=True)

    return function


def test_the_workbook_computes_what_popsim_budget_prints_and_what_the_scenarios_sum_to(
    computed: Computed, workbook: Path, pops: Path
) -> None:
    run = ps.load_run(pops)
    options = [cell.value for cell in load_workbook(workbook)["Budget"]["H"] if str(cell.value)[:2] in ("1.", "2.")]
    areas = run.dataset["area"].values.tolist()
    left_out = [areas.index("f"), areas.index("b")]
    book = computed(
        {
            "budget_total": "Total cost",
            "budget_option": options[1],
            "budget_amount": 800,
            "budget_confidence": 0.93,
            "package_choice": "Total cost",
            "package_amount": 700,
        },
        dict.fromkeys(left_out, 0),
    )
    option = str(run.dataset["option"].values[1])
    _check_budget(book, pops, option)
    costs = run.dataset["cost_by_area"].sel(option="full").transpose("scenario", "area").values / 1e6
    package = np.delete(costs, left_out, axis=1).sum(axis=1)
    for name, level in (("low", 0.05), ("median", 0.5), ("enough", 0.8), ("high", 0.95)):
        assert value(book, f"package_{name}") == pytest.approx(np.quantile(package, level), rel=1e-9), name
    assert value(book, "package_mean") == pytest.approx(package.mean(), rel=1e-9)
    assert value(book, "package_sufficient") == pytest.approx((package <= 700).mean(), abs=1e-12)
    # Negative control: all areas together cost something else.
    assert value(book, "package_median") != pytest.approx(np.quantile(costs.sum(axis=1), 0.5), rel=0.01)
    assert not _errors(book)


def _check_budget(book: Workbook, run: Path, option: str) -> None:
    """Compare the budget sheet with the figures of ``popsim budget --json``."""
    asked = json.loads(popsim("budget", str(run), "--amount", "800e6", "--variable", "cost", "--json"))
    told = _of(asked, option)
    assert value(book, "budget_sufficient") == pytest.approx(told["sufficient"], abs=1e-12)
    assert value(book, "budget_shortfall") == pytest.approx(told["shortfall"] / 1e6, rel=1e-9)
    assert value(book, "budget_shortfall_overall") == pytest.approx(told["shortfall_overall"] / 1e6, rel=1e-9)
    asked = json.loads(popsim("budget", str(run), "--confidence", "93%", "--variable", "cost", "--json"))
    assert value(book, "budget_enough") == pytest.approx(_of(asked, option)["amount"] / 1e6, rel=1e-9)


def _of(asked: object, option: str) -> dict[str, float]:
    """Find the figures of an option anywhere in what the command printed."""
    if isinstance(asked, dict):
        if asked.get("option") == option and ("sufficient" in asked or "amount" in asked):
            return asked
        if option in asked and isinstance(asked[option], dict):
            return asked[option]
        return next((found for each in asked.values() if (found := _of(each, option))), {})
    if isinstance(asked, list):
        return next((found for each in asked if (found := _of(each, option))), {})
    return {}


def _errors(book: Workbook) -> list[str]:
    """Return the cells whose formula failed."""
    return [
        f"{sheet.title}!{cell.coordinate}"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith(("#N", "#V", "#R", "#D", "Err:"))
    ]


def test_values_that_the_file_holds_are_those_that_a_spreadsheet_computes(computed: Computed, workbook: Path) -> None:
    """A viewer that computes nothing shows the same."""
    held, anew = load_workbook(workbook, data_only=True), computed({}, {})
    for sheet in held:
        if sheet.title in ("Samples", "Quantiles"):
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    found = anew[sheet.title][cell.coordinate].value
                    assert found == pytest.approx(cell.value, rel=1e-9, abs=1e-12), (sheet.title, cell.coordinate)
