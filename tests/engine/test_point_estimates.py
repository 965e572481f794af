"""A point estimate: the model at the most likely value of every input, of the same scope as what it is held against."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from popsim import schema
from popsim.analysis import contingency, point_estimates, with_all_years
from popsim.engine.plan_file import load_plan, save_plan
from popsim.engine.simulate import simulate
from popsim.errors import ParameterError, RunError
from popsim.families import Beta, Constant, Discrete, LogNormal, Mixture, Triangular, Uniform
from popsim.plan import compile as compile_study
from popsim.plan.model import Exact
from popsim.study.load import load_study
from popsim.study.model import Component, Delay, Escalation, Exponent, Setting, Shock, Study

from . import features, likely
from .features import FEATURES, full, with_all_areas, with_options
from .studies import area, component, country, mixed
from .studies import study as study_of

DIGITS = 1e-12


def assert_likely(study: Study, dataset: xr.Dataset, option: str) -> None:
    """Hold every point estimate of a dataset to the payments of an option, one by one."""
    found, expected = with_all_years(dataset).sel(option=option), likely.totals(study)
    for name in schema.TOTALS:
        if name in found:
            estimate = found[schema.point_estimate_name(name)].item()
            np.testing.assert_allclose(estimate, expected[name], rtol=DIGITS, err_msg=name)
    for base in ("cost", "financing_need"):
        if base in found:
            areas = found[schema.point_estimate_name(f"{base}_by_area")]
            for name in areas["area"].values.tolist():
                np.testing.assert_allclose(areas.sel(area=name), expected[f"{base}/{name}"], rtol=DIGITS)


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_at_its_most_likely_value(name: str) -> None:
    study = FEATURES[name](mixed())
    assert_likely(study, simulate(study, scenarios=10), "full")


@pytest.mark.parametrize("name", ["pops", "full"])
@pytest.mark.one_in(2)
def test_point_estimates_of_whole_studies_and_their_options(name: str) -> None:
    study = load_study("pops") if name == "pops" else full()
    dataset = simulate(study, scenarios=10)
    assert_likely(study, dataset, "full")
    for option in study.options:
        assert_likely(option.study, dataset, option.id)


@pytest.mark.slow
def test_options_with_payments_planned_later() -> None:
    """By `postponed` and `component.start`, which move the plan itself."""
    sets = {"later": {"area.a.postponed": 2}, "one": {"area.a.postponed": 1}}
    study = load_study("pops")
    known = {area.id: [part.id for part in area.components] for area in study.areas}
    sets["one"] = {f"area.e.component.{known['e'][0]}.start": 4}
    for changes in sets.values():
        changed = load_study("pops", changes)
        assert_likely(changed, simulate(changed, scenarios=10, breakdowns=()), "full")


def certain(**changes: Any) -> Study:
    """Costs that are known, at odd values, in countries of several sizes."""
    size = (Exponent("size", 0.37, "exponent/area/a/size"),)
    parts: list[Component] = [
        dataclasses.replace(component("once", Constant(0.7), (0.3, 0.3, 0.4)), exponents=size),
        component("run", Constant(1.1), (1.0, 1.0, 1.0), 1.0 / 3.0),
    ]
    places = [country(f"A{k:02}", "South" if k % 3 else "North", factor=0.1 + 1.7 * k) for k in range(23)]
    return dataclasses.replace(study_of(places, [area("a", *parts), area("b", Constant(0.3))]), **changes)


CERTAIN: dict[str, Study] = {
    "costs": certain(),
    "a rise of 5 % a year": with_all_areas(certain(), escalation=Escalation(0.05, "escalation")),
    "a start one year later": certain(start=Setting(1.0)),
    "a start of some": certain(start=Setting(0.0, (("region", "South", 1.7),))),
    "a start beyond the years": certain(start=Setting(9.3)),
    "a delay": with_all_areas(certain(start=Setting(0.4)), delay=Delay(Setting(0.9), 0.13)),
    "discounting": certain(discount_rate=0.07),
    "inflation": certain(inflation=0.031, start=Setting(0.3)),
    "financing": features.financing(certain(areas=(*certain().areas, area("c", Constant(2.0))))),
    "a shock that happens": certain(shocks=(Shock("s", "s", ("a",), 1.0, 1.3, "judgement", ""),)),
    "a shock that does not": certain(shocks=(Shock("s", "s", ("a",), 0.0, 1.3, "judgement", ""),)),
    "never needed": with_all_areas(certain(), need=Setting(1.0, (("region", "South", 0.0),))),
}
CERTAIN["all together"] = with_all_areas(
    certain(start=Setting(0.5), inflation=0.031, discount_rate=0.07, agency_fee=0.09),
    escalation=Escalation(0.05, "escalation"),
    delay=Delay(Setting(0.9), 0.13),
    cofinancing=Setting(0.2, (("region", "South", 0.5),)),
)


@pytest.mark.parametrize("name", CERTAIN)
@pytest.mark.one_in(3)
def test_without_uncertainty_the_point_estimate_is_every_scenario(name: str) -> None:
    study = with_options(CERTAIN[name], other=CERTAIN["a start of some"], third=CERTAIN["all together"])
    dataset = with_all_years(simulate(study, scenarios=80, breakdowns=["area"]))
    for total in schema.TOTALS:
        if total not in dataset:
            continue
        estimate = dataset[schema.point_estimate_name(total)]
        assert (dataset[total] == estimate).all(), total
        found = contingency(dataset, (0.5, 0.8), variable=total)
        assert (found["point_estimate_confidence"] == 1.0).all()
        assert not found["contingency"].any()
        assert not found["contingency_share"].fillna(0.0).any()
        if f"{total}_by_area" in dataset:
            assert (found["point_estimate_confidence_by_area"] == 1.0).all()
            assert not found["contingency_by_area"].any()


@pytest.mark.parametrize(("probability", "happens"), [(0.49, False), (0.5, True), (0.51, True)])
def test_a_shock_happens_where_its_probability_is_one_half_or_more(probability: float, happens: bool) -> None:
    shock = Shock("s", "s", ("b",), probability, Triangular(1.0, 1.25, 2.0), "judgement", "")
    areas = simulate(certain(shocks=(shock,)), scenarios=2)["point_estimate_by_area"].sel(option="full", area="b")
    assert areas.item() == pytest.approx(0.3 * 23 * (1.25 if happens else 1.0), rel=1e-12)


MODES: dict[str, tuple[Any, float]] = {
    "the likeliest of several values": (Discrete((1.0, 2.0, 5.0), (0.3, 0.4, 0.3)), 2.0),
    "the least of equally likely ones": (Discrete((4.0, 2.0), (0.5, 0.5)), 2.0),
    "the middle of a range": (Uniform(2.0, 5.0), 3.5),
    "an atom before a density": (Mixture([Constant(3.0), Uniform(5.0, 6.0)], [0.01, 0.99]), 3.0),
    "the peak, not the mean": (LogNormal(0.0, 1.0), float(np.exp(-1.0))),
}


@pytest.mark.parametrize("name", MODES)
def test_what_is_most_likely(name: str) -> None:
    law, value = MODES[name]
    found = simulate(study_of([country("AAA")], [area("a", law)]), scenarios=2)
    assert found["point_estimate"].item() == pytest.approx(value, rel=1e-12)


def test_a_need_is_at_its_probability_and_an_uncertain_one_at_its_most_likely_value() -> None:
    item = study_of([country("AAA")], [area("a", Constant(10.0)), area("b", Constant(100.0))])
    item = features.with_area(item, "a", need=Setting(0.3))
    item = features.with_area(item, "b", need=Setting(Beta(2.0, 4.0)))
    dataset = simulate(item, scenarios=2)
    assert dataset["point_estimate"].item() == pytest.approx(3.0 + 25.0, rel=1e-12)
    assert "each need at its probability" in dataset["point_estimate"].attrs["description"]


@pytest.mark.parametrize("name", ["cost", "exponent", "rate"])
def test_scenarios_that_come_to_the_point_estimate_suffice(name: str) -> None:
    """Separate values, of which the likeliest is the least: it is met by all scenarios that draw it, to rounding."""
    law, place = Discrete((0.3, 0.5), (0.6, 0.4)), country("AAA", factor=3.7)
    exponent = (Exponent("size", law if name == "exponent" else 0.0, "exponent/area/a/size"),)
    part = dataclasses.replace(component("part", law if name == "cost" else Constant(7.0)), exponents=exponent)
    item = study_of([place, dataclasses.replace(place, code="BBB")], [area("a", part, share=1.0)])
    if name == "rate":
        item = with_all_areas(item, escalation=Escalation(law, "escalation"))
    if name == "cost":
        item = features.with_dependence(item, between_areas=0.0, between_components=0.0, common_share=1.0)
    dataset = simulate(item, scenarios=2_000)
    least = (dataset["cost"] <= 1.0001 * dataset["cost"].min()).mean().item()
    assert 0.55 < least < 0.65
    assert point_estimates(dataset)["point_estimate_confidence"].item() == least


def test_a_total_is_held_against_its_own_point_estimate() -> None:
    """A start later than planned lowers what is paid within the years, and the point estimate with it."""
    item = with_options(mixed(), later=dataclasses.replace(mixed(), start=Setting(1.0)))
    dataset = simulate(item, scenarios=4_000)
    within = point_estimates(dataset)["point_estimate_confidence"]
    whole = point_estimates(dataset, "cost_all_years")["point_estimate_confidence"]
    # Nothing changes but the years: the whole is as likely to suffice as without the late start.
    assert whole.sel(option="later").item() == whole.sel(option="full").item() == within.sel(option="full").item()
    after = point_estimates(dataset, "cost_after_horizon")
    assert after["point_estimate"].sel(option="full").item() == 0.0
    assert after["point_estimate_confidence"].sel(option="full").item() == 1.0


def test_need_and_cost_have_contingencies_of_their_own() -> None:
    dataset = simulate(features.financing(mixed()), scenarios=4_000, breakdowns=["area"])
    for variable in ("cost", "financing_need"):
        found = contingency(dataset, (0.8,), variable)
        amount = dataset[variable].quantile(0.8, "scenario").item()
        estimate = dataset[schema.point_estimate_name(variable)].item()
        assert found["contingency"].item() == pytest.approx(amount - estimate, rel=1e-3)
        parts = found["contingency_by_area"].sum("area").item()
        assert parts == pytest.approx(found["contingency"].item(), abs=1e-9 * amount)


def test_totals_without_a_point_estimate_are_refused() -> None:
    dataset = simulate(mixed(), scenarios=100)
    with pytest.raises(ParameterError, match="cost_by_area"):
        point_estimates(dataset, "cost_by_area")
    with pytest.raises(RunError, match="point_estimate_financing_need"):
        point_estimates(dataset, "financing_need")


def test_a_stored_plan_gives_the_same_point_estimates_and_means(tmp_path: Any) -> None:
    plan = compile_study(full())
    save_plan(tmp_path / "plan.nc", plan)
    xr.testing.assert_identical(simulate(load_plan(tmp_path / "plan.nc"), scenarios=5), simulate(plan, scenarios=5))


def test_a_plan_of_a_version_without_modes_gives_its_scenarios_and_no_point_estimate() -> None:
    plan = compile_study(mixed())
    older = dataclasses.replace(plan, exact=Exact())
    assert older.digest == plan.digest
    dataset = simulate(older, scenarios=5)
    np.testing.assert_array_equal(dataset["cost"], simulate(plan, scenarios=5)["cost"])
    assert "point_estimate" not in dataset
    np.testing.assert_array_equal(dataset["expected_cost"], simulate(plan, scenarios=5)["expected_cost"])


@pytest.mark.parametrize("change", [lambda s: dataclasses.replace(s, start=Setting(1.001)), features.escalation])
def test_the_check_sees_another_study(change: Callable[[Study], Study]) -> None:
    """Negative control."""
    study = dataclasses.replace(mixed(), start=Setting(1.0))
    with pytest.raises(AssertionError):
        assert_likely(change(study), simulate(study, scenarios=2), "full")
