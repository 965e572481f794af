"""`popsim run`, `popsim report`: what they write, what they print, what they refuse, and what they leave alone."""

from __future__ import annotations

import contextlib
import csv
import html
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popsim
from popsim.cli.main import main
from popsim.report.summary_csv import quantile_name

FILES = {
    "ensemble.nc", "joint.nc", "plan.nc", "study.toml", "inputs", "request.json", "manifest.json", "summary.csv",
    "report.html",
}  # fmt: skip
FEW = ("run", "--scenarios", "300", "--seed", "5")
ALONE = ("--no-drivers", "--no-assumptions")
"""Neither belongs to most of these tests, and both take longer than so few scenarios."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One run of the packaged study, and its results as JSON; nothing may change it."""
    folder = tmp_path_factory.mktemp("runs") / "kept"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as leaving:
        main([*FEW, "--out", str(folder), "--json"])
    assert not leaving.value.code
    return folder, json.loads(out.getvalue())


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_folder_is_complete_and_says_where_things_are(kept: tuple[Path, dict[str, Any]]) -> None:
    folder, results = kept
    assert {path.name for path in folder.iterdir()} == FILES
    assert {name: str(folder / name) for name in FILES} == results["files"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_json_and_summary_agree_with_the_scenarios(kept: tuple[Path, dict[str, Any]]) -> None:
    folder, results = kept
    run = popsim.load_run(folder)
    assert (results["scenarios"], results["seed"]) == (300, 5)
    assert (run.study.scenarios, run.study.seed) == (300, 5)
    summary = popsim.summarise(run.dataset, run.study.coverage)
    (total,) = (row for row in rows(folder) if (row["variable"], row["option"]) == ("cost", "full"))
    for name, probability in {"low": 0.05, "median": 0.5, "high": 0.95}.items():
        quantile = summary["cost_quantile"].sel(option="full").sel(quantile=probability, method="nearest").item()
        assert results["cost"][name] == quantile
        assert float(total[quantile_name(probability)]) == quantile
    assert results["cost"]["low"] < results["cost"]["median"] < results["cost"]["high"]
    assert total["unit"] == results["currency"]
    areas = {entry["label"] for entry in results["breakdowns"]["area"]}
    assert areas == {area.id for area in run.study.areas}
    assert areas == {row["area"] for row in rows(folder) if row["variable"] == "cost_by_area"}


def test_options_are_told_alike_in_json_the_summary_the_report_and_on_the_terminal(
    call: Callable[..., Any], kept: tuple[Path, dict[str, Any]]
) -> None:
    folder, results = kept
    dataset = popsim.load_run(folder).dataset
    table = {(row["variable"], row["option"]): row for row in rows(folder) if not row["area"]}
    page = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    page = " ".join(page.replace("\u00a0", " ").replace("\u202f", " ").split())
    said = " ".join(call(*FEW, *ALONE).out.split())
    for option in map(str, dataset["option"].values[1:]):
        told = results["options"][option]
        for base in ("cost", "financing_need"):
            within = dataset[base].sel(option=option).values - dataset[base].sel(option="full").values
            later = dataset[f"{base}_after_horizon"]
            after = later.sel(option=option).values - later.sel(option="full").values
            for name, values in (
                (base, within),
                (f"{base}_after_horizon", after),
                (f"{base}_all_years", within + after),
            ):
                whole = told["difference"][name]
                assert whole["mean"] == pytest.approx(values.mean(), rel=1e-9, abs=1.0)
                assert whole["high"] == pytest.approx(np.quantile(values, 0.95), rel=1e-9, abs=1.0)
                assert whole["scenarios_less"] == np.sum(values < -1.0)
                assert float(table[f"{name}_difference", option]["mean"]) == whole["mean"]
                assert float(table[name, option]["p95"]) == told[name]["high"]
        assert told["says"]
        for sentence in told["says"]:
            assert sentence in page
            assert sentence in said


def test_the_summary_holds_every_number_with_its_error(kept: tuple[Path, dict[str, Any]]) -> None:
    table = rows(kept[0])
    variables = {row["variable"] for row in table}
    assert {"cost", "cost_by_area", "cost_by_area_year", "cost_countries_independent"} <= variables
    numbers = [name for name in table[0] if re.fullmatch(r"p\d+|mean|standard_deviation", name)]
    assert {"p05", "p25", "p50", "p75", "p80", "p95", "mean", "standard_deviation"} == set(numbers)
    for row in table:
        values = [float(row[name]) for name in numbers if name.startswith("p")]
        assert values == sorted(values)
        assert all(float(row[f"{name}_monte_carlo_error"]) >= 0 for name in numbers)


FEW_COUNTRIES = ("--set", 'countries.select.region=["Eastern European"]')


@pytest.mark.parametrize("breakdown", ["country", "component", ["region", "area"], ["income", "area", "year"]])
@pytest.mark.one_in(4)
def test_a_breakdown_is_in_the_report_the_summary_json_and_on_the_terminal(
    call: Callable[..., Any], breakdown: str | list[str]
) -> None:
    asked = (
        "run",
        "--scenarios",
        "100",
        *ALONE,
        *FEW_COUNTRIES,
        "--set",
        f"report.breakdowns={json.dumps([breakdown])}",
    )
    said, results = call(*asked), json.loads(call(*asked, "--json").out)
    folder = Path("results", "pops")
    run = popsim.load_run(folder).dataset
    name = next(str(name) for name in run.data_vars if str(name).startswith("cost_by_") and "basis" not in str(name))
    dims = run[name].dims[2:]
    for total in ("cost", "financing_need"):
        variable = run[name.replace("cost", total)].sel(option="full")
        table = [row for row in rows(folder) if (row["variable"], row["option"]) == (variable.name, "full")]
        assert len(table) == variable.isel(scenario=0).size
        entries = results["breakdowns"][name.removeprefix("cost_by_")]
        assert len(entries) == len(table)
        last = entries[-1] if total == "cost" else entries[-1]["financing_need"]
        where = {str(dim): entries[-1]["label" if len(dims) == 1 else dim] for dim in dims}
        assert last["mean"] == pytest.approx(variable.sel(where).mean().item(), rel=1e-12)
    # Countries have a section of their own.
    heading = "Ranges by country" if breakdown == "country" else "Further breakdowns"
    assert heading in (folder / "report.html").read_text(encoding="utf-8")
    words = {"component": "cost component", "area": "activity area", "income": "income group", "country": "countries"}
    title = [words.get(str(dim), str(dim)) for dim in dims]
    sentence = said.out.partition("In report.html and summary.csv:")[2]
    assert all(word in sentence for word in title)


def test_the_extremes_of_dependence_stand_on_either_side(kept: tuple[Path, dict[str, Any]]) -> None:
    of_the_study = [row for row in rows(kept[0]) if row["option"] in ("", "full")]
    spread = {row["variable"]: float(row["standard_deviation"]) for row in of_the_study}
    independent, studied, dependent = (
        spread[name] for name in ("cost_countries_independent", "cost", "cost_countries_fully_dependent")
    )
    assert independent < studied < dependent


def test_a_run_writes_a_page_a_note_and_a_workbook(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, plain: Path, tmp_path: Path
) -> None:
    monkeypatch.delenv("POPSIM_FORMAT")
    few = ("run", str(plain), "--scenarios", "50", "--no-drivers", "--no-assumptions")
    done = call(*few, "--out", "all")
    documents = ["report.html", "report.docx", "report.xlsx"]
    assert done.out.splitlines()[-3:] == [f"Report: {Path('all', name)}" for name in documents]
    assert {path.name for path in Path("all").iterdir()} == FILES | set(documents)
    done = call(*few, "--out", "one", "--format", "docx", "--json")
    assert {path.name for path in Path("one").iterdir()} == FILES - {"report.html"} | {"report.docx"}
    assert set(json.loads(done.out)["files"]) == FILES - {"report.html"} | {"report.docx"}
    done = call(*few, "--out", "none", "--format", "docs")
    assert done.status == 2
    assert 'did you mean "docx"' in done.err
    assert not Path("none").exists()


def test_results_go_to_standard_output_and_nothing_else_does(
    shell: Callable[..., Any], kept: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    done = shell(*FEW, *ALONE, "--threads", "1")
    assert (done.status, done.err) == (0, "")
    *lines, last = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert last == f"Report: {Path('results', 'pops', 'report.html')}"
    assert kept[1]["title"] in done.out
    assert re.search(r"US\$ [\d.,]+ to [\d.,]+ (million|billion) \(90 % interval\)", done.out)
    assert "300 scenarios, seed 5" in done.out
    # The same seed gives the same numbers, whatever the threads; the whole table is equal, to the last digit.
    assert rows(tmp_path / "results" / "pops") == rows(kept[0])


def test_a_run_can_be_repeated_in_its_place_but_not_in_place_of_other_things(
    call: Callable[..., Any], tmp_path: Path
) -> None:
    few = ("run", "example", "--scenarios", "300", "--seed", "5", *ALONE, "--out", "mine")
    assert call(*few).status == 0
    first = rows(tmp_path / "mine")
    done = call("run", "example", "--scenarios", "200", "--seed", "6", *ALONE, "--out", "mine")
    assert done.status == 0
    assert re.search(r"In mine: replaced the run of \d{4}-\d\d-\d\d \d\d:\d\d, seed 5, 300 scenarios\.", done.err)
    assert rows(tmp_path / "mine") != first
    (tmp_path / "mine" / "notes.txt").write_text("work of years")
    before = rows(tmp_path / "mine")
    done = call(*few)
    assert (done.status, done.out) == (2, "")
    assert "notes.txt" in done.err
    assert rows(tmp_path / "mine") == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_settings_reach_the_study(call: Callable[..., Any], kept: tuple[Path, dict[str, Any]]) -> None:
    area = kept[1]["breakdowns"]["area"][-1]["label"]
    settings = ("--set", f"area.{area}.include=false", "--set", "study.title=Fewer")
    done = call(*FEW, *ALONE, *settings, "--out", "fewer", "--json")
    assert done.status == 0
    results = json.loads(done.out)
    assert results["title"] == "Fewer"
    others = [entry["label"] for entry in kept[1]["breakdowns"]["area"]][:-1]
    assert [entry["label"] for entry in results["breakdowns"]["area"]] == others
    # Streams are named after what they are: the areas that stay cost what they did.
    assert results["breakdowns"]["area"] == kept[1]["breakdowns"]["area"][:-1]


def test_a_setting_that_no_study_has_is_refused_with_the_nearest_one(call: Callable[..., Any]) -> None:
    done = call("run", "--set", "scenarios.cont=5")
    assert (done.status, done.out) == (2, "")
    assert "count" in done.err
    assert call("run", "no-such-study.toml").status == 2


@pytest.mark.slow
def test_a_report_is_written_again_from_the_run_alone(
    call: Callable[..., Any], kept: tuple[Path, dict[str, Any]]
) -> None:
    report = kept[0] / "report.html"
    before = report.read_bytes()
    report.write_text("spoilt")
    done = call("report", str(kept[0]))
    assert (done.status, done.out, done.err) == (0, f"Report: {report}\n", "")
    assert report.read_bytes() == before
    assert {path.name for path in kept[0].iterdir()} == FILES


def test_what_is_no_run_has_no_report(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        done = call("report", folder)
        assert (done.status, done.out) == (2, "")
        assert folder in done.err


@pytest.mark.slow
def test_the_precision_that_was_asked_for_and_reached_stands_in_the_report(call: Callable[..., Any]) -> None:
    done = call("run", "example", "--precision", "5%", "--no-drivers", "--out", "run", "--json")
    said = json.loads(done.out)
    assert said["precision_reached"] <= said["precision"] == 0.05
    report = Path("run", "report.html").read_text(encoding="utf-8")
    reached = f"{100 * said['precision_reached']:.2g}\u202f%"
    assert f"<dt>Precision</dt><dd>{reached} of the ends" in report
    assert "asked for was 5\u202f%</dd>" in report


@pytest.mark.parametrize(
    ("stated", "design", "words"),
    [((), "sobol", '"sobol", the cheapest'), (("--set", "scenarios.design=random"), "random", "")],
)
@pytest.mark.one_in(2)
def test_a_precision_takes_the_cheapest_design_unless_the_study_states_one(
    call: Callable[..., Any], stated: tuple[str, ...], design: str, words: str
) -> None:
    arguments = ("example", "--no-drivers", "--no-assumptions", "--format", "md", "--out", "run")
    done = call("run", *arguments, "--precision", "2%", *stated)
    assert ("the cheapest" in done.err, words in done.err) == (bool(words), True)
    assert ("independent scramblings of" in done.out) == (design == "sobol")
    kept = popsim.load_run("run")
    assert kept.dataset.attrs["design"] == kept.study.design == design
    # The study of the run repeats it without a precision.
    again = popsim.simulate(kept.study)
    assert np.array_equal(again["cost"].values, kept.dataset["cost"].values)
