"""The workbook: numbers are numbers, text is text, and what its formulas show is what the run says."""

from __future__ import annotations

import hashlib
import math
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from openpyxl import Workbook, load_workbook

import popsim as ps
from popsim.errors import FileError
from popsim.report import language
from popsim.report.comparison import signed
from popsim.report.estimates import Measured
from popsim.report.excel import budget, package, write_workbook
from popsim.report.excel.book import Cell, amount_cell, printed_cell, sheet_name
from popsim.report.excel.budget import condensed
from popsim.report.numbers import amount, count, percent
from popsim.study.model import Study

Alternatives = tuple[Study, xr.Dataset]

UNIT = 1e9
"""The runs of these tests are reported in billions."""


@pytest.fixture(scope="module")
def alternatives(with_alternatives: Alternatives) -> Alternatives:
    """A study of four options and a short run of it."""
    study, dataset = with_alternatives
    return study, dataset.isel(scenario=slice(0, 500)).assign_attrs(date="2026-11-29")


@pytest.fixture(scope="module")
def path(alternatives: Alternatives, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("excel") / "report.xlsx"
    write_workbook(path, *alternatives)
    return path


@pytest.fixture(scope="module")
def values(path: Path) -> Workbook:
    """The values that the file holds, as a viewer shows them."""
    return load_workbook(path, data_only=True)


@pytest.fixture(scope="module")
def formulas(path: Path) -> Workbook:
    return load_workbook(path)


def named(book: Workbook, name: str) -> object:
    """Return the value of a cell by its name."""
    [(sheet, address)] = book.defined_names[name].destinations
    return book[sheet][address].value


def column(book: Workbook, name: str) -> np.ndarray:
    [(sheet, address)] = book.defined_names[name].destinations
    return np.array([[cell.value for cell in row] for row in book[sheet][address]], dtype=float)


def row_of(book: Workbook, sheet: str, label: str) -> list[object]:
    return next([cell.value for cell in row] for row in book[sheet].iter_rows() if row[0].value == label)


def test_the_summary_shows_the_quantiles_of_the_run_as_far_as_their_errors_support(
    values: Workbook, formulas: Workbook, alternatives: Alternatives
) -> None:
    _study, dataset = alternatives
    cost = dataset["cost"].sel(option="full").values / UNIT
    label = "Total cost (constant 2025 prices)"
    shown, written = row_of(values, "Summary", label), row_of(formulas, "Summary", label)
    levels = [0.05, 0.25, 0.5, 0.75, 0.8, 0.95]
    for text, value, level in zip(written[1:7], shown[1:7], levels, strict=True):
        exact = np.quantile(cost, level)
        assert text == value == pytest.approx(exact, rel=1e-12)
    assert shown[7] == pytest.approx(cost.mean(), rel=0.01)


def test_digits_that_no_format_can_hide_are_rounded_by_a_formula_that_holds_the_number_in_full() -> None:
    assert amount_cell(Measured(612_345_678.0, 1_200_000.0), "US$ million") == Cell(612.345678, 0)
    assert amount_cell(Measured(612_345_678.0, 31_000_000.0), "US$ million") == Cell(612.345678, -1)
    assert amount_cell(Measured(612_345_678.0, math.inf), "US$ million") == "n/a"
    assert Cell(0.1234, 1, "share").format == "0.0%"
    assert Cell(1e-9, 0, "money", "< 0.1").format == '"< 0.1"'


@pytest.mark.parametrize(
    ("printed", "cell"),
    [
        (amount(612_345_678.0, 1_200_000.0), Cell(612.345678, 0)),
        (signed(amount(612_345_678.0, 1_200_000.0)), Cell(612.345678, 0)),
        (amount(4_127_000.0, 30_000.0), Cell(4.127, 2)),
        (amount(612_345_678.0, 31_000_000.0), Cell(612.345678, -1)),
        (amount(2_000_000.0, 30_000_000.0), Cell(2.0, 0, "money", "< 10")),
        (amount(2_000_000.0, math.inf), "n/a"),
        (percent(0.7964, 0.004), Cell(0.7964, 1, "share")),
        (percent(0.7964, 0.01), Cell(0.7964, 0, "share")),
        (count(10_000), Cell(10_000.0, 0, "count")),
        ("–", "–"),
    ],
)
def test_a_printed_number_becomes_a_cell_that_shows_the_same_digits(printed: str, cell: Cell | str) -> None:
    assert printed_cell(printed, "US$ million") == cell


def test_number_formats_show_no_more_decimals_than_the_error_supports(formulas: Workbook) -> None:
    cells = [cell for row in formulas["Areas"].iter_rows(min_row=5, max_row=14, min_col=2, max_col=5) for cell in row]
    formats = {cell.number_format for cell in cells if isinstance(cell.value, float)}
    assert formats
    assert formats <= {"#,##0", "#,##0.0", "#,##0.00"}


def test_an_amount_gives_the_confidence_and_the_shortfall_of_the_budget_command(
    values: Workbook, alternatives: Alternatives
) -> None:
    _study, dataset = alternatives
    amount = float(str(named(values, "budget_amount"))) * UNIT
    total = {"Total cost": "cost", "Financing need": "financing_need"}[str(named(values, "budget_total"))]
    known = ps.budget(dataset, amount, total).sel(option="full")
    assert named(values, "budget_sufficient") == pytest.approx(known["sufficient"].item(), abs=1e-12)
    assert named(values, "budget_shortfall") == pytest.approx(known["shortfall"].item() / UNIT, rel=1e-9)
    assert named(values, "budget_shortfall_overall") == pytest.approx(
        known["shortfall_overall"].item() / UNIT, rel=1e-9
    )
    assert named(values, "budget_sufficient_error") == pytest.approx(known["sufficient_error"].item(), rel=1e-9)
    for name in ("shortfall", "shortfall_overall"):
        error = known[f"{name}_error"].item() / UNIT
        assert named(values, f"budget_{name}_error") == pytest.approx(error, rel=1e-9)
    enough = ps.budget_for(dataset, 0.80, total).sel(option="full")
    assert named(values, "budget_enough") == pytest.approx(enough["amount"].item() / UNIT, rel=1e-9)


def test_the_samples_are_scenarios_of_the_run(values: Workbook, alternatives: Alternatives) -> None:
    study, dataset = alternatives
    whole = column(values, "package_all")[:, 0]
    first = {"cost": "cost", "financing_need": "financing_need"}[study.headline]
    assert whole == pytest.approx(dataset[f"{first}_by_area"].sel(option="full").sum("area").values / UNIT)
    assert column(values, "package_samples")[:, 0] == pytest.approx(whole)
    rows = [[cell.value for cell in row] for row in values["Samples"].iter_rows(min_row=7)]
    by_area = dataset[f"{first}_by_area"].sel(option="full").transpose("scenario", "area").values / UNIT
    assert np.array([row[3 : 3 + len(study.areas)] for row in rows], dtype=float) == pytest.approx(by_area)
    assert [row[0] for row in rows] == dataset["scenario"].values.tolist()


def test_of_a_long_run_the_workbook_says_how_many_scenarios_it_holds(
    study: Study, dataset: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MOST_SCENARIOS", 100)
    monkeypatch.setattr(budget, "MOST_ROWS", 200)
    path = tmp_path / "long.xlsx"
    write_workbook(path, study, dataset[["cost", "cost_by_area"]])
    book = load_workbook(path, data_only=True)
    assert len(column(book, "package_all")) == 100
    assert len(column(book, "quantile_amounts")) == 200
    assert any("100 of 2,000" in str(cell.value) for cell in book["Package"]["A"])
    sure = ps.budget(dataset, float(str(named(book, "budget_amount"))) * UNIT)["sufficient"].item()
    assert named(book, "budget_sufficient") == pytest.approx(sure, abs=1 / 200)


def test_many_options_share_the_cells_of_the_table(
    alternatives: Alternatives, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, dataset = alternatives
    monkeypatch.setattr(budget, "MOST_CELLS", 16 * 50)
    monkeypatch.setattr(budget, "LEAST_ROWS", 40)
    path = tmp_path / "many.xlsx"
    write_workbook(path, study, dataset)
    table = column(load_workbook(path, data_only=True), "quantile_amounts")
    assert table.shape == (50, 16)
    assert table[:, 0].mean() == pytest.approx(dataset["cost"].sel(option="full").values.mean() / UNIT, rel=1e-9)


def test_condensed_values_keep_their_mean_and_their_order() -> None:
    values = np.sort(np.random.default_rng(2).lognormal(0.0, 1.0, 12_345))
    shown = condensed(values, 1_000)
    assert len(shown) == 1_000
    assert shown.mean() == pytest.approx(values.mean(), rel=1e-9)
    assert (np.diff(shown) >= 0.0).all()
    assert np.quantile(shown, 0.8) == pytest.approx(np.quantile(values, 0.8), rel=2e-3)


def test_charts_are_native_and_have_a_text_for_those_who_cannot_see_them(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        charts = [name for name in file.namelist() if name.startswith("xl/charts/chart")]
        drawings = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/drawings/drawing")]
        kinds = " ".join(file.read(name).decode() for name in charts)
    assert all(kind in kinds for kind in ("<c:scatterChart>", "<c:barChart>", "<c:areaChart>", "<c:lineChart>"))
    assert sum(text.count('descr="') for text in drawings) == len(charts)
    assert 'descr=""' not in " ".join(drawings)


def test_the_country_table_can_be_filtered_and_stays_in_sight(formulas: Workbook, study: Study) -> None:
    sheet = formulas["Countries"]
    assert sheet.auto_filter.ref is not None
    assert sheet.freeze_panes is not None
    heads = [cell.value for cell in sheet[sheet.auto_filter.ref][0]]
    assert heads[:2] == ["Country", "Code"]
    names = [row[0].value for row in sheet[sheet.auto_filter.ref][1:]]
    assert names == [country.name for country in study.countries]


def test_inputs_refuse_what_is_no_amount(formulas: Workbook) -> None:
    kinds = {each.type for each in formulas["Budget"].data_validations.dataValidation}
    assert kinds == {"list", "decimal"}
    ticks = formulas["Package"].data_validations.dataValidation
    assert sum(each.formula1 == '"1,0"' for each in ticks) >= 1


def test_the_same_run_gives_the_same_bytes(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    run = dataset[["cost", "cost_by_area"]].isel(scenario=slice(0, 100))
    digests = []
    for day in ("2026-11-29", "2026-11-29", "2026-11-30"):
        write_workbook(tmp_path / "report.xlsx", study, run.assign_attrs(date=day))
        digests.append(hashlib.sha256((tmp_path / "report.xlsx").read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]
    assert load_workbook(tmp_path / "report.xlsx").properties.created.date() == date(2026, 11, 30)


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "-2\n+3 \u202e<script>"])
def test_names_are_text_whatever_they_are(name: str, alternatives: Alternatives, tmp_path: Path) -> None:
    study, dataset = alternatives
    areas = tuple(replace(area, name=f"{name} {area.id}") for area in study.areas)
    countries = tuple(replace(country, name=name) for country in study.countries)
    options = tuple(replace(option, name=f"{name}{option.id}") for option in study.options)
    bad = replace(study, title=name, areas=areas, countries=countries, options=options)
    path = tmp_path / "bad.xlsx"
    write_workbook(path, bad, dataset.isel(scenario=slice(0, 50)))
    book = load_workbook(path)
    own = [f"{name} {area.id}" for area in study.areas]
    texts = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert "HYPERLINK" not in str(cell.value)
                    assert "script" not in str(cell.value)
                elif isinstance(cell.value, str):
                    texts.add(cell.value)
    # What begins an override of the direction of text is closed at its end.
    assert all(any(text.startswith(each) for text in texts) for each in own)


def test_a_workbook_of_one_option_without_breakdowns_has_the_budget_sheet_alone(
    study: Study, dataset: xr.Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "small.xlsx"
    write_workbook(path, study, dataset[["cost"]])
    book = load_workbook(path, data_only=True)
    assert "Budget" in book.sheetnames
    assert named(book, "budget_option") == "1. Full programme"
    assert not {"Areas", "Package", "Samples", "Options", "Years"} & set(book.sheetnames)
    amount = float(str(named(book, "budget_amount"))) * UNIT
    assert named(book, "budget_sufficient") == pytest.approx(float((dataset["cost"].values <= amount).mean()))


def test_in_a_language_that_runs_from_right_to_left_so_do_the_sheets(
    formulas: Workbook, study: Study, dataset: xr.Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "ar.xlsx"
    with language.using("ar"):
        write_workbook(path, study, dataset[["cost", "cost_by_area"]].isel(scenario=slice(0, 100)))
    sheets = load_workbook(path)
    assert all(sheet.sheet_view.rightToLeft for sheet in sheets)
    numbers = [cell for sheet in sheets for row in sheet["A1:L40"] for cell in row if isinstance(cell.value, float)]
    assert numbers
    assert not any(cell.alignment.horizontal == "left" for cell in numbers)
    assert not any(sheet.sheet_view.rightToLeft for sheet in formulas)


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        ("Coûts : par [zone]", [], "Coûts   par  zone"),
        ("'quoted'", [], "quoted"),
        ("x" * 40, [], "x" * 31),
        ("x" * 40, ["X" * 31], "x" * 29 + " 2"),
        ("History", [], "History 2"),
        ("???", [], "Sheet"),
    ],
)
def test_names_of_sheets_are_those_that_excel_allows(title: str, taken: list[str], name: str) -> None:
    assert sheet_name(title, taken) == name


def test_a_file_that_cannot_be_written_is_refused_in_words(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a file that can be written"):
        write_workbook(tmp_path / "missing" / "report.xlsx", study, dataset[["cost"]])
