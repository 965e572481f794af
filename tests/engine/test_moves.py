"""Needs, lateness and prices: the same bits whoever computes them, and draws that stay where they are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.breakdowns import arrange, read_breakdowns
from popsim.engine.simulate import simulate
from popsim.engine.threads import fill
from popsim.families import Constant, LogNormal, Uniform
from popsim.plan import compile as compile_study
from popsim.plan.moves import NO_MOVES
from popsim.plan.program import NO_PROGRAM
from popsim.study.model import Delay, Escalation, Setting, Shock, Study

from . import features
from .features import BREAKDOWNS, full, with_area, with_component, with_dependence
from .studies import COUNTRIES, area, country, mixed, sha256, study
from .test_same_numbers import six_digits

PLAN = compile_study(full())
SUMS = arrange(PLAN, read_breakdowns(BREAKDOWNS, PLAN.labels))
SEED = 2**64 - 59
WHOLE = fill(PLAN.draws, SUMS, 700, SEED)
EVERYTHING = features.everything(mixed())


def totals(dataset: xr.Dataset) -> list[str]:
    return [str(name) for name, values in dataset.data_vars.items() if values.dims == ("option", "scenario")]


@pytest.mark.parametrize("block", [1, 2, 7, 512, 1000])
@pytest.mark.parametrize("first", [0, 1, 513])
def test_blocks_change_nothing(block: int, first: int) -> None:
    found = fill(PLAN.draws, SUMS, 700 - first, SEED, first=first, block=block)
    np.testing.assert_array_equal(found, WHOLE[:, first:])


@given(first=st.integers(0, 699), length=st.integers(1, 700), block=st.integers(1, 600), threads=st.integers(1, 3))
@settings(max_examples=30, derandomize=True, deadline=None)
def test_any_slice_alone_is_the_slice_of_the_whole(first: int, length: int, block: int, threads: int) -> None:
    length = min(length, 700 - first)
    found = fill(PLAN.draws, SUMS, length, SEED, first=first, block=block, threads=threads)
    np.testing.assert_array_equal(found, WHOLE[:, first : first + length])


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_slices_of_a_design(design: str) -> None:
    whole = simulate(PLAN, scenarios=300, design=design)
    part = simulate(PLAN, scenarios=5, design=design, first_scenario=147, threads=3)
    assert part.drop_attrs().identical(whole.isel(scenario=slice(147, 152)).drop_attrs())


@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_threads_change_nothing(design: str) -> None:
    # More threads than blocks of scenarios.
    one = simulate(PLAN, scenarios=1500, design=design, threads=1)
    assert simulate(PLAN, scenarios=1500, design=design, threads=5).identical(one)


@pytest.mark.parametrize("breakdowns", [(), ["country"], ["area", "region", ("income", "area", "year")], BREAKDOWNS])
def test_breakdowns_change_no_total(breakdowns: object) -> None:
    bare = simulate(EVERYTHING, scenarios=400, breakdowns=["year"])
    asked = simulate(EVERYTHING, scenarios=400, breakdowns=breakdowns)
    for name in totals(bare):
        np.testing.assert_array_equal(asked[name].values, bare[name].values)


@pytest.mark.parametrize("name", ["area", "year", ("area", "year"), "region", "country", ("region", "year")])
def test_a_breakdown_has_the_same_bits_beside_any_other(name: object) -> None:
    alone = simulate(EVERYTHING, scenarios=200, breakdowns=[name])
    beside = simulate(EVERYTHING, scenarios=200, breakdowns=["income", "year", name, ("country", "year")])
    for variable in map(str, alone.data_vars):
        np.testing.assert_array_equal(alone[variable].values, beside[variable].values)


def hash_of(study: Study) -> str:
    costs = simulate(study, scenarios=300, seed=3, first_scenario=5)
    names = ("cost", "financing_need", "cost_after_horizon", "cost_nominal", "cost_discounted")
    return sha256(six_digits(*(costs[name].values for name in (*names, "cost_by_area_year", "financing_need_by_area"))))


def test_numbers_of_every_feature_are_what_they_always_were() -> None:
    """See test_same_numbers on what must be done where this fails."""
    # As the study was before delays had levels and components were needed with others.
    before = {"delay.level": 1.0, "area.y.delay.level": 1.0, "area.x.component.staff": {}}
    assert hash_of(full(before)) == "4deeb5f8a4cba2ad6219d0e8e1c3df3ea1f1a65054d866f511a11bd8165ee0e7"
    assert hash_of(full()) == "3952417c67bf11631377c6bbdab3f030a0d511abf0c4661e0509dc48122859f7"


def test_a_study_without_features_pays_nothing() -> None:
    plan = compile_study(mixed())
    assert plan.moves is NO_MOVES
    assert not plan.moves.any
    sums = arrange(plan, read_breakdowns(BREAKDOWNS, plan.labels))
    assert sums.program is NO_PROGRAM
    assert plan.draws.row_start[0] == 0
    assert len(plan.draws.row_start) == 1 + len(COUNTRIES)
    assert (plan.row_component >= 0).all()
    assert (plan.component_growth == -1).all()
    financed = compile_study(features.financing(mixed()))
    assert financed.moves is NO_MOVES


def test_a_program_of_a_plan_with_moves_is_not_empty() -> None:
    """Negative control of the test above."""
    assert len(arrange(PLAN, ()).program.steps) > 0


# What is drawn stays.


def cells(item: Study, scenarios: int = 400) -> xr.DataArray:
    return simulate(item, scenarios=scenarios, breakdowns=[("country", "area")])["cost_by_country_area"].sel(
        option="full"
    )


def assert_rest_is_equal(before: Study, after: Study, *changed: str) -> None:
    one, two = cells(before), cells(after)
    countries = [code for code in one.country.values if code in two.country.values]
    areas = [name for name in one.area.values if name in two.area.values and name not in changed]
    for name in areas:
        np.testing.assert_array_equal(*(part.sel(country=countries, area=name).values for part in (one, two)))
    assert areas


CHANGES = {
    "country first": (lambda item: dataclasses.replace(item, countries=(country("XXX"), *item.countries)), ""),
    "country less": (lambda item: dataclasses.replace(item, countries=item.countries[1:]), ""),
    "area": (lambda item: dataclasses.replace(item, areas=(area("n", LogNormal(0.0, 1.0)), *item.areas)), ""),
    "area less": (lambda item: dataclasses.replace(item, areas=item.areas[1:]), ""),
    "probability": (lambda item: with_area(item, "a", need=Setting(0.3)), "a"),
    "uncertain probability": (lambda item: with_area(item, "a", need=Setting(Uniform(0.1, 0.9))), "a"),
    "no need": (lambda item: with_area(item, "b", need=None), "b"),
    "need more": (lambda item: with_area(item, "c", need=Setting(0.5)), "c"),
    "delay": (lambda item: with_area(item, "a", delay=Delay(Setting(Uniform(0.0, 1.0)))), "a"),
    "no delay": (lambda item: with_area(item, "b", delay=None), "b"),
    "escalation": (lambda item: with_area(item, "a", escalation=Escalation(Uniform(0.0, 0.1), "own")), "a"),
    "shock": (
        lambda item: dataclasses.replace(
            item, shocks=(Shock("new", "new", ("a",), 0.5, 2.0, "judgement", ""), *item.shocks)
        ),
        "a",
    ),
    "inflation": (lambda item: dataclasses.replace(item, inflation=0.1), ""),
    "option": (lambda item: features.with_options(item, other=features.dear(item)), ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_moves_no_other_draw(change: str) -> None:
    after, changed = CHANGES[change]
    assert_rest_is_equal(EVERYTHING, after(EVERYTHING), *changed)


@pytest.mark.parametrize("change", [name for name, (_, changed) in CHANGES.items() if changed])
def test_the_check_sees_other_draws(change: str) -> None:
    """Negative control: what was changed does differ."""
    with pytest.raises(AssertionError):
        assert_rest_is_equal(EVERYTHING, CHANGES[change][0](EVERYTHING))


@pytest.mark.parametrize("correlation", [0.0, 0.7])
@pytest.mark.parametrize("probability", [0.4, Uniform(0.2, 0.9)])
def test_a_need_leaves_the_unit_costs_as_they_are(correlation: float, probability: object) -> None:
    before = with_dependence(mixed(), need_with_cost=correlation)
    after = with_area(before, "a", need=Setting(probability))  # type: ignore[arg-type]
    assert_rest_is_equal(before, after, "a")
    always, needed = cells(before).sel(area="a").values, cells(after).sel(area="a").values
    open_ = needed > 0.0
    np.testing.assert_array_equal(needed[open_], always[open_])
    # Over 1600 cells neither is possible by chance.
    assert 0.05 < open_.mean() < 0.95


def test_a_need_that_is_certain_changes_no_bit() -> None:
    for setting in (Setting(1.0), Setting(0.5, (("region", "North", 1.0), ("region", "South", 1.0)))):
        assert_rest_is_equal(mixed(), with_area(mixed(), "a", need=setting))
    none = cells(with_area(mixed(), "a", need=Setting(0.0)))
    assert (none.sel(area="a") == 0.0).all()
    assert_rest_is_equal(mixed(), with_area(mixed(), "a", need=Setting(0.0)), "a")


# The least that there can be.


def test_one_country_one_year_one_scenario() -> None:
    item = dataclasses.replace(
        study([country("AAA")], [area("a", features.with_component(mixed(), "a", 0).areas[0].components[0])]),
        years=(2030,),
        start=Setting(0.25),
    )
    item = with_component(item, "a", 0, profile=(1.0,), cost=Constant(8.0))
    dataset = simulate(item, scenarios=1, breakdowns=["country", ("area", "year")], first_scenario=7, threads=4)
    assert dataset["cost"].item() == 6.0
    assert dataset["cost_after_horizon"].item() == 2.0
    assert dataset["cost_by_area_year"].item() == 6.0
    assert dataset["expected_cost"].item() == 6.0
