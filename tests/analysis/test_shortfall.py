"""Budgets of any variable, and what is missing when they do not suffice."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from popsim.analysis.budgets import budget, budget_for
from popsim.errors import ParameterError, RunError

from .normals import COVARIANCE, ERRORS, MEAN, SPREAD, run


@pytest.mark.parametrize("apart", [-1.5, 0.0, 0.8, 2.0])
def test_shortfall_of_a_normal_total(apart: float) -> None:
    """E max(X - a, 0) = s (phi(d) - d (1 - Phi(d))), d = (a - m) / s; over 1 - Phi(d) where it is short."""
    amount = MEAN.sum() + apart * SPREAD
    found = budget(run(40_000, 1), amount).squeeze("option")
    short = stats.norm.sf(apart)
    overall = SPREAD * (stats.norm.pdf(apart) - apart * short)
    for name, exact in (("sufficient", 1.0 - short), ("shortfall_overall", overall), ("shortfall", overall / short)):
        assert abs(found[name].item() - exact) < ERRORS * found[f"{name}_error"].item()
    if apart < 1.0:
        # Negative control: a spread wrong by a fifth is seen.
        assert abs(found["shortfall_overall"].item() - 1.2 * overall) > ERRORS * found["shortfall_overall_error"].item()
    expected = (1.0 - found["sufficient"]) * found["shortfall"]
    assert found["shortfall_overall"].item() == pytest.approx(expected.item(), rel=1e-12)


def test_amounts_by_area_and_their_confidences() -> None:
    dataset = run(20_000, 2)
    found = budget_for(dataset, 0.8, "cost_by_area")
    assert found["amount"].dims == ("option", "area")
    exact = MEAN + np.sqrt(np.diag(COVARIANCE)) * stats.norm.ppf(0.8)
    assert np.all(np.abs(found["amount"].values[0] - exact) < ERRORS * found["amount_error"].values[0])
    assert found.attrs["variable"] == "cost_by_area"
    back = budget(dataset, found["amount"], "cost_by_area")
    np.testing.assert_allclose(back["sufficient"], 0.8, atol=1 / 20_000)
    assert back["shortfall"].attrs["units"] == "USD"
    one = budget(dataset, 35.0, "cost_by_area")
    assert one["sufficient"].dims == ("option", "area")
    assert one.attrs["amount"] == 35.0


def test_several_options_at_once() -> None:
    dataset = run(2_000, 3)
    both = xr.concat([dataset, (2.0 * dataset).assign_coords(option=["twice"])], "option")
    found = budget_for(both, 0.9)
    np.testing.assert_allclose(found["amount"].sel(option="twice"), 2.0 * found["amount"].sel(option="full"))
    assert budget(both, 110.0)["shortfall_overall"].dims == ("option",)


def test_an_unknown_variable_is_refused_with_the_nearest() -> None:
    with pytest.raises(RunError, match='did you mean "cost_by_area"'):
        budget_for(run(100, 1), 0.5, "cost_by_aria")
    with pytest.raises(RunError, match="it holds cost, cost_by_area"):
        budget(run(100, 1), 1.0, "zzz")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_one_amount_that_cannot_be_honoured_is_seen_among_others(bad: float) -> None:
    amounts = xr.DataArray([10.0, bad, 30.0, 40.0], {"area": list("abcd")}, ["area"])
    with pytest.raises(ParameterError, match="amount"):
        budget(run(100, 1), amounts, "cost_by_area")


def test_amounts_for_what_the_variable_does_not_have_are_refused() -> None:
    with pytest.raises(ParameterError, match="dimensions among: option"):
        budget(run(100, 1), xr.DataArray([1.0, 2.0], dims=["area"]))


def test_a_confidence_that_takes_more_scenarios_is_refused_with_their_number() -> None:
    with pytest.raises(ParameterError, match="run at least 39998 scenarios"):
        budget_for(run(1_000, 1), 0.9999)
