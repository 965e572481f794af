"""Options that are odd: beside a free study, in one scenario, rare ones, heavy tails; and columns of one precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis.attached import attach_rare
from popsim.cli.budget_tables import Labels, joint_sentences, sufficient, together
from popsim.report.content import compose
from popsim.report.document import Paragraph, Table
from popsim.report.rare import rare_sentences
from popsim.report.sections import options as words

from .printed import number, spoken
from .test_option_sentences import FINANCING, IN_TIME, REASONS, comparison_of, component, study_of

TRIANGULAR = {"family": "triangular", "low": 50.0, "mode": 100.0, "high": 300.0}
BOOM = {"name": "Boom", "areas": ["x"], "probability": 0.01, "factor": 3.0, **REASONS}


def test_what_is_rare_in_an_option_alone_is_named_with_its_chance_and_size(tmp_path: Path) -> None:
    """Two million, three times as much once in a hundred: four million, in the scenarios that are counted."""
    study = study_of(
        tmp_path / "study",
        {"x": {"k": component(1e6)}},
        {"rare": {"shock.b": BOOM}, "same": {"area.x.postponed": 0}},
        scenarios={"count": 500},
    )
    dataset = ps.simulate(study)
    happens = int((dataset["cost"].sel(option="rare") > 5e6).sum())
    assert 0 < happens < 25
    comparison = comparison_of(study, attach_rare(dataset, ps.rare_events(study, dataset)))
    said = spoken(" ".join(words.sentences(comparison, "rare")))
    counted = f"{happens:,} of 500 scenarios"
    said_of_it = (
        f"Not in the range of this option (Total cost): “Boom”, chance 1 in 100 ({counted}), adds US$ 4.0 million."
    )
    assert said_of_it in said
    assert "Boom" not in " ".join(words.sentences(comparison, "same"))


def test_what_the_full_programme_has_too_is_not_said_again(tmp_path: Path) -> None:
    study = study_of(
        tmp_path / "study", {"x": {"k": component(1e6)}}, {"late": {"start.years": 1.0}}, shock={"b": BOOM}, **IN_TIME
    )
    dataset = ps.simulate(study, scenarios=500)
    comparison = comparison_of(study, attach_rare(dataset, ps.rare_events(study, dataset)))
    assert "Boom" not in " ".join(words.sentences(comparison, "late"))
    assert "Boom" in " ".join(rare_sentences(comparison.data.every_option, "full", study.coverage))


def test_one_scenario_is_spoken_of_as_one(tmp_path: Path) -> None:
    areas = {"x": {"k": component(TRIANGULAR)}}
    study = study_of(tmp_path / "study", areas, {"late": {"start.years": 1.0}}, **IN_TIME, scenarios={"count": 1})
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    assert spoken(words.facts(comparison, "late")[0]) == "Total cost: the same in the one scenario."
    document = compose(study, dataset)
    text = " ".join(
        block.text for section in document.sections for block in section.blocks if isinstance(block, Paragraph)
    )
    assert "1 scenarios" not in spoken(text)
    assert "the 1 scenario" not in spoken(text)
    # Both countries at their mode: known without any scenario.
    assert "The point estimate of the total cost is US$ 200.0. It is enough in" in spoken(text)


def test_the_unit_suits_the_most_expensive_option(tmp_path: Path) -> None:
    """The full programme is free; an option of three billion is not printed in single dollars."""
    costly = {"family": "triangular", "low": 5e8, "mode": 1e9, "high": 3e9}
    areas = {"x": {"k": component(0.0)}, "y": {"l": component(costly)}}
    study = study_of(tmp_path / "study", areas, {"big": {"area.y.include": True}}, area={"y": {"include": False}})
    assert comparison_of(study).data.unit == "US$ million"


def test_a_mean_difference_is_known_where_the_means_of_both_options_are(tmp_path: Path) -> None:
    """Of scenarios that differ in one alone the error is unknown; it is at most the sum of those of both options."""
    chance = np.random.default_rng(3)
    full = 100.0 + chance.standard_normal(1_000)
    other = full.copy()
    other[7] += 3.0
    values = xr.DataArray([full, other], dims=("option", "scenario"), coords={"option": ["full", "other"]})
    found = ps.compare(xr.Dataset({"cost": values})).sel(option="other")
    known = ps.summarise(xr.Dataset({"cost": values}))["cost_mean_error"]
    assert np.isinf(ps.summarise(xr.Dataset({"cost": values[1] - values[0]}))["cost_mean_error"])
    assert found["cost_difference_mean"].item() == pytest.approx(0.003)
    assert found["cost_difference_mean_error"].item() == pytest.approx(known.sum().item())


def test_equal_options_have_no_difference_whatever_the_tail(tmp_path: Path) -> None:
    """Delays within the years add up the same heavy-tailed money in another order."""
    heavy = {"family": "lognormal", "mu": 2.0, "sigma": 4.0}
    areas = {"x": {"k": component(heavy), "l": component(TRIANGULAR)}}
    late = {"late": {"delay.years": {"family": "uniform", "low": 0.0, "high": 2.0}}}
    study = study_of(tmp_path / "study", areas, late, **IN_TIME, scenarios={"count": 500})
    comparison = comparison_of(study)
    assert comparison.is_same("cost", "late")
    assert words.differences(comparison, "cost").rows[0][1:] == ("0", "0", "0", "0")


def test_the_areas_of_a_difference_end_at_one_place_and_the_others_are_counted(tmp_path: Path) -> None:
    wide = {"family": "uniform", "low": 0.0, "high": 4e6}
    narrow = {"family": "uniform", "low": 1.0e5, "high": 1.1e5}
    areas: dict[str, dict[str, dict[str, Any]]] = {
        "x": {"k": component(wide)},
        "y": {"l": component(narrow)},
        "z": {"m": component(1e6)},
    }
    less = {"less": {"area.x.include": False, "area.y.include": False}, "co": {"area.x.financing.cofinancing": 0.9}}
    study = study_of(tmp_path / "study", areas, less, financing=FINANCING)
    comparison = comparison_of(study)
    table, paragraph = words.sources(comparison, "less")
    assert isinstance(table, Table)
    assert isinstance(paragraph, Paragraph)
    assert "The other area costs the same" in paragraph.text
    costs = [row[table.columns.index("Total cost")] for row in table.rows]
    # The small area is known to hundreds of dollars and still ends where the large ones do, or keeps two digits.
    decimals = {len(cell.partition(".")[2]) for cell in costs[1:-1]}
    assert decimals <= {1, 2}
    same, *_ = words.sources(comparison, "co")
    assert isinstance(same, Table)
    # Nothing is no share of nothing.
    assert same.rows[-1][1:3] == ("0", "n/a")


def test_budgets_by_area_say_each_sum_once(tmp_path: Path) -> None:
    areas = {name: {"k": component(TRIANGULAR)} for name in "xyz"}
    study = study_of(tmp_path / "study", areas, {}, scenarios={"count": 1_000})
    dataset = ps.simulate(study)
    found = ps.joint_budget(dataset, "area", 0.8)
    about = Labels.of(study, dataset, found)
    sums = together(found, about, "full").rows[-1][1:]
    sentences = spoken(" ".join(joint_sentences(found, about, "full")))
    assert f"the amounts of the first column are US$ {sums[0]} in sum" in sentences
    assert f"for all it takes US$ {sums[1]};" in sentences
    assert f"confidence are US$ {sums[2]} in sum" in sentences


def test_an_error_that_is_not_known_does_not_choose_the_unit(tmp_path: Path) -> None:
    """One scenario of a thousand lacks money: what it lacks has no error, and the table says why it is n/a."""
    study = study_of(tmp_path / "study", {"x": {"k": component(TRIANGULAR)}}, {}, scenarios={"count": 1_000})
    dataset = ps.simulate(study)
    second, first = np.sort(dataset["cost"].values.ravel())[-2:]
    found = ps.budget(dataset, float(first + second) / 2.0)
    about = Labels.of(study, dataset, found)
    assert about.unit == "US$"
    table = sufficient(found, about)
    assert table.rows[0][-1] == "n/a"
    assert "; n/a: " in table.caption


@pytest.mark.parametrize("order", ["C", "F"])
def test_shares_of_variance_do_not_depend_on_memory(order: str) -> None:
    """All of the variance on one basis is a share of exactly 1 without error, however the arrays lie in memory."""
    chance = np.random.default_rng(5)
    parts = np.asarray(chance.lognormal(0.0, 2.0, (1, 999, 2)) * [1.0, 0.0] + [0.0, 3.0], order=order)  # type: ignore[call-overload]
    total = xr.DataArray(parts.sum(axis=-1) * (1.0 + 1e-15), dims=("option", "scenario"))
    by = xr.DataArray(parts, dims=("option", "scenario", "basis"), coords={"basis": ["proxy", "judgement"]})
    found = ps.variance_shares(xr.Dataset({"cost": total, "cost_by_basis": by}))
    assert found["variance_share"].values.tolist() == [[1.0, 0.0]]
    assert found["variance_share_error"].values.tolist() == [[0.0, 0.0]]


def test_columns_end_where_the_report_ends_them(tmp_path: Path) -> None:
    """Mean differences that sentences say keep two digits beside far larger ones."""
    areas = {"x": {"k": component({"family": "uniform", "low": 1e6, "high": 3e6}), "l": component(1e4)}}
    changes = {
        "half": {"area.x.component.k.cost": {"family": "uniform", "low": 0.5e6, "high": 1.5e6}},
        "few": {"area.x.component.l.cost": {"family": "uniform", "low": 11_000.0, "high": 12_000.0}},
    }
    study = study_of(tmp_path / "study", areas, changes, scenarios={"count": 400})
    comparison = comparison_of(study)
    mean = comparison.mean("cost", "few")
    shown, _ = number(spoken(comparison.data.amount(mean)))
    assert shown * 1e6 == pytest.approx(mean.value, rel=0.05)
    assert comparison.data.unit == "US$ million"
