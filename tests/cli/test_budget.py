"""`popsim budget` and `popsim run --precision`: tables at the widths of terminals, everything in JSON, refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.engine.runs import save_run

Calling = Callable[..., Any]

ALONE = ("--no-drivers", "--no-assumptions")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the packaged study, and one with a second option put together by hand."""
    folder = tmp_path_factory.mktemp("runs")
    study = ps.load_study("pops")
    plan = ps.compile(study)
    breakdowns = ["area", "year", "region", ("ldc", "area")]
    alone = ps.simulate(plan, scenarios=400, breakdowns=breakdowns).sel(option=["full"])
    half = (0.5 * alone).assign_coords(option=["half"])
    both = xr.concat([alone, half], "option", combine_attrs="override", coords="minimal", compat="override")
    both["cost"].attrs["units"] = both["cost_by_area"].attrs["units"] = "USD"
    for name, content in (("alone", alone), ("both", both)):
        (folder / name).mkdir()
        save_run(folder / name, study, plan, content)
    return folder


WAYS = (
    ("--amount", "2.5e9"),
    ("--amount", "200e6", "--variable", "cost_by_area"),
    ("--confidence", "80%"),
    ("--confidence", "0.9", "--variable", "cost_by_year"),
    ("--confidence", "80%", "--by", "area"),
    ("--confidence", "80%", "--by", "region"),
    ("--confidence", "80%", "--by", "area,ldc"),
)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["alone", "both"])
@pytest.mark.one_in(3)
def test_tables_fit_the_terminal(
    call: Calling, monkeypatch: pytest.MonkeyPatch, runs: Path, name: str, way: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = call("budget", str(runs / name), *way)
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= columns
    text = " ".join(done.out.split())
    assert "constant 2025 prices" in text
    assert "400 scenarios, seed" in text
    assert not re.search(r"\bnan\b|\binf\b", text)
    if "--by" in way:
        assert "do not add up to the quantile of the sum" in text
        assert text.count("Reserve over the expected cost") == (2 if name == "both" else 1)


def test_amounts_in_json_are_those_of_the_analysis(call: Calling, runs: Path) -> None:
    dataset = ps.load_run(runs / "both").dataset
    found = json.loads(call("budget", str(runs / "both"), "--amount", "2.5e9", "--json").out)
    expected = ps.budget(dataset, 2.5e9)
    assert [each["option"] for each in found["results"]] == ["full", "half"]
    for each in found["results"]:
        one = expected.sel(option=each["option"])
        for name in ("sufficient", "sufficient_error", "shortfall", "shortfall_overall"):
            value = one[name].item()
            assert each[name] == (value if np.isfinite(value) else None)
    areas = json.loads(
        call("budget", str(runs / "both"), "--confidence", "80%", "--variable", "cost_by_area", "--json").out
    )
    amounts = ps.budget_for(dataset, 0.8, "cost_by_area")
    assert (areas["variable"], areas["confidence"], areas["currency"]) == ("cost_by_area", 0.8, "USD")
    for each in areas["results"]:
        table = {part["area"]: part["amount"] for part in each["parts"]}
        assert table == amounts["amount"].sel(option=each["option"]).to_series().to_dict()


def test_every_total_is_answered_within_after_and_in_all_years(call: Calling, runs: Path) -> None:
    dataset = ps.load_run(runs / "both").dataset
    for way, ask in (
        (("--amount", "1e9"), lambda values: {"sufficient": float((values <= 1e9).mean())}),
        (("--confidence", "80%"), lambda values: {"amount": float(np.quantile(values, 0.8))}),
    ):
        found = json.loads(call("budget", str(runs / "both"), *way, "--json").out)
        assert {*found["totals"]} == {
            f"{base}{span}" for base in ("cost", "financing_need") for span in ("", "_after_horizon", "_all_years")
        }
        for name, results in found["totals"].items():
            base = name.removesuffix("_after_horizon").removesuffix("_all_years")
            within, after = dataset[base], dataset[f"{base}_after_horizon"]
            values = within + after if name.endswith("_all_years") else after if name.endswith("horizon") else within
            for result in results:
                for key, value in ask(values.sel(option=result["option"]).values).items():
                    assert result[key] == pytest.approx(value, rel=1e-12)
        said = call("budget", str(runs / "both"), *way).out
        assert said.index("financing need") < said.index("total cost")
        for years in ("2027–2036", "after 2036", "all years"):
            assert said.count(years) == 4


def test_joint_amounts_in_json(call: Calling, runs: Path) -> None:
    found = json.loads(call("budget", str(runs / "alone"), "--confidence", "80%", "--by", "area", "--json").out)
    (one,) = found["results"]
    assert found["by"] == "area"
    assert one["joint_confidence"] >= 0.8 > one["separate_joint_confidence"]
    assert one["total"] == pytest.approx(sum(part["amount"] for part in one["parts"]), rel=1e-12)
    (kept,) = found["reserve"]["results"]
    assert kept["reserve"] == pytest.approx(sum(part["contribution"] for part in kept["parts"]), rel=1e-9)


def test_joint_amounts_by_two_names_in_json(call: Calling, runs: Path) -> None:
    found = json.loads(call("budget", str(runs / "alone"), "--confidence", "80%", "--by", "area, ldc", "--json").out)
    (one,) = found["results"]
    assert found["by"] == "area,ldc"
    assert [(part["area"], part["ldc"]) for part in one["parts"][:2]] == [("a", "LDC"), ("a", "not LDC")]
    assert len(one["parts"]) == 2 * len(ps.load_study("pops").areas)
    assert one["total"] == pytest.approx(sum(part["amount"] for part in one["parts"]), rel=1e-12)
    (kept,) = found["reserve"]["results"]
    assert kept["reserve"] == pytest.approx(sum(part["contribution"] for part in kept["parts"]), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "either --amount"),
        (("--amount", "1e9", "--confidence", "80%"), "either --amount"),
        (("--amount", "0"), "above 0"),
        (("--amount", "-5"), "above 0"),
        (("--amount", "nan"), "above 0"),
        (("--amount", "much"), "above 0"),
        (("--confidence", "80"), "Is 80% meant?"),
        (("--confidence", "0%"), "between 0% and 100%"),
        (("--confidence", "100%"), "between 0% and 100%"),
        (("--confidence", "1.2"), "Is 1.2% meant?"),
        (("--confidence", "99.99%"), "run at least 39998 scenarios"),
        (("--confidence", "80%", "--variable", "cots"), 'did you mean "cost"?'),
        (("--confidence", "80%", "--by", "aera"), 'did you mean "area"?'),
        (("--amount", "1e9", "--by", "area"), "state --confidence and not --amount"),
    ],
)
def test_refusals(call: Calling, runs: Path, arguments: tuple[str, ...], words: str) -> None:
    done = call("budget", str(runs / "alone"), *arguments)
    assert (done.status, done.out) == (2, "")
    assert words in " ".join(done.err.split())


def test_a_folder_that_is_no_run_is_refused(call: Calling, tmp_path: Path) -> None:
    done = call("budget", str(tmp_path), "--confidence", "80%")
    assert (done.status, done.out) == (2, "")
    assert "a folder written by popsim run" in done.err


def test_a_run_goes_on_until_it_is_precise_enough(call: Calling, tmp_path: Path) -> None:
    done = call("run", "example", "--precision", "1.5%", "--seed", "3", *ALONE, "--out", "precise", "--json")
    assert done.status == 0
    assert done.err == 'Design: "sobol", the cheapest for a precision; scenarios.design states another.\n'
    found = json.loads(done.out)
    run = ps.load_run(tmp_path / "precise")
    count = found["scenarios"]
    assert run.study.scenarios == run.dataset.sizes["scenario"] == count
    assert found["precision_reached"] <= found["precision"] == 0.015
    # The study that is kept says the number that it took: run again, it gives the same scenarios.
    again = ps.simulate(run.study)
    assert np.array_equal(again["cost"], run.dataset["cost"])
    assert again.attrs["study"] == run.dataset.attrs["study"]


@pytest.mark.slow
def test_sobol_points_go_on_until_scramblings_agree(call: Calling, plain: Path, tmp_path: Path) -> None:
    design = ("--set", "scenarios.design=sobol", "--set", "report.breakdowns=[]")
    done = call("run", str(plain), "--precision", "3%", *ALONE, *design, "--out", "sobol")
    said = " ".join(done.out.split())
    run = ps.load_run(tmp_path / "sobol")
    each = run.study.scenarios // run.study.replicates
    assert (run.study.replicates, each * 32) == (32, run.study.scenarios)
    assert f"(32 independent scramblings of {each:,} Sobol points)" in said
    again = ps.simulate(run.study)
    assert again["cost"].identical(run.dataset["cost"])
    report = (tmp_path / "sobol" / "report.html").read_text(encoding="utf-8")
    plain = " ".join(report.split())
    assert f"estimated from 32 independent scramblings of Sobol points, {each:,} in each" in plain


def test_a_run_says_what_precision_took(call: Calling) -> None:
    done = call("run", "example", "--precision", "5%", *ALONE, "--set", "scenarios.design=random")
    assert done.status == 0
    assert re.search(
        r"Precision: [\d.]+ % of the ends .* 5 % asked for, with 5,000 scenarios\.", " ".join(done.out.split())
    )
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--precision", "0.05%", "--scenarios", "6000"), "4,096 scenarios reach, which is the most allowed"),
        (("--precision", "0.00001%"), "documents of more would not fit the memory"),
        (("--precision", "0"), "between 0% and 100%"),
        (("--precision", "2"), "Is 2% meant?"),
        (("--precision", "1%", "--set", "scenarios.design=latin"), "design 'latin'"),
    ],
)
def test_precision_that_cannot_be_had_is_refused(
    call: Calling, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = call("run", "example", *arguments)
    assert (done.status, done.out) == (2, "")
    assert words in " ".join(done.err.split())
    # What was written to a store by then is kept, and the message says so; else nothing is left.
    kept = [path.name for path in tmp_path.glob("results/.*")]
    assert kept == ([".example.unfinished"] if "What is finished is kept" in done.err else [])
