"""`popsim drivers` and `popsim run --drivers`: tables that fit, everything in JSON, a report that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import popsim as ps
from popsim.analysis import attached_drivers
from popsim.analysis.attached import SCENARIOS
from popsim.analysis.drivers import least_scenarios


@pytest.mark.slow
def test_tables_fit_the_terminal(call: Callable[..., Any]) -> None:
    done = call("drivers", "pops", "--scenarios", "1024")
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    text = " ".join(done.out.split())
    for words in (
        *(
            "The largest part of the range of the total cost comes from “Unit costs: Technology transfer”",
            "Alone With others",
        ),
        *("Common to all countries", "Width if known", "Share of each area", "1,024 scenarios per run, seed 1998"),
    ):
        assert words in text


def test_json_holds_what_the_analysis_says(call: Callable[..., Any]) -> None:
    arguments = ("--scenarios", "1024", "--seed", "3", "--by", "level", "--set", "scenarios.count=5")
    done = call("drivers", "example", *arguments, "--json")
    assert (done.status, done.err) == (0, "")
    said = json.loads(done.out)
    found = ps.drivers(ps.load_study("example"), 1024, seed=3, by="level")
    assert (said["scenarios"], said["seed"], said["coverage"], said["option"]) == (1024, 3, 0.9, "full")
    assert "input" not in said
    assert said["width"] == found["width"].item()
    common = said["level"][0]
    assert (common["id"], common["name"]) == ("common", "Common to all countries")
    for name in ("first_order", "total_error", "swing_low", "width_given_error", "first_order_of_financing_need"):
        assert common[name] == found[name].sel(level="common").item()
    assert common["total_by_area"]["alerts"] == found["total_by_area"].sel(level="common", area="alerts").item()
    assert sum(area["variance_share_by_area"] for area in said["areas"]) - 1.0 < 1e-9


def test_a_total_that_never_varies_is_said_so(call: Callable[..., Any], tmp_path: Path) -> None:
    from ..reproduction.small import component, uniform, write

    path = write(tmp_path, {"x": {"k": component(100.0)}}, money={"inflation": uniform(0.01, 0.03)})
    done = call("drivers", str(path), "--scenarios", "1024")
    assert (done.status, done.err) == (0, "")
    assert "The total cost is the same in all scenarios" in " ".join(done.out.split())
    assert "n/a" in done.out


@pytest.mark.slow
def test_a_run_keeps_its_drivers_for_reports_written_later(call: Callable[..., Any], tmp_path: Path) -> None:
    arguments = ("--scenarios", "200", "--out", "run", "--drivers")
    assert call("run", "example", *arguments, "--no-assumptions").status == 0
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "What makes the range?" in report
    kept = attached_drivers(ps.load_run(tmp_path / "run").dataset, "input")
    assert kept is not None
    found = ps.drivers(ps.load_study("example"), SCENARIOS)
    assert kept["total"].equals(found["total"])
    assert call("report", "run").status == 0
    again = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    first, second = (text.partition('id="drivers"')[2].partition("</section>")[0] for text in (report, again))
    assert first == second != ""
    assert call("compare", "run").status == 0


def test_a_run_with_drivers_takes_the_scenarios_that_its_coverage_takes(
    call: Callable[..., Any], tmp_path: Path
) -> None:
    from ..reproduction.small import component, lognormal, write

    path = write(tmp_path, {"x": {"k": component(lognormal(100.0, 0.5))}}, report={"coverage": 0.975})
    assert call("run", str(path), "--no-assumptions", "--drivers", "--scenarios", "400", "--out", "run").status == 0
    kept = attached_drivers(ps.load_run(tmp_path / "run").dataset, "input")
    assert kept is not None
    assert kept.attrs["scenarios"] == SCENARIOS == least_scenarios(0.975)
    assert kept["width"].attrs["description"] == "Width of the 97.5% range."
    done = call(
        "run",
        str(path),
        "--no-assumptions",
        "--drivers",
        "--set",
        "report.coverage=0.98",
        "--scenarios",
        "400",
        "--out",
        "finer",
    )
    assert (done.status, done.err) == (0, "")
    kept = attached_drivers(ps.load_run(tmp_path / "finer").dataset, "level")
    assert kept is not None
    assert kept.attrs["scenarios"] == 2 * SCENARIOS


def test_a_run_without_a_range_has_no_drivers_and_a_report(call: Callable[..., Any], tmp_path: Path) -> None:
    from ..reproduction.small import component, write

    path = write(tmp_path, {"x": {"k": component(100.0)}})
    done = call("run", str(path), "--no-assumptions", "--drivers", "--out", "run")
    assert (done.status, done.err) == (0, "")
    assert attached_drivers(ps.load_run(tmp_path / "run").dataset, "input") is None


def section_of(folder: Path) -> str:
    page = (folder / "report.html").read_text(encoding="utf-8")
    return page.partition('id="drivers"')[2].partition("</section>")[0]


def test_every_run_tells_what_makes_its_range(call: Callable[..., Any], tmp_path: Path) -> None:
    done = call("run", "example", "--scenarios", "200", "--out", "run", "--no-assumptions")
    assert done.status == 0
    assert "The largest part of the range of the total cost comes from" in " ".join(done.out.split())
    assert "The largest part of the range of the total cost comes from" in section_of(tmp_path / "run")
    kept = attached_drivers(ps.load_run(tmp_path / "run").dataset, "input")
    assert kept is not None
    assert kept.attrs["scenarios"] == least_scenarios(0.9)
    found = ps.drivers(ps.load_study("example"), least_scenarios(0.9))
    for name in ("total", "first_order_error", "swing_high", "width_given", "width", "variance_share_by_area"):
        assert kept[name].values.tolist() == found[name].values.tolist()
    said = json.loads(call("run", "example", "--scenarios", "200", "--out", "again", "--json", "--no-assumptions").out)[
        "drivers"
    ]
    assert [group["total"] for group in said["input"]] == kept["total"].values.tolist()
    assert {group["id"] for group in said["level"]} <= {"common", "group", "country"}


@pytest.mark.slow
def test_drivers_are_left_out_on_request_and_added_later(call: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = call("run", "example", "--scenarios", "200", "--out", "run", "--no-drivers", "--no-assumptions")
    assert "left out of this run (--no-drivers)" in " ".join(done.out.split())
    assert "left out of this run (--no-drivers)" in section_of(folder)
    before = ps.load_run(folder).dataset
    assert call("report", "run").status == 0
    assert "left out of this run" in section_of(folder)
    done = call("report", "run", "--drivers")
    assert (done.status, done.err) == (0, "")
    assert "The largest part of the range of the total cost" in done.out
    after = ps.load_run(folder).dataset
    assert after["cost"].equals(before["cost"])
    assert {path.name for path in folder.iterdir()} == {path.name for path in folder.iterdir() if path.name[0] != "."}
    kept = attached_drivers(after, "input")
    assert kept is not None
    assert kept.attrs["scenarios"] == SCENARIOS
    first = section_of(folder)
    assert call("report", "run").status == 0
    assert section_of(folder) == first != ""
    assert call("report", "run", "--no-drivers").status == 0
    assert "left out of this run" in section_of(folder)
    assert call("report", "run").status == 0
    assert section_of(folder) == first


def test_a_report_says_in_a_sentence_why_nothing_makes_a_range(call: Callable[..., Any], tmp_path: Path) -> None:
    from ..reproduction.small import component, lognormal, write

    for name in ("certain", "single"):
        (tmp_path / name).mkdir()
    certain = write(tmp_path / "certain", {"x": {"k": component(100.0)}})
    done = call("run", str(certain), "--no-assumptions", "--scenarios", "50", "--out", "none")
    says = "The total cost is the same in all of the 50 scenarios: no input makes a range."
    assert says in " ".join(done.out.split())
    assert says in section_of(tmp_path / "none")
    said = json.loads(
        call("run", str(certain), "--no-assumptions", "--scenarios", "50", "--out", "none2", "--json").out
    )
    assert said["drivers"] == {"left_out": says}
    single = write(tmp_path / "single", {"x": {"k": component(lognormal(100.0, 0.5))}})
    done = call("run", str(single), "--no-assumptions", "--scenarios", "50", "--out", "one")
    assert (done.status, done.err) == (0, "")
    kept = attached_drivers(ps.load_run(tmp_path / "one").dataset, "input")
    assert kept is not None
    assert kept["total"].values == pytest.approx([1.0], abs=0.05)


@pytest.mark.slow
def test_what_takes_much_longer_than_the_run_is_left_out_and_said_so(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("popsim.analysis.attached.DRAWS", 1000)
    done = call("run", "example", "--scenarios", "100", "--out", "run", "--no-assumptions")
    assert done.status == 0
    assert "many times the work of this run" in section_of(tmp_path / "run")
    assert "many times the work of this run" in " ".join(done.out.split())
    assert call("run", "example", "--scenarios", "100", "--out", "run", "--drivers", "--no-assumptions").status == 0
    assert "The largest part of the range of the total cost" in section_of(tmp_path / "run")


@pytest.mark.slow
def test_who_pays_is_shown_for_the_need_alone(call: Callable[..., Any]) -> None:
    fee = "financing.agency_fee={family='uniform', low=0.0, high=0.9}"
    done = call("drivers", "example", "--scenarios", "1024", "--set", fee)
    assert (done.status, done.err) == (0, "")
    cost, _, need = " ".join(done.out.split()).partition("Who pays is uncertain too")
    assert "Financing: co-financing" not in cost
    assert "Share of the variance of the financing need" in need
    assert "Financing: co-financing" in need
    said = json.loads(
        call("run", "example", "--scenarios", "200", "--set", fee, "--out", "none", "--json", "--no-assumptions").out
    )
    assert "financing" in [group["id"] for group in said["drivers"]["financing_need"]["input"]]
    assert "financing" not in [group["id"] for group in said["drivers"]["input"]]
