"""Options that leave out, or say otherwise who pays, cost no draws and have the bits of a run of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from popsim.engine.breakdowns import arrange_together, read_breakdowns, scope_of
from popsim.engine.plan_file import load_plan, save_plan
from popsim.engine.simulate import simulate
from popsim.engine.sums import Accumulators, OptionSums, places_among
from popsim.plan import compile as compile_study
from popsim.study.model import Setting, Study

from . import features
from .features import BREAKDOWNS, with_all_areas, with_area, with_options
from .studies import mixed

STUDY = features.everything(mixed())


def fewer_areas(study: Study) -> Study:
    return dataclasses.replace(study, areas=study.areas[1:])


def fewer_countries(study: Study) -> Study:
    return dataclasses.replace(study, countries=study.countries[:1] + study.countries[2:])


def others_pay(study: Study) -> Study:
    paid = with_all_areas(study, cofinancing=Setting(0.3, (("income", "LIC", 0.1), ("region", "South", 0.6))))
    return dataclasses.replace(paid, agency_fee=0.05)


def nobody_says_who_pays(study: Study) -> Study:
    return dataclasses.replace(with_all_areas(study, cofinancing=None), agency_fee=None)


def all_of_it(study: Study) -> Study:
    return fewer_areas(fewer_countries(others_pay(study)))


LED = {each.__name__: each for each in (fewer_areas, fewer_countries, others_pay, nobody_says_who_pays, all_of_it)}
APART: dict[str, Callable[[Study], Study]] = {
    "another_cost": features.dear,
    "another_start": lambda study: dataclasses.replace(study, start=Setting(1.0)),
    "another_discount": lambda study: dataclasses.replace(study, discount_rate=0.01),
    "another_share": lambda study: features.with_dependence(study, common_share=0.2),
    "another_need": lambda study: with_area(study, "a", need=Setting(0.1)),
    "another_shock": lambda study: dataclasses.replace(study, shocks=study.shocks[1:]),
    "fewer_components": lambda study: with_area(study, "b", components=study.areas[1].components[:1]),
}
"""Each draws something that the study does not, and is a control of what the others show."""


@pytest.mark.parametrize("name", LED)
def test_an_option_that_draws_nothing_of_its_own_is_drawn_with_the_study(name: str) -> None:
    option = LED[name](STUDY)
    plan = compile_study(with_options(STUDY, option=option))
    assert plan.alternatives[0].drawn_with == "full"
    plans = (plan, *plan.alternatives)
    names = read_breakdowns(BREAKDOWNS, scope_of(plans).labels)
    assert [drawn is plan for drawn, _ in arrange_together(plans, names, scope_of(plans))] == [True]
    together = simulate(plan, scenarios=200, breakdowns=BREAKDOWNS).sel(option="option")
    alone = simulate(option, scenarios=200, breakdowns=BREAKDOWNS).sel(option="full")
    for variable in alone.data_vars:
        at = {dim: alone[dim].values for dim in alone[variable].dims if dim != "scenario"}
        np.testing.assert_array_equal(together[variable].sel(at), alone[variable], err_msg=str(variable))


@pytest.mark.parametrize("name", APART)
def test_an_option_that_draws_anything_of_its_own_is_drawn_apart(name: str) -> None:
    option = APART[name](STUDY)
    plan = compile_study(with_options(STUDY, option=option))
    assert plan.alternatives[0].drawn_with == ""
    together = simulate(plan, scenarios=100, breakdowns=["area"]).sel(option="option")
    alone = simulate(option, scenarios=100, breakdowns=["area"]).sel(option="full")
    np.testing.assert_array_equal(together["cost_by_area"], alone["cost_by_area"])


def test_options_are_drawn_with_the_first_that_draws_all_of_theirs() -> None:
    late = dataclasses.replace(STUDY, start=Setting(1.0))
    options = with_options(STUDY, late=late, fewer=fewer_areas(STUDY), fewer_late=fewer_areas(late), again=STUDY)
    plan = compile_study(options)
    assert [each.drawn_with for each in plan.alternatives] == ["", "full", "late", "full"]
    # One alone has nobody to be drawn with.
    np.testing.assert_array_equal(
        simulate(plan.alternatives[1], scenarios=50, breakdowns=())["cost"].squeeze(),
        simulate(plan, scenarios=50, breakdowns=())["cost"].sel(option="fewer"),
    )


def test_a_plan_that_was_written_is_drawn_as_before(tmp_path: Path) -> None:
    plan = compile_study(with_options(STUDY, fewer=fewer_areas(STUDY)))
    save_plan(tmp_path / "plan.nc", plan)
    assert load_plan(tmp_path / "plan.nc").alternatives[0].drawn_with == "full"


def test_a_note_that_is_wrong_changes_no_number() -> None:
    """The engine looks at the rows themselves before it takes the draws of another plan."""
    plan = compile_study(with_options(STUDY, dear=features.dear(STUDY)))
    wrong = dataclasses.replace(
        plan, alternatives=tuple(dataclasses.replace(each, drawn_with="full") for each in plan.alternatives)
    )
    right, held = (simulate(each, scenarios=50, breakdowns=["area"]) for each in (plan, wrong))
    np.testing.assert_array_equal(held["cost_by_area"], right["cost_by_area"])
    with pytest.raises(ValueError, match="dear is not drawn with full"):
        OptionSums(plan.alternatives[0], Accumulators(plan))


def test_places_are_those_of_the_same_country_and_component() -> None:
    plan = compile_study(with_options(STUDY, fewer=all_of_it(STUDY)))
    found = places_among(plan.alternatives[0], plan)
    assert found is not None
    rows, others = (np.flatnonzero(each.row_component >= 0) for each in (plan.alternatives[0], plan))
    for row, place in zip(rows, found[0], strict=True):
        one, two = plan.alternatives[0], plan
        other = others[place]
        assert one.labels.country[one.row_country[row]] == two.labels.country[two.row_country[other]]
        assert one.labels.component[one.row_component[row]] == two.labels.component[two.row_component[other]]
    assert places_among(plan, plan.alternatives[0]) is None
