"""`popsim assumptions` and `popsim run --assumptions`: tables that fit, everything in JSON, a run that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import popsim as ps
from popsim.analysis.attached import attached_assumptions

FULL = str(Path(__file__).parents[1] / "study" / "fixtures" / "full")


def test_tables_fit_the_terminal(call: Callable[..., Any]) -> None:
    done = call("assumptions", FULL, "--scenarios", "400")
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    text = " ".join(done.out.split())
    for words in (
        *("The assumption that moves the total cost most is", "400 scenarios per run, seed 7", "5th percentile"),
        *("Countries begin a year late", "What the 3 stated alternatives change, and why.", "start.years = 1"),
    ):
        assert words in text


def test_long_names_wrap_and_break_no_word(call: Callable[..., Any], tmp_path: Path) -> None:
    from ..reproduction.small import component, lognormal, write

    name = "Cost of technology transfer grows little with the number of people"
    change: dict[str, Any] = {"id": "little", "name": name, "rationale": "Long.", "assumption": name}
    change["set"] = {"area.x.component.k.cost": lognormal(50.0, 0.5)}
    other = {**change, "id": "other", "name": f"{name} and more"}
    path = write(tmp_path, {"x": {"k": component(lognormal(100.0, 0.5))}}, what_if=[change, other])
    lines = call("assumptions", str(path), "--scenarios", "200", "--stated").out.splitlines()
    (header,) = (line.split() for line in lines if line.startswith("Assumption  "))
    assert header == ["Assumption", "Changed", "to", "Low", "end", "Median", "High", "end", "Median", "moves", "by"]


def test_stated_alternatives_alone(call: Callable[..., Any]) -> None:
    done = call("assumptions", FULL, "--scenarios", "400", "--stated")
    assert "percentile" not in done.out
    assert "Others pay more" in done.out


def test_json_holds_what_the_analysis_says(call: Callable[..., Any]) -> None:
    done = call("assumptions", FULL, "--scenarios", "300", "--seed", "3", "--json")
    assert (done.status, done.err) == (0, "")
    said = json.loads(done.out)
    found = ps.assumptions(ps.load_study(FULL), scenarios=300, seed=3)
    assert (said["scenarios"], said["seed"], said["coverage"], said["headline"]) == (300, 3, 0.8, "cost")
    assert [case["id"] for case in said["assumptions"]] == found["case"].values.tolist()
    for place in (0, 1, -1):
        case, at = said["assumptions"][place], found.isel(case=place)
        assert (case["name"], case["assumption_name"]) == (at["case_name"].item(), at["assumption_name"].item())
        assert case["financing_need"]["quantile_change"]["0.5"] == at["financing_need_quantile_change"][1].item()
        assert case["cost"]["width_change_error"] == at["cost_width_change_error"].item()
    assert said["assumptions"][0]["value"] is None


def test_a_study_in_which_nothing_can_be_changed_says_so(call: Callable[..., Any], tmp_path: Path) -> None:
    from ..reproduction.small import component, write

    done = call("assumptions", str(write(tmp_path, {"x": {"k": component(100.0)}})), "--scenarios", "50")
    assert (done.status, done.err) == (0, "")
    assert "Nothing to change" in done.out


@pytest.mark.slow
def test_a_run_keeps_its_assumptions_for_reports_written_later(call: Callable[..., Any], tmp_path: Path) -> None:
    done = call("run", FULL, "--scenarios", "300", "--out", "run", "--no-drivers")
    assert done.status == 0
    assert "The assumption that moves the total cost most is" in " ".join(done.out.split())
    kept = attached_assumptions(ps.load_run(tmp_path / "run"))
    assert kept is not None
    found = ps.assumptions(ps.load_study(FULL), scenarios=300)
    assert kept["cost_quantile"].equals(found["cost_quantile"])
    reports = [(tmp_path / "run" / "report.html").read_text(encoding="utf-8")]
    assert call("report", "run").status == 0
    reports.append((tmp_path / "run" / "report.html").read_text(encoding="utf-8"))
    parts = [text.partition('id="which-assumptions"')[2].partition("</section>")[0] for text in reports]
    assert parts[0] == parts[1] != ""


def test_a_run_says_that_it_was_asked_to_leave_them_out(call: Callable[..., Any]) -> None:
    done = call("run", FULL, "--scenarios", "50", "--no-assumptions", "--no-drivers", "--json")
    assert json.loads(done.out)["assumptions"] == {"left_out": "asked"}
    done = call("run", FULL, "--scenarios", "50", "--no-drivers", "--json")
    assert len(json.loads(done.out)["assumptions"]["assumptions"]) > 3
