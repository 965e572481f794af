"""Workbook, CSV tables and SIPmath library of odd studies: certain, rare, of one area, of few scenarios."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

import popsim as ps
from popsim.report.data import gather
from popsim.report.excel import write_workbook
from popsim.report.sipmath import write_sipmath
from popsim.report.tidy_csv import write_tidy_csv
from popsim.study.model import Study

from .odd_studies import late_studies, odd_studies


@settings(max_examples=8, deadline=None)
@given(st.one_of(odd_studies(), late_studies()), st.sampled_from([1, 3, 40, 300]))
def test_any_study_has_a_workbook_tables_and_a_library(study: Study, scenarios: int) -> None:
    dataset = ps.simulate(study, scenarios=scenarios, breakdowns=["area", "year"])
    data = gather(study, dataset)
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write_workbook(path / "report.xlsx", study, dataset, data)
        write_tidy_csv(path / "tables", study, dataset, data)
        write_sipmath(path / "sipmath.json", study, dataset, data)
        book = load_workbook(path / "report.xlsx", data_only=True)
        values = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
        library = json.loads((path / "sipmath.json").read_text(encoding="utf-8"))
    assert not [value for value in values if isinstance(value, float) and not math.isfinite(value)]
    samples = next(sip for sip in library["sips"] if sip["name"] == "cost_samples")["arguments"]["value"]
    assert samples == pytest.approx(dataset["cost"].isel(option=0).values.tolist(), rel=1e-8)
