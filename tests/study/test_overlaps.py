"""Wholes that components share, as files state them and studies change them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import popsim as ps
from popsim.errors import StudyError
from popsim.families import LogNormal, Uniform
from popsim.plan.common_scores import common_scores
from popsim.study import load_study
from popsim.study.catalogue import load_catalogue
from popsim.study.model import Part, Study

from .test_bad_inputs import spoil
from .test_round_trip import written

SHARED = Path(__file__).parent / "fixtures" / "shared"
FITTED = """fit = "lognormal", size = "estimate", cap = 1000, cap_rationale = "Invented." }
%s
[[overlap.source]]"""
ROW = """[[overlap.data]]
id = "%s"
name = "One"
amount = %d
year = 2000
country = "%s"
scope = "all-in"
document = "Invented"
figure = "one plan"
status = "verified"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHARED, tmp_path / "study"))


def parts(study: Study) -> dict[str, Part]:
    return {
        f"{area.id}/{component.id}": component.part
        for area in study.areas
        for component in area.components
        if component.part is not None
    }


def test_components_are_shares_of_one_whole() -> None:
    study = load_study(SHARED)
    found = parts(study)
    assert [(name, part.share, part.direction, part.basis) for name, part in found.items()] == [
        ("x/inventory", Uniform(0.3, 0.5), 1, "judgement"),
        ("y/writing", Uniform(0.5, 0.7), -1, "judgement"),
    ]
    (whole,) = study.overlaps
    assert all(part.whole == whole for part in found.values())
    assert (whole.id, whole.area, whole.currency, whole.price_year) == ("plan", "x", "USD", 2000)
    assert whole.cost == LogNormal.from_quantiles(p05=40.0, p95=160.0)
    assert whole.area_shares == (0.4, None)
    # Prices of 2000 stand at 50, those of 2020 at 100.
    assert whole.money_factor == study.areas[0].components[0].money_factor
    assert whole.rationale == "Made up for the study."
    writing = study.areas[1].components[1]
    assert (writing.basis, writing.currency, writing.money_factor) == ("evidence", "USD", whole.money_factor)
    assert writing.cost.mean() == pytest.approx(whole.cost.mean() * 0.6)
    assert [each.driver for each in study.areas[0].components[2].exponents] == ["size"]
    assert writing.exponents == ()
    assert study.notes == ()


def test_what_they_cost_is_the_whole_in_every_scenario() -> None:
    """Each over the size factor of its area; and by one component at all of it."""
    study = load_study(SHARED)
    dataset = ps.simulate(study, scenarios=500, breakdowns=[["country", "component"]]).sel(option="full")
    cost = dataset["cost_by_country_component"]
    sizes = np.sqrt([country.size_factor for country in study.countries])[:, None]
    both = cost.sel(component="x/inventory").transpose("country", "scenario").values / sizes
    both = both + cost.sel(component="y/writing").transpose("country", "scenario").values
    changes = {"area.y.component.writing.share": 0.0, "area.x.component.inventory.share": 1.0}
    alone = ps.simulate(load_study(SHARED, changes), scenarios=500, breakdowns=[["country", "component"]])
    whole = alone["cost_by_country_component"].sel(option="full", component="x/inventory")
    np.testing.assert_allclose(both, whole.transpose("country", "scenario").values / sizes, rtol=1e-12)


def test_a_study_changes_the_whole_and_its_shares() -> None:
    changes = {
        "overlap.plan.cost": {"family": "uniform", "low": 10, "high": 20},
        "overlap.plan.common_share": 0.2,
        "area.y.component.writing.share": 0.5,
        "area.y.component.writing.rationale": "Half of it.",
        "area.y.component.writing.start": 1,
    }
    study = load_study(SHARED, changes)
    (whole,) = study.overlaps
    assert (whole.cost, whole.basis, whole.sources, whole.common_share) == (Uniform(10, 20), "judgement", (), 0.2)
    part = parts(study)["y/writing"]
    assert (part.share, part.rationale) == (0.5, "Half of it.")
    assert study.areas[1].components[1].profile == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"overlap.plan.cost": {"family": "uniform", "low": 10, "high": 20}, "area.y.component.writing.share": 0.5},
        {"area.x.include": False},
    ],
    ids=["as it is", "changed", "without the area that states it"],
)
def test_a_written_study_has_the_same_wholes(overrides: dict[str, object], tmp_path: Path) -> None:
    study = load_study(SHARED, overrides)
    again = written(study, tmp_path)
    assert again == study
    assert again.files == study.files
    assert ps.compile(again).digest == ps.compile(study).digest


def test_a_note_says_what_is_counted_of_a_whole(folder: Path) -> None:
    for area, other, here in (("x", "x/inventory", "y/writing"), ("y", "y/writing", "x/inventory")):
        study = load_study(folder, {f"area.{area}.include": False})
        line = f"overlap plan: {other} is not counted, and {here} costs a share of the whole, not all of it"
        assert study.notes == (line,)
    y = (folder / "catalogue" / "y_second.toml").read_text(encoding="utf-8")
    (folder / "catalogue" / "y_second.toml").write_text(y[: y.index('\n[[component]]\nid = "writing"')])
    assert load_study(folder).notes == (
        "overlap plan: x/inventory alone is a share of it, and the rest is in no component",
    )


def test_leaving_out_the_area_that_states_a_whole_moves_no_draw() -> None:
    """Also where areas correlate by a matrix, which must then have a label for it."""
    matrix = {"labels": ["x", "y", "z"], "values": [[1, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 1]]}
    for between in (0.3, matrix):
        shared = {"dependence.between_areas": between}
        costs = [
            ps.simulate(load_study(SHARED, shared | more), scenarios=100, breakdowns=["component"])
            for more in ({}, {"area.x.include": False})
        ]
        one, other = (each["cost_by_component"].sel(option="full", component="y/writing") for each in costs)
        np.testing.assert_array_equal(one, other)
    without = {"labels": ["y", "z"], "values": [[1, 0.2], [0.2, 1]]}
    with pytest.raises(StudyError, match="x"):
        load_study(SHARED, {"dependence.between_areas": without, "area.x.include": False})


def test_options_change_a_whole_and_the_area_that_states_it(folder: Path) -> None:
    """What is the same in the options is made once: not where the area that states a whole differs."""
    option = '\n[[option]]\nid = "%s"\nname = "Other"\nrationale = "Invented."\n[option.set]\n%s\n'
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text += option % ("dear", '"overlap.plan.cost" = { family = "constant", value = 500 }')
    text += option % ("alike", '"area.x.common_share" = 0.6')
    text += option % ("half", '"area.y.component.writing.share" = 0.5')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    study = load_study(folder)
    dear, alike, half = (each.study for each in study.options)
    assert {part.whole.cost.mean() for part in parts(dear).values()} == {500.0}
    assert {part.whole.area_shares for part in parts(alike).values()} == {(0.6, None)}
    assert parts(half)["y/writing"].share == 0.5
    assert parts(half)["x/inventory"] == parts(study)["x/inventory"]
    assert {part.whole.area_shares for part in parts(study).values()} == {(0.4, None)}


def test_a_whole_may_be_fitted_to_data(folder: Path) -> None:
    """Its shares take the exponent and the size at which it stands; countries share what follows from the data."""
    rows = "".join(
        ROW % row for row in (("one", 80, "AAA"), ("two", 20, "BBB"), ("three", 180, "CCC"), ("four", 90, "DDD"))
    )
    spoil(
        folder,
        {
            "file": "catalogue/x_first.toml",
            "find": 'family = "lognormal", p05 = 40.0, p95 = 160.0 }\n\n[[overlap.source]]',
            "replace": FITTED % rows,
        },
    )
    study = load_study(folder)
    (whole,) = study.overlaps
    assert whole.fit is not None
    assert (whole.width_basis, len(whole.data)) == ("data", 4)
    assert whole.common_share == pytest.approx(whole.fit.common_share)
    for area in study.areas[:2]:
        (size,) = area.components[-1].exponents
        assert (size.stream, size.reference) == ("exponent/overlap/plan/size", whole.fit.centre)
    cost = ps.simulate(study, scenarios=100, breakdowns=["component"])["cost_by_component"]
    ratio = cost.sel(component="x/inventory") / (cost.sel(component="x/inventory") + cost.sel(component="y/writing"))
    assert 0.3 < float(ratio.min()) < float(ratio.max()) < 0.5


def test_the_catalogue_has_wholes_and_shares() -> None:
    first, second, _ = load_catalogue(SHARED / "catalogue")
    assert [each.id for each in first.overlaps] == ["plan"]
    assert second.overlaps == ()
    assert first.keys(first.overlaps[0]) == ("overlap", 0)
    assert [component.id for component in second.components] == ["office", "writing"]


def test_what_areas_and_the_whole_have_in_common_are_assumptions() -> None:
    """The level of the area that states the whole moves what another area pays, and so all areas are simulated."""
    study = load_study(SHARED, {"dependence.between_areas": 0.0, "dependence.between_components": 1.0})
    scores = {score.id: score for score in common_scores(study, ps.compile(study))}
    assert scores["overlap/plan/share"].name == "How it is split: One plan"
    assert [score.area for id_, score in scores.items() if id_ == "area/x"] == [""]
    found = ps.assumptions(study, scenarios=1024)
    names = dict(zip(found["assumption"].values.tolist(), found["assumption_name"].values.tolist(), strict=True))
    assert names["overlap/plan/share"] == "How it is split: One plan"
    loose = load_study(SHARED)
    named = {score.id: score.name for score in common_scores(loose, ps.compile(loose))}
    assert named["overlap/plan"] == "Level of unit costs: One plan"
