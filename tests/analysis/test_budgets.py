"""Budgets, point estimates and the effect of dependence, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from popsim.analysis.budgets import budget, budget_curve, budget_for, point_estimates
from popsim.analysis.dependence import dependence_effect
from popsim.analysis.order import binomial_error
from popsim.engine.simulate import simulate
from popsim.engine.variants import dependence_extremes, with_common_share
from popsim.errors import ParameterError, RunError
from popsim.plan import compile as compile_study

from ..engine.studies import expected_correlation, gaussian


def uniform(count: int, options: int = 1) -> xr.Dataset:
    """Costs 1, 2, ..., count in an order that is not theirs; twice as much for each further option."""
    order = np.random.Generator(np.random.PCG64(3)).permutation(count)
    values = np.stack([(order + 1.0) * 2.0**k for k in range(options)])
    return xr.Dataset(
        {"cost": (("option", "scenario"), values, {"units": "USD"})},
        {"option": [f"o{k}" for k in range(options)], "scenario": np.arange(count)},
        {"coverage": 0.9, "currency": "USD"},
    )


def test_budget_by_hand() -> None:
    found = budget(uniform(100, 2), 80.0)
    np.testing.assert_array_equal(found["sufficient"], [0.8, 0.4])
    # Beyond 80: 81 ... 100 miss 1 ... 20; and 82, 84, ..., 200 miss 2, 4, ..., 120.
    np.testing.assert_allclose(found["shortfall"], [10.5, 61.0])
    np.testing.assert_allclose(found["sufficient_error"], binomial_error(np.array([0.8, 0.4]), 100))
    missing = [np.arange(1.0, 21.0), np.arange(2.0, 121.0, 2.0)]
    # Student's t and the length of the upper side make more of 20 values than of 60.
    wider = found["shortfall_error"] / [stats.sem(each) for each in missing]
    assert wider[1] < wider[0]
    assert np.all((wider > stats.t.ppf(0.975, [19, 59]) / 1.96) & (wider < 1.25))
    assert found["sufficient"].dims == ("option",)
    assert found["sufficient"].attrs["units"] == "1"
    assert found["shortfall"].attrs["units"] == "USD"
    assert found.attrs["amount"] == 80.0


def test_budget_that_always_or_hardly_ever_suffices() -> None:
    found = budget(uniform(100), 100.0)
    assert found["sufficient"].item() == 1.0
    assert found["shortfall"].item() == 0.0
    assert found["shortfall_error"].item() == 0.0
    assert found["sufficient_error"].item() > 0.0
    one = budget(uniform(100), 99.0)
    assert one["shortfall"].item() == 1.0
    assert np.isinf(one["shortfall_error"].item())
    assert budget(uniform(100), 0.5)["sufficient"].item() == 0.0


@pytest.mark.parametrize("amount", [0, -1.0, np.nan, np.inf, True, "5", None])
def test_amounts_that_cannot_be_honoured(amount: object) -> None:
    with pytest.raises(ParameterError, match="amount"):
        budget(uniform(10), amount)


@pytest.mark.parametrize("confidence", [0.05, 0.5, 0.8, 0.95])
def test_budget_for_by_hand(confidence: float) -> None:
    found = budget_for(uniform(1001, 2), confidence)
    # Of 1 ... 1001, the quantile is 1 + 1000 p, and its error sqrt(1001 p (1 - p)) ranks of 1 each, wider by what
    # Student's t of four times as many degrees of freedom is.
    expected = 1.0 + 1000.0 * confidence
    np.testing.assert_allclose(found["amount"], [expected, 2 * expected])
    error = np.sqrt(1001 * confidence * (1.0 - confidence))
    error *= 1.0 + (1.959964**2 + 1.0) / 16.0 / error
    np.testing.assert_allclose(found["amount_error"], [error, 2 * error])
    assert found.attrs["confidence"] == confidence
    assert found["amount"].attrs["units"] == "USD"


def test_budget_and_budget_for_are_inverse() -> None:
    dataset = uniform(1001)
    for confidence in (0.2, 0.5, 0.8):
        amount = budget_for(dataset, confidence)["amount"].item()
        assert budget(dataset, amount)["sufficient"].item() == pytest.approx(confidence, abs=1 / 1001)


@pytest.mark.parametrize("confidence", [0.0005, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999])
def test_too_few_scenarios_are_refused_with_a_number_that_is_enough(confidence: float) -> None:
    with pytest.raises(ParameterError) as caught:
        budget_for(uniform(1), confidence) if confidence == 0.5 else budget_for(uniform(2), confidence)
    (problem,) = caught.value.problems
    assert problem.where == "confidence"
    needed = int("".join(filter(str.isdigit, problem.mend)))
    assert np.isfinite(budget_for(uniform(needed), confidence)["amount_error"].item())


@pytest.mark.parametrize("confidence", [0, 1, 1.2, -0.1, True, "0.8", None, np.nan])
def test_confidences_that_cannot_be_honoured(confidence: object) -> None:
    with pytest.raises(ParameterError, match="confidence"):
        budget_for(uniform(100), confidence)


def test_budget_curve_by_hand() -> None:
    found = budget_curve(uniform(1001, 2), points=199)
    levels = np.arange(1, 200) / 200
    np.testing.assert_allclose(found["confidence"], levels)
    np.testing.assert_allclose(found["amount"], [1 + 1000 * levels, 2 + 2000 * levels])
    assert found["amount"].dims == ("option", "confidence")
    every = budget_curve(uniform(1001, 2), points=None)["amount"]
    assert every.sizes["confidence"] == 1001
    for level in (0.0, 0.05, 0.8, 1.0):
        np.testing.assert_allclose(every.interp(confidence=level), [1 + 1000 * level, 2 + 2000 * level])
    for points in (0, -1, 2.5, True):
        with pytest.raises(ParameterError, match="points"):
            budget_curve(uniform(10), points)


def test_point_estimates_by_hand() -> None:
    dataset = uniform(100)
    dataset["point_estimate"] = ("option", [30.0])
    area = np.stack([dataset.cost.values, 3.0 * dataset.cost.values], axis=-1)
    dataset["cost_by_area"] = (("option", "scenario", "area"), area)
    dataset["point_estimate_by_area"] = (("option", "area"), [[50.0, 30.0]])
    found = point_estimates(dataset)
    assert found["point_estimate"].item() == 30.0
    assert found["point_estimate_confidence"].item() == pytest.approx(0.3)
    assert found["point_estimate_confidence_error"].item() == pytest.approx(binomial_error(np.array(0.3), 100))
    np.testing.assert_allclose(found["point_estimate_confidence_by_area"], [[0.5, 0.1]])
    assert found["point_estimate_confidence_by_area_error"].dims == ("option", "area")
    assert "point_estimate_by_area" not in point_estimates(dataset.drop_vars("cost_by_area"))
    with pytest.raises(RunError, match="point_estimate"):
        point_estimates(uniform(10))


def test_a_dataset_without_costs_is_refused() -> None:
    other = uniform(10).rename(cost="price")
    for call in (lambda: budget(other, 1.0), lambda: budget_for(other, 0.5), lambda: budget_curve(other)):
        with pytest.raises(RunError, match="'cost'"):
            call()


def test_effect_of_dependence_by_hand() -> None:
    dataset = uniform(1001)
    dataset["cost_countries_independent"] = dataset["cost"] / 10.0
    dataset["cost_countries_fully_dependent"] = dataset["cost"] * 10.0
    found = dependence_effect(dataset, 0.8)
    assert found["assumption"].values.tolist() == ["independent", "study", "fully_dependent"]
    # 1 + 1000 p at p = 0.1 and 0.9
    np.testing.assert_allclose(found["low"], [[10.1, 101.0, 1010.0]])
    np.testing.assert_allclose(found["high"], [[90.1, 901.0, 9010.0]])
    np.testing.assert_allclose(found["width"], [[80.0, 800.0, 8000.0]])
    assert found.attrs["coverage"] == 0.8
    assert dependence_effect(dataset).attrs["coverage"] == 0.9
    assert found["width"].attrs["units"] == "USD"
    assert np.all(found["width_error"] > 0.0)
    with pytest.raises(RunError, match="cost_countries_independent"):
        dependence_effect(uniform(10))
    with pytest.raises(ParameterError, match="coverage"):
        dependence_effect(dataset, 1.0)


def test_effect_of_dependence_on_a_study_of_normals() -> None:
    """Widths of 90 % of normal totals are 2 x 1.645 standard deviations, known exactly; within 5 of their errors."""
    study = gaussian()
    count = 40_000
    both = simulate(study, scenarios=count, breakdowns=()).merge(dependence_extremes(study, count))
    found = dependence_effect(both, 0.9)
    for name, item in (
        ("independent", with_common_share(study, 0.0)),
        ("study", study),
        ("fully_dependent", with_common_share(study, 1.0)),
    ):
        std = compile_study(item).row_std
        width = 2.0 * stats.norm.ppf(0.95) * np.sqrt(std @ expected_correlation(item) @ std)
        one = found.sel(assumption=name)
        assert abs(one["width"].item() - width) < 5.0 * one["width_error"].item()
