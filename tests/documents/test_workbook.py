"""The workbook computed anew by LibreOffice: its formulas give what the command line and numpy give."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook

import popsim as ps
from popsim.report.excel import write_workbook
from tests.documents.conftest import popsim

pytestmark = pytest.mark.documents

TYPED: dict[str, object] = {
    "budget_total": "Total cost",
    "budget_amount": 800,
    "budget_confidence": 0.93,
    "package_choice": "Total cost",
    "package_amount": 700,
}
LEFT_OUT = (1, 5)
"""Areas that are left out of the package, by their place."""


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
def option(pops: Path) -> str:
    """The option that is chosen: not the one that the sheet begins with."""
    return str(ps.load_run(pops).dataset["option"].values[1])


@pytest.fixture(scope="session")
def computed(workbook: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    """The workbook after typing into its cells and leaving areas out, with all formulas computed anew.

    openpyxl writes formulas without their values, so that LibreOffice has to compute each; it drops the charts.
    """
    office = shutil.which("soffice")
    assert office, "LibreOffice (soffice) is not on PATH"
    folder = tmp_path_factory.mktemp("computed")
    book = load_workbook(workbook)
    second = next(cell.value for cell in book["Budget"]["H"] if str(cell.value).startswith("2."))
    for name, entry in (TYPED | {"budget_option": second}).items():
        sheet, address = place(book, name)
        book[sheet][address] = entry
    sheet, address = place(book, "package_ticks")
    for number in LEFT_OUT:
        book[sheet][address][number][0].value = 0
    source, target = folder / "typed.xlsx", folder / "out" / "typed.xlsx"
    book.save(source)
    command = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", str(target.parent), str(source)], check=True, capture_output=True)
    return load_workbook(target, data_only=True)


def test_a_package_is_the_sum_of_its_areas_scenario_by_scenario(computed: Workbook, pops: Path) -> None:
    dataset = ps.load_run(pops).dataset
    costs = dataset["cost_by_area"].sel(option="full").transpose("scenario", "area").values / 1e6
    package = np.delete(costs, LEFT_OUT, axis=1).sum(axis=1)
    for name, level in (("low", 0.05), ("median", 0.5), ("enough", 0.8), ("high", 0.95)):
        assert value(computed, f"package_{name}") == pytest.approx(np.quantile(package, level), rel=1e-9), name
    assert value(computed, "package_mean") == pytest.approx(package.mean(), rel=1e-9)
    assert value(computed, "package_sufficient") == pytest.approx((package <= 700).mean(), abs=1e-12)
    # Negative control: all areas together cost something else.
    assert value(computed, "package_median") != pytest.approx(np.quantile(costs.sum(axis=1), 0.5), rel=0.01)


def test_no_formula_fails(computed: Workbook) -> None:
    texts = [str(cell.value) for sheet in computed for row in sheet.iter_rows() for cell in row]
    assert not [text for text in texts if text.startswith(("#N", "#V", "#R", "#D", "Err:"))]


def test_the_budget_sheet_computes_what_popsim_budget_prints(computed: Workbook, pops: Path, option: str) -> None:
    asked = json.loads(popsim("budget", str(pops), "--amount", "800e6", "--variable", "cost", "--json"))
    told = _of(asked, option)
    assert value(computed, "budget_sufficient") == pytest.approx(told["sufficient"], abs=1e-12)
    assert value(computed, "budget_shortfall") == pytest.approx(told["shortfall"] / 1e6, rel=1e-9)
    assert value(computed, "budget_shortfall_overall") == pytest.approx(told["shortfall_overall"] / 1e6, rel=1e-9)
    budget = ps.budget(ps.load_run(pops), 800e6, "cost").sel(option=option)
    for name, unit in (("sufficient", 1.0), ("shortfall", 1e6), ("shortfall_overall", 1e6)):
        error = budget[f"{name}_error"].item() / unit
        assert value(computed, f"budget_{name}_error") == pytest.approx(error, rel=1e-7), name
    asked = json.loads(popsim("budget", str(pops), "--confidence", "93%", "--variable", "cost", "--json"))
    assert value(computed, "budget_enough") == pytest.approx(_of(asked, option)["amount"] / 1e6, rel=1e-9)


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


def test_values_that_the_file_holds_are_those_that_a_spreadsheet_computes(computed: Workbook, workbook: Path) -> None:
    """A viewer that computes nothing shows the same; the sheets on which something was typed are left aside."""
    held = load_workbook(workbook, data_only=True)
    compared = 0
    for sheet in held:
        if sheet.title in ("Budget", "Package", "Samples", "Quantiles"):
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    found = computed[sheet.title][cell.coordinate].value
                    assert found == pytest.approx(cell.value, rel=1e-9, abs=1e-12), (sheet.title, cell.coordinate)
                    compared += 1
    assert compared > 100
