"""Payments that options move, add and give up: what is paid later is not saved, and what is saved is counted."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import schema
from popsim.analysis import compare, point_estimates, with_all_years
from popsim.engine.simulate import simulate
from popsim.families import Constant, Family, Triangular, Uniform
from popsim.study.load import load_study
from popsim.study.model import Component, Country, Delay, Escalation, Setting, Study

from . import likely
from .features import with_all_areas, with_options
from .studies import area, component, country, mixed
from .studies import study as study_of

PLACES = (country("AAA", "North", factor=0.5), country("BBB", "South"), country("CCC", "South", factor=3.0))


HUNDRED = Constant(100.0)


def service(cost: Family = HUNDRED, profile: tuple[float, ...] = (1.0, 1.0, 1.0), **changes: Any) -> Study:
    """One recurrent cost and one paid once, in three countries."""
    parts = [component("run", cost, profile), component("once", Constant(7.0), (0.5, 0.5, 0.0))]
    return dataclasses.replace(study_of(PLACES, [area("a", *parts)]), **changes)


def ceased(baseline: Study, other: Study) -> xr.Dataset:
    return compare(simulate(with_options(baseline, other=other), scenarios=200)).sel(option="other")


def test_a_year_of_service_that_is_given_up_is_in_no_column_but_this_one() -> None:
    """`years = "all"` and `postponed = 1`: 300 becomes 200 in each of three countries."""
    found = ceased(service(), service(profile=(0.0, 1.0, 1.0)))
    assert found["payments_ceased"].sel(component=["a/run", "a/once"]).values.tolist() == [1.0, 0.0]
    assert found["payments_ceased_cost"].sel(component=["a/run", "a/once"]).values.tolist() == [300.0, 0.0]
    assert found["payments_ceased_total"].item() == 1.0
    assert found["payments_ceased_cost_total"].item() == 300.0
    assert found["cost_all_years_difference_mean"].item() == -300.0
    assert "cost_after_horizon_difference_mean" not in found


MOVED: dict[str, Study] = {
    "start.years": service(start=Setting(1.0)),
    "start.by": service(start=Setting(0.0, (("region", "South", 2.5),))),
    "an uncertain start": service(start=Setting(Uniform(0.0, 2.0))),
    "a start after the last payment": service(start=Setting(8.0)),
    "delay": with_all_areas(service(), delay=Delay(Setting(Triangular(0.0, 1.0, 7.5)))),
}


@pytest.mark.parametrize("name", MOVED)
def test_what_starts_late_is_paid_all_the_same(name: str) -> None:
    found = ceased(service(), MOVED[name])
    assert not found["payments_ceased"].any()
    assert found["payments_ceased_cost_total"].item() == 0.0
    assert found["cost_difference_mean"].item() < 0.0
    assert found["cost_after_horizon_difference_mean"].item() > 0.0
    assert found["cost_all_years_equal"].item() == 1.0
    assert found["cost_all_years_difference_mean"].item() == 0.0


def test_lateness_that_costs_more_and_payments_that_cease_are_told_apart() -> None:
    other = with_all_areas(service(profile=(0.0, 0.0, 1.0)), delay=Delay(Setting(1.5), 0.1))
    found = ceased(service(), other)
    assert found["payments_ceased_total"].item() == 2.0
    # At what a payment of the option costs: 15 % more than on time.
    assert found["payments_ceased_cost_total"].item() == pytest.approx(2 * 3 * 115.0, rel=1e-9)
    rest = 3 * 15.0 + 3 * 7.0 * 0.15
    assert found["cost_all_years_difference_mean"].item() == pytest.approx(-2 * 3 * 100.0 + rest, rel=1e-9)


def test_the_need_for_financing_of_payments_that_cease() -> None:
    shared = {"agency_fee": 0.1}
    share = Setting(0.0, (("region", "South", 0.5),))
    baseline = with_all_areas(service(Triangular(50.0, 80.0, 200.0), **shared), cofinancing=share)
    other = with_all_areas(service(Triangular(50.0, 80.0, 200.0), (0.0, 1.0, 1.0), **shared), cofinancing=share)
    found = ceased(baseline, other)
    mean = Triangular(50.0, 80.0, 200.0).mean()
    assert found["payments_ceased_cost_total"].item() == pytest.approx(3 * mean, rel=1e-9)
    assert found["payments_ceased_financing_need_total"].item() == pytest.approx(1.1 * 2 * mean, rel=1e-9)
    difference, error = (found[f"financing_need_all_years_difference_mean{suffix}"].item() for suffix in ("", "_error"))
    assert abs(difference + 1.1 * 2 * mean) < 6.0 * error


def test_payments_that_are_added_are_negative() -> None:
    found = ceased(service(profile=(0.0, 1.0, 1.0)), service())
    assert found["payments_ceased_total"].item() == -1.0
    assert found["payments_ceased_cost_total"].item() == -300.0


def test_a_component_that_is_left_out_is_not_cut_short() -> None:
    study = service()
    (only,) = study.areas
    less = dataclasses.replace(only, components=only.components[1:])
    found = ceased(study, dataclasses.replace(study, areas=(less,)))
    assert not found["payments_ceased"].any()


@pytest.mark.parametrize("keys", [{"postponed": 1}, {"component": 3}])
def test_keys_that_move_the_plan_of_a_study(keys: dict[str, int]) -> None:
    """`postponed` and `component.start` of the packaged study, for an area with costs paid in all years."""
    study = load_study("pops")
    changed, part = next(
        (each, part)
        for each in study.areas
        for part in each.components
        if part.kind == "per-year" and sum(part.profile) > 4.0 and part.profile[-1] == 1.0
    )
    name = f"{changed.id}/{part.id}"
    first = part.profile.index(1.0)
    if "postponed" in keys:
        other = load_study("pops", {f"area.{changed.id}.postponed": 1})
        lost = 1.0
    else:
        other = load_study("pops", {f"area.{changed.id}.component.{part.id}.start": first + 1 + keys["component"]})
        lost = 3.0
    dataset = with_all_years(simulate(with_options(study, other=other), scenarios=50, breakdowns=()))
    assert dataset["planned_payments"].sel(option="full", component=name).item() == sum(part.profile)
    found = compare(dataset).sel(option="other")
    assert found["payments_ceased"].sel(component=name).item() == lost
    expected = dataset["expected_cost_all_years_by_component"].sel(option="other", component=name).item()
    each = expected / (sum(part.profile) - lost)
    assert found["payments_ceased_cost"].sel(component=name).item() == pytest.approx(lost * each, rel=1e-9)


def test_datasets_without_planned_payments_are_compared_without_them() -> None:
    dataset = simulate(with_options(mixed(), other=mixed()), scenarios=50)
    found = compare(dataset.drop_vars("planned_payments"))
    assert "payments_ceased" not in found
    assert found["cost_equal"].item() == 1.0


# Random small studies, certain in all but what is said, with options in time.

whole = st.integers(1, 60).map(float)
years = st.one_of(st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0]), st.floats(0.0, 6.0))


@st.composite
def recurrent(draw: st.DrawFn, name: str) -> Component:
    first, last = sorted(draw(st.lists(st.integers(0, 4), min_size=2, max_size=2)))
    every = draw(st.integers(1, 2))
    profile = [1.0 if first <= year <= last and (year - first) % every == 0 else 0.0 for year in range(5)]
    return dataclasses.replace(component(name, Constant(draw(whole)), profile), kind="stepped")


def postponed(item: Component, by: int) -> Component:
    """Plan every payment later; those beyond the years of the study cease, but for the last that is left."""
    profile = (0.0,) * by + item.profile[: len(item.profile) - by]
    return dataclasses.replace(item, profile=profile) if any(profile) else item


@st.composite
def in_time(draw: st.DrawFn, study: Study) -> Study:
    """The same work at other times."""
    areas = [
        dataclasses.replace(
            each,
            components=tuple(postponed(part, draw(st.integers(0, 2))) for part in each.components),
            delay=draw(st.none() | st.builds(lambda y, c: Delay(Setting(y), c), years, st.sampled_from([0.0, 0.1]))),
        )
        for each in study.areas
    ]
    begin = draw(st.none() | st.builds(lambda one, two: Setting(one, (("region", "South", two),)), years, years))
    return dataclasses.replace(study, areas=tuple(areas), start=begin)


@st.composite
def studies(draw: st.DrawFn) -> Study:
    areas = [
        area(name, *[draw(recurrent(f"part{place}")) for place in range(draw(st.integers(1, 2)))])
        for name in ("a", "b")[: draw(st.integers(1, 2))]
    ]
    areas = [dataclasses.replace(each, cofinancing=Setting(draw(st.sampled_from([0.0, 0.25])))) for each in areas]
    if draw(st.booleans()):
        areas = [dataclasses.replace(each, escalation=Escalation(0.05, "escalation")) for each in areas]
    places: tuple[Country, ...] = PLACES[: draw(st.integers(1, 3))]
    study = dataclasses.replace(
        study_of(places, areas),
        years=(2030, 2031, 2032, 2033, 2034),
        inflation=draw(st.none() | st.just(0.03)),
        discount_rate=draw(st.none() | st.just(0.06)),
        agency_fee=draw(st.none() | st.just(0.09)),
    )
    return with_options(draw(in_time(study)), one=draw(in_time(study)), two=draw(in_time(study)))


@given(studies())
@settings(max_examples=60, derandomize=True, deadline=None)
def test_any_study_of_known_costs_says_what_its_payments_come_to(study: Study) -> None:
    dataset = with_all_years(simulate(study, scenarios=4, breakdowns=["area"]))
    compared = compare(dataset)
    by_id = {"full": study, **{option.id: option.study for option in study.options}}
    sums = {name: likely.totals(each) for name, each in by_id.items()}
    for total in schema.TOTALS:
        if total not in dataset:
            continue
        estimate = dataset[schema.point_estimate_name(total)]
        assert (dataset[total] == estimate).all(), total
        np.testing.assert_allclose(estimate, [sums[name][total] for name in by_id], rtol=1e-12, err_msg=total)
        np.testing.assert_allclose(dataset[f"expected_{total}"], estimate, rtol=1e-9, err_msg=total)
        assert (point_estimates(dataset, total)["point_estimate_confidence"] == 1.0).all()
        scale = max(sums[name][total] for name in by_id)
        for name in ("one", "two"):
            difference = compared[f"{total}_difference_mean"].sel(option=name).item()
            assert difference == pytest.approx(sums[name][total] - sums["full"][total], abs=1e-11 * scale + 1e-12)
    for name in ("one", "two"):
        found = compared.sel(option=name)
        for one, other in zip(study.areas, by_id[name].areas, strict=True):
            for part, moved in zip(one.components, other.components, strict=True):
                lost = sum(part.profile) - sum(moved.profile)
                assert found["payments_ceased"].sel(component=f"{one.id}/{part.id}").item() == lost
        # Where prices are the same in all years, nothing is cheaper but payments that cease, and delay that costs.
        if all(each.escalation is None for each in study.areas) and not any(
            each.delay and each.delay.cost_per_year for item in by_id.values() for each in item.areas
        ):
            saved = -found["cost_all_years_difference_mean"].item()
            assert found["payments_ceased_cost_total"].item() == pytest.approx(saved, abs=1e-6)
