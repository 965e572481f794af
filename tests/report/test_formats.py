"""All formats show the figures of summary.csv, and take hostile names as text."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import given, settings

from popsim.engine.simulate import simulate
from popsim.report.data import gather
from popsim.report.formats import FORMATS
from popsim.report.summary_csv import write_summary_csv
from popsim.schema import EXTREMES
from popsim.study.model import Study
from tests.report.odd_studies import odd_studies
from tests.report.printed import check_cell
from tests.report.read_documents import READERS, Read, plain_words

Row = dict[str, str]
STATISTICS = {"Low end": "p05", "Median": "p50", "High end": "p95", "Mean": "mean"}
TOTALS = {"Financing need": "financing_need", "Total cost": "cost"}
SPANS = {"after": "_after_horizon", "all": "_all_years"}


@pytest.fixture(scope="module")
def written(with_alternatives: tuple[Study, xr.Dataset], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every document of a run that is read again here, and its summary."""
    study, dataset = with_alternatives
    folder = tmp_path_factory.mktemp("formats")
    data = gather(study, dataset)
    for name in READERS:
        FORMATS[name].write(folder, study, dataset, data)
    # Of the extremes of dependence a run made by hand knows those of the full programme alone.
    known = dataset.drop_vars([name for name in EXTREMES if name in dataset])
    write_summary_csv(folder / "summary.csv", known, study.coverage, study=study)
    return folder


def summary_of(folder: Path) -> list[Row]:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def value_of(summary: list[Row], column: str, **about: str) -> float:
    """Return the figure of the only row that is about this; of the full programme, where no option is named."""
    wanted = {"option": "full", **about}
    (row,) = (row for row in summary if all(row[key] == value for key, value in wanted.items()))
    return float(row[column])


def check_figure(cell: str, value: float, is_number: bool) -> None:
    """Check a figure; a workbook holds the number itself where its format can round it."""
    if is_number and abs(float(cell) - value) <= 1e-9 * abs(value):
        return
    check_cell(f"{float(cell):,.12g}".replace("-", "−") if is_number else cell, value)


def scale_of(table: Read) -> float:
    """Return what its caption says that its amounts are in."""
    found = re.search(r"US\$ (million|billion)", plain_words(table.caption))
    assert found is not None, table.caption
    return {"million": 1e6, "billion": 1e9}[found[1]]


def total_of(group: str, caption: str) -> str:
    """Return the total that a column is about: its group names it, or else the caption."""
    return TOTALS[group or ("Financing need" if "Financing need" in caption else "Total cost")]


def checked_figures(table: Read, summary: list[Row], study: Study, is_number: bool) -> Iterator[tuple[str, str]]:
    """Check every figure of a table of ranges by area, group or year; yield what row and column each was in."""
    first, second = (name for _, name in table.columns[:2])
    if first not in ("Activity area", "Year") and second != "Countries":
        return
    areas = {area.name: area.id for area in study.areas}
    for row in table.rows:
        label = row[0].strip("*")
        for cell, (group, name) in zip(row, table.columns, strict=True):
            if name not in STATISTICS:
                continue
            about = {"variable": total_of(group, table.caption)}
            if first == "Activity area" and label in areas:
                about = {"variable": f"{about['variable']}_by_area", "area": areas[label]}
            elif first == "Year":
                about = {"variable": f"{about['variable']}_by_year", "year": label}
            elif second == "Countries":
                by = "region" if any(each["region"] == label for each in summary) else "income"
                about = {"variable": f"{about['variable']}_by_{by}", by: label}
            value = value_of(summary, STATISTICS[name], **about)
            check_figure(cell, value / scale_of(table), is_number)
            yield label, f"{group} {name}"


def check_all(tables: list[Read], summary: list[Row], study: Study, is_number: bool) -> list[tuple[str, str]]:
    return [each for table in tables for each in checked_figures(table, summary, study, is_number)]


@pytest.mark.parametrize("name", list(READERS))
@pytest.mark.one_in(3)
def test_ranges_by_area_group_and_year_are_those_of_the_summary(name: str, written: Path, study: Study) -> None:
    tables, _ = READERS[name](written / FORMATS[name].file("en"))
    checked = check_all(tables, summary_of(written), study, name == "xlsx")
    labels = {label for label, _ in checked}
    assert {area.name for area in study.areas} <= labels
    assert {str(year) for year in study.years} <= labels
    assert {"African", "LIC", "LMC"} <= labels
    assert len(checked) >= 8 * (len(study.areas) + 1) + 4 * len(study.years) + 4 * 5


@pytest.mark.parametrize("name", list(READERS))
def test_options_are_those_of_the_summary(
    name: str, written: Path, with_alternatives: tuple[Study, xr.Dataset]
) -> None:
    tables, _ = READERS[name](written / FORMATS[name].file("en"))
    summary = summary_of(written)
    ids = {option.name: option.id for option in with_alternatives[0].options}
    seen = set()
    for table in tables:
        heads = [column for _, column in table.columns]
        if heads[:2] != ["Option", "Years"] or "difference" in table.caption or "Low end" not in heads:
            continue
        option = ""
        for row in table.rows:
            option = row[0] or option
            span = SPANS.get(plain_words(row[1]).split()[0], "")
            about = {"variable": f"{total_of('', table.caption)}{span}", "option": ids.get(option, "full")}
            for cell, column in zip(row, heads, strict=True):
                if column in STATISTICS:
                    value = value_of(summary, STATISTICS[column], **about)
                    check_figure(cell, value / scale_of(table), name == "xlsx")
                    seen.add((about["option"], about["variable"], column))
    assert {option for option, _, _ in seen} == {"full", *ids.values()}
    assert len(seen) >= (1 + len(ids)) * 3 * len(STATISTICS)


@pytest.mark.parametrize("name", list(READERS))
def test_the_headline_is_the_range_of_the_summary(name: str, written: Path) -> None:
    _, words = READERS[name](written / FORMATS[name].file("en"))
    summary = summary_of(written)
    text = plain_words(words)
    for total in ("financing_need", "cost"):
        low, high = (value_of(summary, end, variable=total) for end in ("p05", "p95"))
        found = re.findall(r"US\$ ([\d,.]+) to ([\d,.]+) (million|billion)", text)
        assert any(is_near(pair, low, high) for pair in found), (total, low, high)
        assert not any(is_near(pair, 1.05 * low, 1.05 * high) for pair in found)


def is_near(pair: tuple[str, str, str], low: float, high: float) -> bool:
    scale = {"million": 1e6, "billion": 1e9}[pair[2]]
    try:
        check_cell(pair[0], low / scale)
        check_cell(pair[1], high / scale)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", list(READERS))
def test_a_summary_that_says_otherwise_is_noticed(name: str, written: Path, study: Study) -> None:
    tables, _ = READERS[name](written / FORMATS[name].file("en"))
    for variable, column in (("cost_by_area", "p50"), ("cost_by_year", "mean"), ("cost_by_region", "p95")):
        summary = summary_of(written)
        row = next(row for row in summary if row["variable"] == variable and row["option"] == "full")
        row[column] = str(1.1 * float(row[column]))
        with pytest.raises(AssertionError):
            check_all(tables, summary, study, name == "xlsx")


@settings(max_examples=6, deadline=None)
@given(odd_studies())
def test_every_format_takes_odd_studies(study: Study) -> None:
    dataset = simulate(study, scenarios=40)
    data = gather(study, dataset)
    with tempfile.TemporaryDirectory() as folder:
        for name, each in FORMATS.items():
            if name != "pdf":
                assert each.write(Path(folder), study, dataset, data).exists()
