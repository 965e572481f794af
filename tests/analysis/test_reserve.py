"""Who calls for a reserve, against the allocation of Euler for normals; contingency over a point estimate."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import popsim as ps
from popsim.analysis.reserve import contingency, reserve
from popsim.errors import ParameterError, RunError

from .normals import COVARIANCE, ERRORS, MEAN, SPREAD, of_parts, run


def euler(level: float) -> np.ndarray:
    """E[X_a | total at its quantile] - m_a = cov(X_a, total) / sd(total) x z."""
    return COVARIANCE.sum(axis=1) / SPREAD * stats.norm.ppf(level)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("exact", [True, False])
def test_normals(level: float, exact: bool) -> None:
    found = reserve(run(40_000, 5, exact), level).squeeze("option")
    assert np.all(np.abs(found["contribution"] - euler(level)) < ERRORS * found["contribution_error"])
    assert abs(found["reserve"] - euler(level).sum()) < ERRORS * found["reserve_error"]
    assert abs(found["contribution"].sum() - found["reserve"]) <= 1e-9 * found["amount"]
    if level == 0.95:
        np.testing.assert_allclose(found["share"].sum(), 1.0, rtol=1e-12)
        assert np.all(np.abs(found["share"] - euler(level) / euler(level).sum()) < ERRORS * found["share_error"])
        # Negative control: shares by standard deviation, as if parts were all alike in dependence, are told apart.
        alone = np.sqrt(np.diag(COVARIANCE))
        assert np.any(np.abs(found["share"] - alone / alone.sum()) > ERRORS * found["share_error"])


@pytest.mark.parametrize("exact", [True, False])
def test_errors_are_those_of_other_seeds(exact: bool) -> None:
    """Over 200 seeds, squares of errors over standard errors sum to a chi-square of 200 for each part."""
    runs = [reserve(run(2_000, 300 + seed, exact), 0.8) for seed in range(200)]
    found = np.array([((each["contribution"] - euler(0.8)) / each["contribution_error"]).values[0] for each in runs])
    low, high = stats.chi2(200).ppf([1e-9, 1 - 1e-9])
    squares = (found**2).sum(axis=0)
    assert np.all((low < squares) & (squares < high))
    assert not np.any((low < 4.0 * squares) & (4.0 * squares < high))


def test_heavy_tails_add_up_too() -> None:
    values = np.random.Generator(np.random.PCG64(6)).lognormal(sigma=[0.2, 1.0, 2.0], size=(5_000, 3))
    found = reserve(of_parts(values), 0.9).squeeze("option")
    assert abs(found["contribution"].sum() - found["reserve"]) <= 1e-9 * found["amount"]
    assert found["share"].values.argmax() == 2
    np.testing.assert_allclose(found["part_base"], values.mean(axis=0))


def test_a_total_that_never_varies_has_no_reserve() -> None:
    values = np.random.Generator(np.random.PCG64(7)).integers(1, 5, size=(200, 1)).astype(float)
    found = reserve(of_parts(np.concatenate([values, 10.0 - values], axis=1)), 0.8).squeeze("option")
    assert found["reserve"].item() == 0.0
    assert abs(found["contribution"].sum().item()) < 1e-12
    assert np.isnan(found["share"]).all()


def test_the_packaged_study_adds_up_by_area_year_and_region() -> None:
    dataset = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=["area", "year", "region"])
    for by in ("area", "year", "region"):
        found = reserve(dataset, 0.8, by)
        gap = abs(found["contribution"].sum(by) - found["reserve"])
        assert float(gap.max()) <= 1e-9 * float(found["amount"].max())


def test_one_base_however_it_is_broken_down() -> None:
    """By year the expected cost is not known exactly: its parts are made to sum to that of the total."""
    dataset = ps.simulate(ps.load_study("example"), scenarios=500, breakdowns=["area", "year"])
    found = {by: reserve(dataset, 0.8, by) for by in ("area", "year")}
    for name in ("base", "reserve", "reserve_error"):
        xr.testing.assert_identical(found["year"][name], found["area"][name])
    np.testing.assert_allclose(found["year"]["base"], dataset["expected_cost"])
    np.testing.assert_allclose(found["year"]["part_base"].sum("year"), found["year"]["base"], rtol=1e-12)
    # Negative control: means of the scenarios are another base.
    without = reserve(dataset.drop_vars("expected_cost"), 0.8, "year")
    assert not np.allclose(without["base"], found["year"]["base"], rtol=1e-6)


def test_bases_by_control_variate() -> None:
    """Parts without exact means, of a total with one: their bases are nearer than means, and errors are those of seeds.

    Over 200 seeds squares of errors over standard errors sum to a chi-square of 200 for each part.
    """
    wanted, found, plain = MEAN, [], []
    for seed in range(200):
        dataset = run(2_000, 900 + seed)
        each = reserve(dataset.drop_vars("expected_cost_by_area"), 0.8).squeeze("option")
        gap = each["contribution"] - euler(0.8)
        found.append((gap / each["contribution_error"]).values)
        plain.append(
            [(each["part_base"] - wanted).values, (dataset["cost_by_area"].mean("scenario") - wanted).values[0]]
        )
        assert abs(each["contribution"].sum() - each["reserve"]) <= 1e-9 * each["amount"]
    low, high = stats.chi2(200).ppf([1e-9, 1 - 1e-9])
    squares = (np.array(found) ** 2).sum(axis=0)
    assert np.all((low < squares) & (squares < high))
    assert not np.any((low < 4.0 * squares) & (4.0 * squares < high))
    by_control, by_mean = (np.array(plain) ** 2).mean(axis=0)
    rest = 1.0 - COVARIANCE.sum(axis=1) ** 2 / np.diag(COVARIANCE) / SPREAD**2
    np.testing.assert_allclose(by_control / by_mean, rest, atol=0.35)
    assert np.all(by_control < by_mean)


def test_contingency_of_normals() -> None:
    found = contingency(run(40_000, 8)).squeeze("option")
    assert found["confidence"].values.tolist() == [0.5, 0.8, 0.9]
    for level in (0.5, 0.8, 0.9):
        at = found.sel(confidence=level)
        exact = 8.0 + stats.norm.ppf(level) * SPREAD
        assert abs(at["contingency"] - exact) < ERRORS * at["contingency_error"]
        assert at["contingency_share"].item() == pytest.approx(at["contingency"].item() / (MEAN.sum() - 8.0))
        assert np.all(np.abs(at["contingency_by_area"] - euler(level) - 2.0) < ERRORS * at["contingency_by_area_error"])
        assert abs(at["contingency_by_area"].sum() - at["contingency"]) <= 1e-9 * at["amount"]
    sure = stats.norm.cdf(-8.0 / SPREAD)
    assert abs(found["point_estimate_confidence"] - sure) < ERRORS * found["point_estimate_confidence_error"]
    area = stats.norm.cdf(-2.0 / np.sqrt(np.diag(COVARIANCE)))
    gap = np.abs(found["point_estimate_confidence_by_area"] - area)
    assert np.all(gap < ERRORS * found["point_estimate_confidence_by_area_error"])


def test_contingency_by_area_only_where_it_is_known() -> None:
    bare = run(500, 1)[["cost", "point_estimate"]]
    assert "contingency_by_area" not in contingency(bare)
    both = xr.concat([run(500, 1), run(500, 2).assign_coords(option=["other"])], "option")
    assert contingency(both, [0.8])["contingency_by_area"].dims == ("option", "confidence", "area")


def test_refusals() -> None:
    dataset = run(500, 1)
    with pytest.raises(ParameterError, match='did you mean "expected"'):
        reserve(dataset, 0.8, over="expectd")
    with pytest.raises(RunError, match="point_estimate"):
        reserve(dataset.drop_vars("point_estimate_by_area"), 0.8, over="point_estimate")
    with pytest.raises(ParameterError, match="scenarios on either side"):
        reserve(run(30, 1), 0.8)
    with pytest.raises(ParameterError, match="run at least"):
        contingency(run(20, 1))
    with pytest.raises(ParameterError, match="one or more confidences"):
        contingency(dataset, [])
    with pytest.raises(ParameterError, match="confidence"):
        contingency(dataset, [0.5, 1.0])
