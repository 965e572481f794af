"""The table of all results: which columns it has, and in which order."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import xarray as xr

from popsim.report.summary_csv import write_summary_csv
from popsim.study.labels import ColumnLabels
from popsim.study.model import Study


def columns_of(path: Path, dataset: xr.Dataset, study: Study | None) -> list[str]:
    write_summary_csv(path, dataset, 0.9, study=study)
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def test_groups_of_countries_stand_as_the_study_orders_them(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    assert columns_of(path, dataset, study)[:6] == ["variable", "option", "area", "region", "income", "year"]
    named = replace(study, labels=ColumnLabels.of({"income": "income group"}, {}))
    assert columns_of(path, dataset, named)[:6] == ["variable", "option", "area", "income", "region", "year"]
    assert columns_of(path, dataset, None)[:6] == ["variable", "option", "area", "year", "region", "income"]
