"""Members of a total two at a time, against what is known of normals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from popsim.analysis.parts import pairs
from popsim.errors import ParameterError, RunError

COUNT = 20_000


def normals(rho: float, count: int = COUNT, seed: int = 4) -> xr.Dataset:
    """Three parts: two that correlate, and one that never varies."""
    z = np.random.default_rng(seed).normal(size=(2, count))
    parts = np.stack([10.0 + z[0], 5.0 + rho * z[0] + np.sqrt(1.0 - rho**2) * z[1], np.full(count, 99.0)], axis=-1)
    return xr.Dataset(
        {
            "cost": (("option", "scenario"), parts.sum(axis=-1)[None]),
            "cost_by_area": (("option", "scenario", "area"), parts[None]),
        },
        {"area": ["a", "b", "still"]},
    )


@pytest.mark.parametrize("rho", [0.0, 0.6, -0.8])
def test_correlations_are_those_of_normals(rho: float) -> None:
    """Spearman's correlation of normals is 6 / pi arcsin(rho / 2) (Pearson 1907)."""
    found = pairs(normals(rho))
    assert found["member"].values.tolist() == ["a", "b", "total"]
    true = 6.0 / np.pi * np.arcsin(rho / 2.0)
    value, error = (found[name].values[0, 1] for name in ("rank_correlation", "rank_correlation_error"))
    assert abs(value - true) < 6.0 * error < 0.05
    # Negative control: Pearson's would be seen to be another.
    if rho == -0.8:
        assert abs(value - rho) > 2.0 * error
    np.testing.assert_allclose(np.diag(found["rank_correlation"]), 1.0, rtol=1e-12)


def test_the_error_is_the_spread_over_seeds() -> None:
    """The spread over 200 seeds is known to 5 %; six of that to either side."""
    found = [pairs(normals(0.6, 1_000, seed)) for seed in range(200)]
    spread = np.std([each["rank_correlation"].values[0, 1] for each in found], ddof=1)
    assert found[0]["rank_correlation_error"].values[0, 1] == pytest.approx(spread, rel=0.35)


def test_cells_hold_the_scenarios_within_the_ends() -> None:
    found = pairs(normals(0.6))
    z = stats.norm.ppf(0.995)
    np.testing.assert_allclose(found["end"].values[0], [10.0 - z, 10.0 + z], atol=0.15)
    np.testing.assert_allclose(found["share"].sum("cell"), 0.99, atol=1e-3)
    density = found["density"].values
    # Both within their own ends: between 98 and 99 of 100; smoothing loses none.
    assert density[0, 1].sum() > 0.98
    assert density[0, 1].sum() <= 0.99
    np.testing.assert_allclose(density[0, 1], density[1, 0].T, rtol=1e-12)
    middle = density[0, 1].sum(axis=0) @ np.arange(24) / density[0, 1].sum()
    assert middle == pytest.approx(11.5, abs=0.2)


def test_what_cannot_be_had_is_refused() -> None:
    with pytest.raises(RunError, match="cost_by_year"):
        pairs(normals(0.1), by="year")
    with pytest.raises(ParameterError, match="2 options"):
        pairs(xr.concat([normals(0.1), normals(0.2)], "option"))
    with pytest.raises(ParameterError, match="most"):
        pairs(normals(0.1), most=0)
    assert pairs(normals(0.1), most=1)["member"].values.tolist() == ["a", "total"]


def test_replicates_tell_the_errors_of_correlations() -> None:
    """Replicates that are copies agree: their spread is nothing, where scenarios by themselves would err."""
    alone = normals(0.6, 500)
    copies = alone.isel(scenario=np.repeat(np.arange(500), 4)).assign_coords(scenario=np.arange(2_000))
    copies = copies.assign_attrs(replicates=4)
    found = pairs(copies)
    np.testing.assert_allclose(found["rank_correlation"], pairs(alone)["rank_correlation"], rtol=1e-12)
    np.testing.assert_allclose(found["rank_correlation_error"], 0.0, atol=1e-12)
    # Negative control.
    assert pairs(copies.assign_attrs(replicates=1))["rank_correlation_error"].values[0, 1] > 0.005
