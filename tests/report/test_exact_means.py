"""Where the scenarios cannot have seen the tail, the report gives the mean that the plan knows, and says so."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from popsim.analysis import summarise
from popsim.analysis.tails import UNSEEN
from popsim.cli.results import as_mapping
from popsim.engine.simulate import simulate
from popsim.families import Constant, LogNormal, Uniform
from popsim.report.comparison import Comparison
from popsim.report.content import compose
from popsim.report.data import ReportData, gather
from popsim.report.document import Document, Matrix, Table
from popsim.report.html import render
from popsim.report.summary_csv import write_summary_csv
from popsim.study.model import Option, Study

from ..engine.studies import area, country, study
from .printed import first_table

MEAN = np.exp(12.0 + 4.0**2 / 2.0)
HEAVY = area("heavy", LogNormal(12.0, 4.0))
LIGHT = area("light", Uniform(4e6, 8e6), Constant(1e6))
SAID = f"means are exact, by formula, where {UNSEEN}"


def with_option() -> Study:
    whole = study([country("AAA"), country("BBB", "South")], [HEAVY, LIGHT])
    other = replace(whole, areas=(HEAVY, area("light", Uniform(4e6, 8e6), Constant(0.0))))
    half = replace(whole, areas=(area("heavy", LogNormal(12.0 - np.log(2.0), 4.0)), LIGHT))
    return replace(whole, options=(Option("less", "Less", "", (), other), Option("half", "Half", "", (), half)))


@pytest.fixture(scope="module")
def facts() -> ReportData:
    found = with_option()
    return gather(
        found, simulate(found, scenarios=2_000, seed=3, breakdowns=[("area",), ("region",), ("area", "year")])
    )


@pytest.fixture(scope="module")
def document(facts: ReportData) -> Document:
    return compose(facts.study, facts.every_option)


def tables(document: Document, section: str) -> list[Table | Matrix]:
    blocks = next(each for each in document.sections if each.id == section).blocks
    return [block for block in blocks if isinstance(block, Table | Matrix)]


def test_the_scenarios_alone_do_not_tell_the_mean(facts: ReportData) -> None:
    assert np.isinf(summarise(facts.dataset)["cost_mean_error"]).all()
    assert not facts.mean_of_scenarios("cost").is_known


def test_means_of_totals_and_areas_are_exact_and_add_up(facts: ReportData) -> None:
    assert facts.mean("cost").value == pytest.approx(2.0 * (MEAN + 7e6), rel=1e-6)
    assert facts.mean("cost_by_area", area="heavy").value == pytest.approx(2.0 * MEAN, rel=1e-6)
    # The scenarios tell that of the other area; beside an exact total it is exact too.
    assert facts.mean("cost_by_area", area="light").value == pytest.approx(14e6, rel=1e-9)
    # Of the regions no formula is at hand.
    assert not facts.mean("cost_by_region", region="North").is_known


def test_tables_say_which_means_are_exact(document: Document) -> None:
    (areas,) = tables(document, "areas")
    assert areas.caption.endswith(SAID)
    assert [float(row[4]) for row in areas.rows] == pytest.approx([970.33, 14.0, 984.33], abs=0.5)
    (groups,) = tables(document, "groups")
    assert groups.caption.endswith(f"; a mean of n/a: {UNSEEN}")
    assert [row[-1] for row in groups.rows] == ["n/a", "n/a"]
    (matrix,) = tables(document, "breakdowns")
    assert matrix.caption.endswith(f"{SAID}, and n/a where there is none")
    totals = first_table(document)
    assert totals.rows[0][5].startswith("984")
    assert totals.caption.endswith(SAID)


def test_the_exact_mean_has_one_rounding(document: Document) -> None:
    mean = f"US$\u00a0{first_table(document).rows[0][5]}\u00a0million"
    assert f"known exactly without simulation: {mean}. The error of the mean of the scenarios" in render(document)


def test_differences_of_options_are_those_of_exact_means(facts: ReportData, document: Document) -> None:
    comparison = Comparison(facts)
    # What the scenarios tell is theirs: two payments of a million in every one.
    assert not comparison.is_mean_exact("cost", "less")
    assert comparison.mean("cost", "less").value == pytest.approx(-2e6, rel=1e-9)
    assert comparison.is_mean_exact("cost", "half")
    assert comparison.mean("cost", "half").value == pytest.approx(-MEAN, rel=1e-5)
    levels, apart = tables(document, "options")[:2]
    assert levels.caption.endswith(SAID)
    assert apart.caption.endswith(SAID)
    assert "n/a" not in {row[-1] for row in (*levels.rows, *apart.rows)}


def test_json_marks_what_is_exact(facts: ReportData) -> None:
    found = json.loads(json.dumps(as_mapping(facts, Path("run"), ())))
    assert found["cost"]["mean_is_exact"] is True
    assert found["cost"]["mean"] == pytest.approx(2.0 * (MEAN + 7e6), rel=1e-6)
    north = found["breakdowns"]["region"][0]
    assert "mean_is_exact" not in north
    assert north["mean_error_unknown_because"] == UNSEEN
    assert found["options"]["half"]["difference"]["cost"]["mean_is_exact"] is True
    assert "mean_is_exact" not in found["options"]["less"]["difference"]["cost"]


def test_the_table_for_other_programs_has_both_means(facts: ReportData, tmp_path: Path) -> None:
    write_summary_csv(tmp_path / "summary.csv", facts.every_option, 0.9)
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    exact = {(row["variable"], row["option"], row["area"]): row["exact_mean"] for row in rows}
    assert float(exact["cost", "full", ""]) == pytest.approx(2.0 * (MEAN + 7e6), rel=1e-6)
    assert float(exact["cost_by_area", "half", "heavy"]) == pytest.approx(MEAN, rel=1e-6)
    assert {row["exact_mean"] for row in rows if row["region"]} == {""}
    (cost,) = (row for row in rows if (row["variable"], row["option"]) == ("cost", "full"))
    assert (float(cost["mean"]), cost["mean_monte_carlo_error"]) == (facts.mean_of_scenarios("cost").value, "inf")


def test_means_that_the_scenarios_tell_stay_theirs() -> None:
    light = study([country("AAA")], [LIGHT])
    dataset = simulate(light, scenarios=2_000, seed=3, breakdowns=[("area",)])
    facts = gather(light, dataset)
    assert facts.mean("cost").value == pytest.approx(float(dataset["cost"].mean()), rel=1e-12)
    assert facts.about_means("cost", "cost_by_area") == ""
