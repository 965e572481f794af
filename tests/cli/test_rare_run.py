"""What is rare is kept with a run, and every command reads such a run."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popsim as ps
from popsim.analysis.attached import attached_rare
from popsim.report.rare import rare_records, rare_sentences

EMBARGO = (
    'shock.embargo={name = "Embargo", areas = ["e", "f"], probability = 0.02, factor = 9.0, basis = "judgement", '
    'rationale = "Of a test."}'
)

PLAIN = ("--no-drivers", "--no-assumptions", "--format", "md")
"""Neither belongs to these tests, and both take longer than the run."""
FEW_COUNTRIES = ("--set", 'countries.select.region=["Eastern European"]')


@pytest.mark.slow
def test_a_run_keeps_what_is_rare(call: Callable[..., Any], tmp_path: Path) -> None:
    done = call("run", "--scenarios", "500", *PLAIN, *FEW_COUNTRIES, "--set", EMBARGO, "--out", "kept")
    assert done.status == 0, done.err
    run = ps.load_run(tmp_path / "kept")
    kept = attached_rare(run.dataset)
    assert kept is not None
    assert kept["event_name"].values.tolist() == ["Embargo"]
    again = ps.rare_events(run)
    for name, values in again.data_vars.items():
        np.testing.assert_array_equal(kept[name].values, values.values)
    (sentence,) = rare_sentences(run.dataset, "full", run.study.coverage)
    happens = int(kept["happens"].sel(option="full").item())
    assert f"“Embargo”, chance 2 in 100 ({happens} of 500 scenarios" in sentence
    with (tmp_path / "kept" / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["event"]]
    by_option = {option: rare_records(run.dataset, option) for option in run.dataset["option"].values.tolist()}
    assert len(rows) == sum(len(record["totals"]) for records in by_option.values() for record in records) > 0
    for row in rows:
        (record,) = by_option[row["option"]]
        numbers = record["totals"][row["variable"].removeprefix("rare_")]
        assert (row["event"], row["name"], row["unit"], int(row["happens"])) == (
            "shock/embargo",
            "Embargo",
            "USD",
            record["happens"],
        )
        for name, value in numbers.items():
            assert row[name] == ("" if value is None else repr(value))
    json.dumps(by_option, allow_nan=False)
    # An option without these areas has no such event.
    assert by_option["plans_and_rules_only"] == []
    for command in (["compare", "kept"], ["budget", "kept", "--amount", "2e9"], ["report", "kept"]):
        assert call(*command).status == 0


@pytest.mark.slow
def test_a_run_without_anything_rare_keeps_nothing(call: Callable[..., Any], tmp_path: Path) -> None:
    assert call("run", "--scenarios", "100", *PLAIN, *FEW_COUNTRIES, "--out", "kept").status == 0
    dataset = ps.load_run(tmp_path / "kept").dataset
    assert not [each for each in (*dataset.variables, *dataset.attrs) if str(each).startswith("rare")]
