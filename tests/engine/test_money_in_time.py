"""No money is lost by being late, and the expected cost is that of the scenarios."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from popsim.engine.simulate import simulate
from popsim.families import LogNormal, Uniform
from popsim.plan import compile as compile_study
from popsim.study.model import Area, Delay, Setting, Study

from . import features
from .features import BREAKDOWNS, FEATURES, full, with_all_areas, with_dependence
from .studies import mixed

EVERYTHING = features.everything(mixed())
MOVING = sorted(set(FEATURES) - {"financing"})
ERRORS = 6.0
"""Standard errors allowed for a mean: 2e-9 for one."""


def everything_paid(dataset: xr.Dataset) -> np.ndarray:
    return np.asarray((dataset["cost"] + dataset["cost_after_horizon"]).values)


@pytest.mark.parametrize(
    "late",
    [
        {"start": Setting(Uniform(0.0, 1.5))},
        {"start": Setting(0.5)},
        {"start": Setting(7.25)},
        {"delay": Setting(Uniform(0.0, 9.0))},
        {"delay": Setting(LogNormal(0.0, 1.0))},
        {"start": Setting(Uniform(0.0, 2.0)), "delay": Setting(LogNormal(0.0, 0.5), (("region", "South", 0.0),))},
    ],
    ids=["start", "known start", "start beyond", "delay", "unbounded delay", "both"],
)
def test_late_money_is_paid_within_the_horizon_or_after_it(late: dict[str, Setting]) -> None:
    item = features.needs_with_cost(mixed())
    delay = Delay(late["delay"]) if "delay" in late else None
    after = with_all_areas(dataclasses.replace(item, start=late.get("start")), delay=delay)
    dataset = simulate(after, scenarios=500, breakdowns=BREAKDOWNS)
    np.testing.assert_allclose(everything_paid(dataset), simulate(item, scenarios=500)["cost"].values, rtol=1e-12)
    assert (dataset["cost_after_horizon"] > 0.0).any()
    for name, values in dataset.data_vars.items():
        if str(name).startswith("cost_by_"):
            parts = values.sum([dim for dim in values.dims if dim not in ("option", "scenario")])
            np.testing.assert_allclose(parts, dataset["cost"], rtol=1e-12, atol=1e-12, err_msg=str(name))


@pytest.mark.parametrize("name", [name for name in MOVING if name != "unbounded delay"])
def test_a_long_enough_horizon_holds_everything(name: str) -> None:
    """Prolongation and rising prices included; lateness is at most 4 years, and the horizon 3 or 8."""
    item = FEATURES[name](mixed())
    if name == "everything":
        # Without the delay that has no upper limit.
        item = features.with_area(item, "b", delay=None)
    longer = [with_area_profiles(area, 5) for area in item.areas]
    long = dataclasses.replace(item, years=tuple(range(2030, 2038)), areas=tuple(longer))
    one, two = simulate(item, scenarios=300), simulate(long, scenarios=300)
    whole = everything_paid(one) if "cost_after_horizon" in one else one["cost"].values
    np.testing.assert_allclose(whole, two["cost"].values, rtol=1e-12)
    if "cost_after_horizon" in two:
        assert not two["cost_after_horizon"].any()


def with_area_profiles(item: Area, more: int) -> Area:
    """Give the same payments over more years."""
    parts = tuple(dataclasses.replace(part, profile=(*part.profile, *[0.0] * more)) for part in item.components)
    return dataclasses.replace(item, components=parts)


@pytest.mark.parametrize("names", [("area",), ("country",), ("region", "area", "year"), ("country", "income")])
def test_every_breakdown_sums_to_its_total(names: tuple[str, ...]) -> None:
    dataset = simulate(EVERYTHING, scenarios=300, breakdowns=[names])
    for total in ("cost", "financing_need"):
        (found,) = [name for name in dataset.data_vars if str(name).startswith(f"{total}_by_")]
        np.testing.assert_allclose(dataset[found].sum(list(names)), dataset[total], rtol=1e-11)


def distance(item: Study, scenarios: int = 40_000) -> float:
    """Standard errors between the mean of the scenarios and the expected cost."""
    dataset = simulate(item, scenarios=scenarios, breakdowns=())
    cost = dataset["cost"].values[0]
    error = cost.std() / np.sqrt(scenarios)
    return float(abs(cost.mean() - dataset["expected_cost"].item()) / error)


@pytest.mark.parametrize("name", FEATURES)
def test_expected_cost_is_the_mean_of_scenarios(name: str) -> None:
    assert distance(FEATURES[name](mixed())) < ERRORS


def test_expected_cost_of_the_full_study_by_area_and_component() -> None:
    for option in ("full", "needed_by_all"):
        dataset = simulate(full(), scenarios=40_000).sel(option=option)
        costs = dataset["cost_by_area"]
        error = costs.std("scenario") / np.sqrt(40_000)
        assert (abs(costs.mean("scenario") - dataset["expected_cost_by_area"]) < ERRORS * error).all()
        needs = dataset["financing_need"]
        error = needs.std("scenario") / np.sqrt(40_000)
        assert (abs(needs.mean("scenario") - dataset["expected_financing_need"]) < ERRORS * error).all()


def test_the_check_sees_another_expectation() -> None:
    """Negative control: needs that hang on cost, expected as if they did not."""
    item = features.needs_with_cost(mixed())
    apart = compile_study(with_dependence(item, need_with_cost=0.0))
    plan = dataclasses.replace(compile_study(item), row_mean=apart.row_mean)
    dataset = simulate(plan, scenarios=40_000, breakdowns=())
    cost = dataset["cost"].values[0]
    assert abs(cost.mean() - dataset["expected_cost"].item()) > ERRORS * cost.std() / np.sqrt(len(cost))
