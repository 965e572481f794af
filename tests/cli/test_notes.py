"""Notes: how files were read, and what is odd in them, on standard error, in JSON and in the report."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import popsim as ps

SMALL = Path(__file__).parents[1] / "study" / "fixtures" / "small"


def test_check_and_run_print_notes_and_keep_them_in_json(tmp_path: Path, call: Callable[..., Any]) -> None:
    small = Path(shutil.copytree(SMALL, tmp_path / "small"))
    path = small / "countries.csv"
    text = path.read_text(encoding="utf-8").replace('"Land C, Republic of"', "Land C").replace("Land B", "Land A")
    path.write_text(text.replace(",", ";"), encoding="utf-8")
    reading = "countries.csv: read with ';' between columns"
    same = 'countries.csv: AAA, BBB have one name, "Land A"'
    out = ["--out", str(tmp_path / "run"), "--scenarios", "20"]
    for arguments in (["check", str(small)], ["run", str(small), *out]):
        for more in ([], ["--json"]):
            done = call(*arguments, *more)
            assert done.status == 0
            assert f"Note: {reading}.\n" in done.err
            assert f"Note: {same}.\n" in done.err
            assert "Note" not in done.out
            if more:
                assert json.loads(done.out)["notes"] == [reading, same]
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "AAA, BBB have one name, &#34;Land A&#34;" in report or 'AAA, BBB have one name, "Land A"' in report


def test_codes_of_other_units_stay_text_from_the_file_to_the_table_of_results(
    tmp_path: Path, call: Callable[..., Any]
) -> None:
    small = Path(shutil.copytree(SMALL, tmp_path / "small"))
    path = small / "countries.csv"
    text = path.read_text(encoding="utf-8")
    codes = {"AAA": "007", "BBB": "BR-SP", "CCC": "30", "DDD": "R01", "FFF": "NaN"}
    for old, new in codes.items():
        text = text.replace(f"\n{old},", f"\n{new},")
    path.write_text(text.replace(",red,", ",01,"), encoding="utf-8")
    run = tmp_path / "run"
    breakdowns = 'report.breakdowns=["country", "bloc", ["country", "area"]]'
    done = call("run", str(small), "--scenarios", "20", "--set", breakdowns, "--out", str(run))
    assert done.status == 0
    with (run / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_country = [row for row in rows if row["variable"] == "cost_by_country"]
    assert [row["country"] for row in by_country] == list(codes.values())
    assert {row["bloc"] for row in rows if row["variable"] == "cost_by_bloc"} == {"01", "blue"}
    kept = ps.load_run(run).dataset
    assert kept["country"].values.tolist() == list(codes.values())
    assert kept["cost_by_country"].sel(country="007").mean().item() == pytest.approx(
        float(by_country[0]["mean"]), rel=1e-14
    )
    assert call("check", str(run), "--set", 'countries.without=["30"]').out.count("4 counted") == 1
    refused = call("check", str(run), "--set", "countries.without=[30]")
    assert (refused.status, "text, in quotation marks" in refused.err) == (2, True)
