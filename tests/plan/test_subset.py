"""The part of a plan that some countries and areas need draws what the whole draws, to the bit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.simulate import simulate
from popsim.plan import Plan
from popsim.plan import compile as compile_study
from popsim.plan.subset import subset
from popsim.study.load import load_study

from ..engine.features import FEATURES, few_countries
from ..engine.studies import mixed

CELLS = ("country", "area", "year")
TOTALS = ("cost", "financing_need")


@lru_cache
def plan_with(*features: str) -> Plan:
    study = mixed()
    for name in sorted(features):
        study = FEATURES[name](study)
    return compile_study(study)


@lru_cache
def whole_with(*features: str) -> xr.Dataset:
    return simulate(plan_with(*features), scenarios=120, breakdowns=[CELLS])


def assert_part_of(part: Plan, whole: xr.Dataset, countries: list[str], areas: list[str]) -> None:
    first = int(whole.attrs["first_scenario"])
    found = simulate(part, scenarios=whole.sizes["scenario"], first_scenario=first, breakdowns=[CELLS])
    for total in TOTALS:
        name = f"{total}_by_country_area_year"
        if name in whole:
            expected = whole[name].sel(option=part.labels.option[0], country=countries, area=areas)
            mine = found[name].isel(option=0).sel(country=countries, area=areas)
            np.testing.assert_array_equal(mine, expected, err_msg=name)


@pytest.mark.parametrize("feature", FEATURES)
def test_one_country_of_a_study_with_each_feature(feature: str) -> None:
    plan, whole = plan_with(feature), whole_with(feature)
    for country in plan.labels.country:
        assert_part_of(subset(plan, [country]), whole, [country], list(plan.labels.area))


@given(
    features=st.sets(st.sampled_from(sorted(FEATURES)), max_size=4),
    countries=st.sets(st.sampled_from(["AAA", "BBB", "CCC", "DDD"]), min_size=1),
    areas=st.sets(st.sampled_from(["a", "b", "c"]), min_size=1),
)
@settings(max_examples=30, deadline=None)
def test_any_countries_and_areas_of_studies_with_several_features(
    features: set[str], countries: set[str], areas: set[str]
) -> None:
    plan, whole = plan_with(*sorted(features)), whole_with(*sorted(features))
    part = subset(plan, countries, areas)
    assert part.labels.country == tuple(code for code in plan.labels.country if code in countries)
    assert_part_of(part, whole, sorted(countries), sorted(areas))


@pytest.mark.parametrize("name", ["pops", "example"])
def test_countries_of_the_packaged_studies_with_their_options(name: str) -> None:
    study = load_study(name, {"scenarios.count": 40})
    plan = compile_study(few_countries(study) if name == "pops" else study)
    whole = simulate(plan, breakdowns=[CELLS])
    for option in (plan, *plan.alternatives):
        for countries in ([option.labels.country[3]], list(option.labels.country[-3:-1])):
            areas = list(option.labels.area[:2])
            assert_part_of(subset(option, countries, areas), whole, countries, areas)


def test_a_part_has_only_what_it_needs() -> None:
    plan = plan_with("everything")
    part, of_area = subset(plan, ["CCC"]), subset(plan, ["CCC"], ["c"])
    for name in ("row_kind", "own_stream", "shared_stream"):
        sizes = [len(getattr(each.draws, name)) for each in (plan, part, of_area)]
        assert sizes == sorted(sizes, reverse=True), name
        assert sizes[0] > sizes[2], name
    assert set(part.draws.own_stream.tolist()) < set(plan.draws.own_stream.tolist())


def test_all_countries_are_the_whole_again() -> None:
    plan = plan_with("everything")
    assert_part_of(subset(plan, plan.labels.country), whole_with("everything"), list(plan.labels.country), ["a", "b"])


def test_another_country_draws_other_numbers() -> None:
    """What the tests above compare is no constant."""
    plan, whole = plan_with("delay"), whole_with("delay")
    with pytest.raises(AssertionError):
        assert_part_of(subset(plan, ["AAA"]).with_sampling(plan.sampling.changed(seed=8)), whole, ["AAA"], ["a"])


def test_countries_that_a_plan_lacks_add_nothing() -> None:
    plan = plan_with()
    assert subset(plan, ["AAA", "XXX"]).digest == subset(plan, ["AAA"]).digest
    assert not len(subset(plan, ["XXX"]).row_country)
