"""The tables of a run as CSV: what they say, in which signs, and that every column is described."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import popsim as ps
from popsim.errors import FileError, ParameterError
from popsim.report import language
from popsim.report.tidy_csv import COLUMNS, TABLES, described, write_tidy_csv
from popsim.study.model import Study

Alternatives = tuple[Study, xr.Dataset]


@pytest.fixture(scope="module")
def folder(with_alternatives: Alternatives, tmp_path_factory: pytest.TempPathFactory) -> Path:
    study, dataset = with_alternatives
    folder = tmp_path_factory.mktemp("tables")
    write_tidy_csv(folder, study, dataset)
    return folder


def read(folder: Path, name: str, **how: object) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""], **how)


def one(table: pd.DataFrame, **where: object) -> pd.Series:
    rows = table[np.logical_and.reduce([table[column] == value for column, value in where.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_quantiles_of_totals_and_areas_are_those_of_the_run(folder: Path, with_alternatives: Alternatives) -> None:
    _study, dataset = with_alternatives
    totals, areas = read(folder, "totals"), read(folder, "areas")
    what = {"prices": "constant", "years": "within_horizon", "statistic": "quantile"}
    for option in dataset["option"].values:
        values = dataset["cost"].sel(option=option).values
        row = one(totals, option=option, total="cost", probability=0.95, **what)
        assert row["amount"] == pytest.approx(np.quantile(values, 0.95), rel=1e-12)
        assert 0.0 < row["standard_error"] < 0.1 * row["amount"]
        values = dataset["financing_need_by_area"].sel(option=option, area="b").values
        row = one(areas, option=option, area="b", total="financing_need", probability=0.05, **what)
        assert row["amount"] == pytest.approx(np.quantile(values, 0.05), rel=1e-12)


def test_tables_are_tidy(folder: Path) -> None:
    """Each fact has one row: no two rows are about the same."""
    for path in folder.glob("*.csv"):
        table = read(folder, path.stem)
        figures = {"amount", "standard_error", "value", "cost", "financing_need", "size", "meaning"}
        keys = [name for name in table.columns if name not in figures]
        assert not table.duplicated(keys).any(), path.name


def test_differences_and_budgets_are_those_of_the_analysis(folder: Path, with_alternatives: Alternatives) -> None:
    _study, dataset = with_alternatives
    apart = ps.compare(dataset)["cost_difference_quantile"].sel(option="less", quantile=0.5).item()
    what = {"total": "cost", "prices": "constant", "years": "within_horizon"}
    found = one(read(folder, "options"), option="less", statistic="quantile", probability=0.5, **what)
    assert found["amount"] == pytest.approx(apart, rel=1e-12)
    budget = one(read(folder, "budgets"), option="less", confidence=0.8, **what)
    known = ps.budget_for(dataset, 0.8).sel(option="less")
    assert budget["amount"] == pytest.approx(known["amount"].item(), rel=1e-12)
    assert budget["standard_error"] == pytest.approx(known["amount_error"].item(), rel=1e-12)


def test_samples_sum_to_the_total(folder: Path, with_alternatives: Alternatives) -> None:
    _study, dataset = with_alternatives
    samples = read(folder, "samples").groupby("scenario")[["cost", "financing_need"]].sum()
    for total in ("cost", "financing_need"):
        expected = dataset[f"{total}_by_area"].sel(option="full").sum("area").values
        assert samples[total].to_numpy() == pytest.approx(expected)


def test_every_column_is_described_beside_the_tables_and_in_the_documentation(folder: Path, root: Path) -> None:
    table = read(folder, "columns")
    for path in folder.glob("*.csv"):
        columns = read(folder, path.stem).columns.tolist()
        rows = table[table["table"] == path.stem]
        assert rows["column"].tolist() == columns, path.name
        assert rows["meaning"].map(bool).all()
    page = (root / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    assert described() in page
    assert described().replace("| `amount` |", "| `amounts` |") not in page


def test_no_description_is_left_without_a_column() -> None:
    assert {column for _about, columns in TABLES.values() for column in columns} == set(COLUMNS)


def test_the_french_write_decimals_with_a_comma_and_separate_by_semicolons(
    folder: Path, with_alternatives: Alternatives, tmp_path: Path
) -> None:
    study, dataset = with_alternatives
    write_tidy_csv(tmp_path, study, dataset, locale="fr")
    text = (tmp_path / "totals.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("option;option_name;total;")
    french = read(tmp_path, "totals", sep=";", decimal=",")
    pd.testing.assert_frame_equal(french, read(folder, "totals"))
    # In a French document too, names are those of the study, and the decimal sign is that of the language.
    with language.using("fr"):
        write_tidy_csv(tmp_path / "fr", study, dataset)
    pd.testing.assert_frame_equal(read(tmp_path / "fr", "totals", sep=";", decimal=","), french)
    with language.using("en"):
        write_tidy_csv(tmp_path / "de", study, dataset, locale="de_CH")
    assert "," in (tmp_path / "de" / "totals.csv").read_text(encoding="utf-8-sig").splitlines()[0]


def test_a_locale_that_there_is_not_is_refused(with_alternatives: Alternatives, tmp_path: Path) -> None:
    study, dataset = with_alternatives
    with pytest.raises(ParameterError, match="a language or locale"):
        write_tidy_csv(tmp_path, study, dataset, locale="xx_klingon")


def test_names_cannot_become_formulas_and_names_with_accents_are_read(
    with_alternatives: Alternatives, tmp_path: Path
) -> None:
    study, dataset = with_alternatives
    names = ["=1+1", "+A1", "-2+3", "@SUM(A1)", "Côte\n=1", "Åland", "a;b,c", '"q"']
    areas = tuple(replace(area, name=name) for area, name in zip(study.areas, names, strict=True))
    write_tidy_csv(tmp_path, replace(study, areas=areas), dataset.isel(scenario=slice(0, 200)))
    assert (tmp_path / "areas.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "areas.csv").open(encoding="utf-8-sig", newline="") as file:
        found = {row["area_name"] for row in csv.DictReader(file)}
    assert found == {"'=1+1", "'+A1", "'-2+3", "'@SUM(A1)", "Côte\n=1", "Åland", "a;b,c", '"q"'}


def test_tables_that_a_run_lacks_are_left_out_and_older_ones_removed(
    study: Study, dataset: xr.Dataset, tmp_path: Path
) -> None:
    (tmp_path / "areas.csv").write_text("old", encoding="utf-8")
    write_tidy_csv(tmp_path, study, dataset[["cost"]])
    names = {path.stem for path in tmp_path.glob("*.csv")}
    assert names == {"totals", "budgets", "countries", "country_groups", "columns"}


def test_amounts_of_which_the_scenarios_know_no_digit_have_no_error(
    study: Study, dataset: xr.Dataset, tmp_path: Path
) -> None:
    write_tidy_csv(tmp_path, study, dataset[["cost"]].isel(scenario=slice(0, 20)))
    row = one(read(tmp_path, "totals"), statistic="quantile", probability=0.95)
    assert math.isnan(row["standard_error"])
    assert read(tmp_path, "budgets")["standard_error"].notna().all()


def test_a_folder_that_cannot_be_made_is_refused_in_words(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FileError, match="a folder that can be written"):
        write_tidy_csv(tmp_path / "file", study, dataset[["cost"]])
