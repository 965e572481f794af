"""The table of countries: each with its groups, its cost and its need, as the scenarios have them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis.by_country import attach_countries, country_ranges
from popsim.report import language
from popsim.report.content import compose
from popsim.report.document import Details, Document, Paragraph, Table
from popsim.report.numbers import Printed
from popsim.report.summary_csv import write_summary_csv
from popsim.study.model import Study

COUNT = 400


@pytest.fixture(scope="module")
def study() -> Study:
    return ps.load_study("pops", {"scenarios.count": COUNT, "report.coverage": 0.8})


@pytest.fixture(scope="module")
def run(study: Study) -> xr.Dataset:
    return ps.simulate(replace(study, options=()), breakdowns=["area", "region", "country"])


@pytest.fixture(scope="module")
def kept(study: Study, run: xr.Dataset) -> xr.Dataset:
    """A run with the ranges of countries alone, as `popsim run` keeps them."""
    dropped = run.drop_dims("country")
    return attach_countries(dropped, country_ranges(study))


def table_of(document: Document) -> Table:
    (section,) = (section for section in document.sections if section.id == "countries")
    inside = [block for each in section.blocks if isinstance(each, Details) for block in each.blocks]
    return next(block for block in inside if isinstance(block, Table) and block.name == "countries")


def notes_of(document: Document) -> str:
    (section,) = (section for section in document.sections if section.id == "countries")
    inside = [block for each in section.blocks if isinstance(each, Details) for block in each.blocks]
    return " ".join(block.text for block in inside if isinstance(block, Paragraph))


def check(table: Table, study: Study, run: xr.Dataset) -> None:
    """Compare every cell with the scenarios of its country."""
    assert len(table.rows) == len(study.countries)
    assert [title for title, _ in table.groups] == ["Financing need", "Total cost"]
    codes = {country.name: country.code for country in study.countries}
    for row in table.rows:
        for place, name in enumerate(("financing_need", "cost")):
            values = run[f"{name}_by_country"].sel(country=codes[row[0]]).values.ravel()
            cells = row[table.labels + 3 * place : table.labels + 3 * place + 3]
            expected = (np.quantile(values, 0.1), values.mean(), np.quantile(values, 0.9))
            for cell, figure in zip(cells, expected, strict=True):
                assert isinstance(cell, Printed)
                assert cell.value == pytest.approx(figure, rel=0.02, abs=1e4)
                if not cell.startswith("<"):
                    assert float(cell.replace(",", "")) * 1e6 == pytest.approx(figure, rel=0.3, abs=1e6)


def test_every_country_has_its_cost_and_need_in_a_run_with_their_scenarios(study: Study, run: xr.Dataset) -> None:
    table = table_of(compose(study, run))
    check(table, study, run)
    assert "80\u202f% interval" in table.caption
    assert "US$ million, constant 2025 prices" in table.caption
    with pytest.raises(AssertionError):
        check(table, study, run.roll(country=1, roll_coords=False))


def test_ranges_that_a_run_keeps_alone_are_shown_alike(study: Study, run: xr.Dataset, kept: xr.Dataset) -> None:
    assert "cost_by_country" not in kept
    assert table_of(compose(study, kept)).rows == table_of(compose(study, run)).rows


def test_a_run_without_them_lists_the_countries_and_says_so(study: Study, run: xr.Dataset) -> None:
    document = compose(study, run.drop_dims("country"))
    table = table_of(document)
    assert [row[0] for row in table.rows] == [row[0] for row in table_of(compose(study, run)).rows]
    assert table.labels == len(table.columns)
    assert "no ranges of single countries" in notes_of(document)
    assert "no ranges of single countries" not in notes_of(compose(study, run))


def test_groups_stand_in_columns_of_their_own(study: Study, kept: xr.Dataset) -> None:
    table = table_of(compose(study, kept))
    headings = [study.heading(name) for name in ("region", "income", "ldc", "sids")]
    places = [table.columns.index(heading) for heading in headings]
    groups = {country.name: dict(country.groups) for country in study.countries}
    for row in table.rows:
        of = groups[row[0]]
        assert [row[place] for place in places] == [
            of["region"],
            of["income"],
            "LDC" if of["ldc"] == "LDC" else "",
            "SIDS" if of["sids"] == "SIDS" else "",
        ]
    assert "LDC: least developed countries" in notes_of(compose(study, kept))


def test_countries_are_in_the_order_of_their_names_in_the_language(study: Study, kept: xr.Dataset) -> None:
    names = [row[0] for row in table_of(compose(study, kept)).rows]
    assert names == sorted(names, key=lambda name: name.replace("ô", "o").replace("ü", "u").replace("ã", "a"))
    with language.using("fr"):
        french = [row[0] for row in table_of(compose(study, kept)).rows]
    # É stands with E, not behind Z.
    places = [french.index(name) for name in ("Algérie", "Égypte", "Équateur", "Érythrée", "Zambie")]
    assert places == sorted(places)


def test_ranges_of_fewer_scenarios_than_the_run_has_are_called_so(study: Study, kept: xr.Dataset) -> None:
    fewer = kept.assign_attrs(countries_scenarios=COUNT // 2)
    assert f"ranges of {COUNT // 2} of the {COUNT} scenarios" in notes_of(compose(study, fewer))
    assert "scenarios." not in notes_of(compose(study, kept))


def test_summary_csv_holds_the_countries_that_the_table_shows(study: Study, kept: xr.Dataset, tmp_path: Path) -> None:
    write_summary_csv(tmp_path / "summary.csv", kept, study.coverage, study=study)
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["variable"], row["country_name"]): row for row in csv.DictReader(file)}
    table = table_of(compose(study, kept))
    for line in table.rows:
        for place, name in enumerate(("financing_need_by_country", "cost_by_country")):
            row = rows[name, line[0]]
            cells = [cell for cell in line[table.labels + 3 * place :][:3] if isinstance(cell, Printed)]
            assert [cell.value for cell in cells] == [float(row[key]) for key in ("p10", "mean", "p90")]
            assert (row["option"], row["unit"], row["price_year"]) == ("full", "USD", "2025")
    assert len([key for key in rows if key[1]]) == 2 * len(study.countries)
