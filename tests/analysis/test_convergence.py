"""How quantiles settle, and what dependence leaves of the number of countries."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import popsim as ps
from popsim.analysis.dependence import effective_countries
from popsim.analysis.order import quantile_with_error
from popsim.analysis.precision import convergence
from popsim.errors import ParameterError, RunError

from .normals import ERRORS, run


def test_each_point_is_the_run_of_so_many_scenarios() -> None:
    dataset = run(3_000, 1)
    found = convergence(dataset, points=7)
    assert found["quantile"].values.tolist() == [0.05, 0.5, 0.95]
    assert found["count"][-1] == 3_000
    for count in found["count"].values:
        value, error = quantile_with_error(dataset["cost"].values[:, :count], np.array([0.05, 0.5, 0.95]))
        one = found.sel(count=count)
        np.testing.assert_array_equal(one["value"], value)
        np.testing.assert_array_equal(one["value_error"], error)
    assert np.isfinite(found["value_error"]).all()
    assert convergence(dataset, 0.5, variable="cost_by_area")["value"].dims == ("option", "area", "count", "quantile")


def test_bands_hold_the_truth() -> None:
    dataset = run(20_000, 2)
    found = convergence(dataset, 0.8, points=3).isel(count=-1, option=0)
    spread = dataset["cost"].std().item()
    exact = 100.0 + stats.norm.ppf([0.1, 0.5, 0.9]) * spread
    assert np.all(np.abs(found["value"] - exact) < ERRORS * found["value_error"])


def test_few_scenarios_have_no_error() -> None:
    found = convergence(run(10, 1), points=5)
    assert found["count"].values.tolist() == [10]
    assert np.isinf(found["value_error"]).any()
    with pytest.raises(ParameterError, match="points"):
        convergence(run(10, 1), points=1)


def equal_countries(countries: int, correlation: float, count: int, seed: int) -> xr.Dataset:
    """Totals of equal normal countries, as assumed and independent, from the same scenarios."""
    names = {f"c{k}": ps.Normal(10.0, 2.0) for k in range(countries)}
    totals = {}
    for name, dependence in (("cost", correlation), ("cost_countries_independent", None)):
        drawn = ps.sample(names, scenarios=count, seed=seed, correlation=dependence)
        totals[name] = (("option", "scenario"), drawn.to_dataarray().values.sum(axis=0)[None])
    return xr.Dataset(totals, {"option": ["full"], "scenario": np.arange(count)})


@pytest.mark.parametrize("correlation", [0.1, 0.4, 0.9])
def test_effective_countries_of_equal_ones(correlation: float) -> None:
    exact = 12.0 / (1.0 + 11.0 * correlation)
    found = effective_countries(equal_countries(12, correlation, 20_000, 1), 12).squeeze("option")
    assert abs(found["effective_countries"] - exact) < ERRORS * found["effective_countries_error"]
    # Negative control: the formula with n in place of n - 1.
    assert abs(found["effective_countries"] - 12.0 / (1.0 + 16.0 * correlation)) > (
        ERRORS * found["effective_countries_error"]
    )


def test_error_of_effective_countries_over_many_seeds() -> None:
    runs = [effective_countries(equal_countries(3, 0.5, 1_000, seed), 3) for seed in range(60)]
    found = [((each["effective_countries"] - 1.5) / each["effective_countries_error"]).item() for each in runs]
    low, high = stats.chi2(60).ppf([5e-9, 1 - 5e-9])
    assert low < np.square(found).sum() < high


def test_effective_countries_of_nothing_and_refusals() -> None:
    dataset = equal_countries(2, 0.5, 50, 1)
    assert np.isnan(effective_countries(dataset * 0.0, 2)["effective_countries"]).all()
    with pytest.raises(ParameterError, match="countries"):
        effective_countries(dataset, 0)
    with pytest.raises(RunError, match="cost_countries_independent"):
        effective_countries(dataset[["cost"]], 2)
    with pytest.raises(RunError, match="at least 2 scenarios"):
        effective_countries(dataset.isel(scenario=slice(1)), 2)
