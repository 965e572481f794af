"""Every breakdown of a study has its table: nothing that was asked for leaves no trace, and the figures are right."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.cli.budget_tables import Labels, enough
from popsim.report.content import compose
from popsim.report.document import Block, Details, Document, Matrix, Paragraph, Table
from popsim.report.html import render
from popsim.report.numbers import UNKNOWN
from popsim.study.model import Study

COUNT = 400
ASKED = [
    ["component"],
    ["basis"],
    ["region", "income"],
    ["area", "year"],
    ["country", "area"],
    ["country", "year"],
    ["country", "component"],
    ["area", "income", "year"],
    ["country", "area", "year"],
]


@pytest.fixture(scope="module")
def study() -> Study:
    asked = ["area", "region", "year", ["country"], *ASKED]
    few = {"countries.select.region": ["Eastern European", "Latin America and Caribbean"]}
    return replace(ps.load_study("pops", {"report.breakdowns": asked, "report.coverage": 0.8, **few}), options=())


@pytest.fixture(scope="module")
def dataset(study: Study) -> xr.Dataset:
    return ps.simulate(study, scenarios=COUNT, seed=3)


@pytest.fixture(scope="module")
def document(study: Study, dataset: xr.Dataset) -> Document:
    return compose(study, dataset)


def blocks_of(document: Document) -> Iterator[Block]:
    for section in document.sections:
        for block in section.blocks:
            yield from block.blocks if isinstance(block, Details) else (block,)


def number(text: str) -> float:
    return float(re.sub(r"[^0-9.\-]", "", text.replace("\u2212", "-")))


def names_of(study: Study, dataset: xr.Dataset, dim: str) -> list[str]:
    if f"{dim}_name" in dataset.coords:
        return [str(name) for name in dataset[f"{dim}_name"].values]
    values = dataset[dim].values.tolist()
    return [value.capitalize() if dim == "basis" else study.label(dim, value) for value in values]


def cells(study: Study, dataset: xr.Dataset, total: str, dims: list[str]) -> dict[tuple[str, ...], np.ndarray]:
    """Scenarios of every cell, in millions, by the names of its labels: summed anew from the finest breakdown."""
    values = dataset[f"{total}_by_{'_'.join(dims)}"].sel(option="full").transpose(*dims, "scenario").values / 1e6
    keys = itertools.product(*(names_of(study, dataset, dim) for dim in dims))
    return dict(zip(keys, values.reshape(-1, COUNT), strict=True))


def in_order(dataset: xr.Dataset, dims: list[str]) -> list[str]:
    name = next(str(name) for name in dataset.data_vars if set(dataset[name].dims) == {"option", "scenario", *dims})
    return [str(dim) for dim in dataset[name].dims[2:]]


def half_place(text: str) -> float:
    """Half of the place at which a printed figure ends."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


def close(text: str, value: float, error: float) -> bool:
    """Whether a printed figure is the value: no digit is finer than the error, and it is rounded, not cut.

    The ends of ranges have some definition of a quantile between neighbouring scenarios; hence one more error.
    """
    if text == UNKNOWN:
        return not_seen(value, error)
    shown = number(text)
    if text.startswith("<"):
        return value < shown
    return abs(shown - value) <= 2.0 * error + max(0.051 * abs(value), half_place(text)) + 1e-12


def not_seen(value: float, error: float) -> bool:
    """Whether a mean errs so much that it may be said not to be known: its scenarios cannot have seen the tail."""
    return error > 0.02 * value


def errors(values: np.ndarray) -> tuple[float, float, float]:
    """Standard errors of the ends and of the mean, of the scenarios by resampling."""
    drawn = np.random.default_rng(1).choice(values, (100, COUNT))
    return (*np.quantile(drawn, [0.1, 0.9], axis=1).std(axis=1), values.std() / np.sqrt(COUNT))


@pytest.mark.parametrize("asked", ASKED, ids="-".join)
@pytest.mark.parametrize("total", ["cost", "financing_need"])
@pytest.mark.one_in(4)
def test_every_breakdown_has_a_table_with_the_means_and_ranges_of_the_scenarios(
    study: Study, dataset: xr.Dataset, document: Document, asked: list[str], total: str
) -> None:
    dims = in_order(dataset, asked)
    expected = cells(study, dataset, total, dims)
    found: dict[tuple[str, ...], tuple[str, str, str]] = {}
    headings = {
        "country": "country",
        "area": "activity area",
        "component": "cost component",
        "basis": "basis of the centre",
    }
    words = [headings.get(dim, study.heading(dim, sentence=True)) for dim in dims]
    title = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    word = {"cost": "Cost", "financing_need": "Financing need"}[total]
    for block in blocks_of(document):
        if isinstance(block, Matrix) and block.caption.startswith(f"{word} by {title}:"):
            assert "80\u202f% interval" in block.caption
            assert "US$ million, constant 2025 prices" in block.caption
            for row, (column, k) in itertools.product(block.rows[:-1], zip(block.columns[:-1], itertools.count())):
                key = (row.label, column) if (row.label, column) in expected else (column, row.label)
                low, _, high = row.cells[k].range.partition("–")
                found[key] = (low or row.cells[k].value, row.cells[k].value, high or row.cells[k].value)
        if isinstance(block, Table) and f"Ranges by {title} (" in block.caption:
            first = block.labels + 4 * [name for name, _ in block.groups].index(word)
            assert block.columns[first : first + 4] == ("Low end", "Mean", "High end", "Share")
            labels = [k for k in range(block.labels) if block.columns[k] != "Code"]
            for line in block.rows:
                low, mean, high = line[first : first + 3]
                found[tuple(line[k] for k in labels)] = (low, mean, high)
                whole = dataset[total].sel(option="full").mean().item() / 1e6
                mine = expected[tuple(line[k] for k in labels)]
                # Shares end with the first decimal of a per cent.
                error = max(100 * errors(mine)[2] / whole, 0.025)
                assert close(line[first + 3], 100 * mine.mean() / whole, error)
    listed = len(dims) == 3 or min(dataset.sizes[dim] for dim in dims) > 12
    assert len(found) == (1000 if listed and len(expected) > 1000 else len(expected))
    for key, (low, mean, high) in itertools.islice(found.items(), 300):
        values = expected[key]
        low_error, high_error, mean_error = errors(values)
        assert close(mean, values.mean(), mean_error), key
        assert close(low, float(np.quantile(values, 0.1)), low_error), key
        assert close(high, float(np.quantile(values, 0.9)), high_error), key


def test_margins_of_a_matrix_are_the_sums_of_its_cells(document: Document, dataset: xr.Dataset) -> None:
    matrices = [block for block in blocks_of(document) if isinstance(block, Matrix)]
    assert len(matrices) == 2 * 4
    for matrix in matrices:
        total = "cost" if matrix.caption.startswith("Cost") else "financing_need"
        scenarios = dataset[total].sel(option="full").values / 1e6
        low_error, high_error, mean_error = errors(scenarios)
        corner = matrix.rows[-1].cells[-1]
        assert close(corner.value, scenarios.mean(), mean_error)
        low, _, high = corner.range.partition("–")
        assert close(low, float(np.quantile(scenarios, 0.1)), low_error)
        assert close(high, float(np.quantile(scenarios, 0.9)), high_error)
        for line in (*(row.cells for row in matrix.rows), *zip(*(row.cells for row in matrix.rows), strict=True)):
            if any(cell.value == UNKNOWN for cell in line):
                continue
            *parts, whole = (number(cell.value) for cell in line)
            rounding = sum(half_place(cell.value) for cell in line)
            assert sum(parts) == pytest.approx(whole, rel=0.05, abs=rounding)


def test_long_breakdowns_are_folded_and_short_ones_are_not(document: Document, study: Study) -> None:
    section = next(part for part in document.sections if part.id == "breakdowns")
    folded = [block.summary for block in section.blocks if isinstance(block, Details)]
    assert "By cost component (18 rows)" in folded
    assert any(text.startswith(f"By country and activity area ({len(study.countries)}") for text in folded)
    open_ones = [block for block in section.blocks if isinstance(block, Table | Matrix)]
    assert all(len(block.rows) <= 13 for block in open_ones)
    assert any(isinstance(block, Matrix) for block in open_ones)


def test_every_country_has_a_row_that_can_be_sorted(study: Study, document: Document) -> None:
    table = next(b for b in blocks_of(document) if isinstance(b, Table) and b.name == "countries")
    assert table.sortable
    assert sorted(row[0] for row in table.rows) == sorted(country.name for country in study.countries)
    assert 'class="sortable"' in render(document)


def test_what_is_cut_is_said(study: Study, document: Document) -> None:
    notes = [block.text for block in blocks_of(document) if isinstance(block, Paragraph) and block.note]
    rows = len(study.countries) * len(study.areas) * len(study.years)
    assert any(note.startswith(f"Shown are the 1,000 largest of {rows:,} rows") for note in notes)
    assert any("The ends of ranges do not add up" in note for note in notes)


def test_a_run_with_few_breakdowns_has_no_section_on_further_ones(study: Study) -> None:
    short = ps.load_study("pops", {"report.breakdowns": ["area"]})
    text = render(compose(short, ps.simulate(short, scenarios=100)))
    assert "Further breakdowns" not in text


def test_an_own_column_has_its_name_in_headings_and_captions(study: Study) -> None:
    own = ps.load_study("pops", {"report.breakdowns": [["income", "area"]], "headings.income": "Wealth"})
    document = compose(own, ps.simulate(own, scenarios=100))
    matrix = next(block for block in blocks_of(document) if isinstance(block, Matrix))
    assert "by Wealth and activity area" in matrix.caption or "by activity area and Wealth" in matrix.caption
    names = {study.label("income", value) for value in ("LIC", "LMC", "UMC", "unclassified")}
    assert names <= {*matrix.columns, *(row.label for row in matrix.rows)}


def test_countries_of_one_name_are_told_apart_by_their_codes(study: Study) -> None:
    """In a list the code has its own column; in a matrix and in a budget it follows the name that several have."""
    dataset = ps.simulate(study, scenarios=50, breakdowns=["country", ("country", "year")])
    names = dataset["country_name"].values.astype(object)
    names[1] = names[0]
    codes = dataset["country"].values[:3].tolist()
    renamed = dataset.assign_coords(country_name=("country", names.astype(str)))
    matrices = [block for block in blocks_of(compose(study, renamed)) if isinstance(block, Matrix)]
    rows = [row.label for matrix in matrices for row in matrix.rows]
    expected = [f"{names[0]} ({codes[0]})", f"{names[0]} ({codes[1]})", str(names[2])]
    assert set(expected) <= set(rows)
    found = ps.budget_for(renamed, 0.5, "cost_by_country")
    table = enough(found, Labels.of(study, renamed, found))
    assert [row[0] for row in table.rows[:3]] == expected
