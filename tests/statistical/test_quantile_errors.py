"""Errors of quantiles are calibrated: 95 % intervals hold the true quantile in 95 % of runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from popsim.analysis.order import half_width, quantile_with_error
from popsim.analysis.precision import simulate_to
from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.families import Family, Gamma, LogNormal, Normal, Triangular, Uniform, Weibull
from popsim.plan import compile as compile_study

from ..engine.studies import expected_correlation, gaussian

FAMILIES: dict[str, Family] = {
    "normal": Normal(10.0, 2.0),
    "lognormal": LogNormal(0.0, 1.0),
    "heavy": LogNormal(0.0, 2.0),
    "triangular": Triangular(0.0, 1.0, 4.0),
    "uniform": Uniform(2.0, 5.0),
    "gamma": Gamma(2.0, 3.0),
    "weibull": Weibull(0.7, 1.0),
}
LEVELS = np.array([0.05, 0.5, 0.8, 0.95])


def held(seeds: int, scenarios: int, widened: float = 1.0, first: int = 0) -> np.ndarray:
    """Share of (seed, family) whose 95 % interval holds the true quantile, by level."""
    true = np.array([family.ppf(LEVELS) for family in FAMILIES.values()])
    found = []
    for seed in range(first, first + seeds):
        values = sample(FAMILIES, scenarios=scenarios, seed=seed).to_dataarray().values
        value, error = quantile_with_error(np.ascontiguousarray(values), LEVELS)
        found.append(np.abs(value - true) <= widened * half_width() * error)
    return np.mean(found, axis=(0, 1))


def limits(trials: int) -> tuple[float, float]:
    """What a share of 95 % leaves once in 1e8 runs of the test, with 1 % for the bias of estimated errors."""
    low, high = stats.binom(trials, 0.95).ppf([5e-9, 1 - 5e-9]) / trials
    return low - 0.01, high + 0.01


def test_intervals_hold_the_true_quantile() -> None:
    low, high = limits(40 * len(FAMILIES))
    share = held(40, 4_000)
    assert np.all((low < share) & (share <= high))
    # Negative control: intervals of half the width hold it in 67 %.
    assert not np.any(held(40, 4_000, 0.5) > low)


@pytest.mark.slow_statistical
@pytest.mark.parametrize("scenarios", [1_000, 10_000, 100_000])
def test_intervals_of_400_seeds_hold_it_in_93_to_97_per_cent(scenarios: int) -> None:
    """2,800 intervals for each quantile: the standard deviation of the share is 0.4 %."""
    share = held(400, scenarios)
    assert np.all((share > 0.93) & (share < 0.97)), share


@pytest.mark.slow_statistical
def test_intervals_of_scramblings_hold_it_in_93_to_97_per_cent() -> None:
    """400 seeds of 16 scramblings; as for as many independent scenarios, intervals would hold it far more often."""
    study = gaussian()
    plan = compile_study(study)
    spread = np.sqrt(plan.row_std @ expected_correlation(study) @ plan.row_std)
    levels = np.array([0.2, 0.5, 0.8])
    true = plan.row_mean.sum() + stats.norm.ppf(levels) * spread
    found = {16: [], 1: []}
    for seed in range(400):
        cost = simulate(plan, scenarios=16 * 128, seed=seed, breakdowns=(), design="sobol", replicates=16)[
            "cost"
        ].values
        for replicates, each in found.items():
            value, error = quantile_with_error(cost, levels, replicates)
            each.append(np.abs(value - true) <= half_width(replicates) * error)
    assert np.all((np.mean(found[16], axis=0) > 0.92) & (np.mean(found[16], axis=0) < 0.98)), np.mean(found[16], axis=0)
    assert np.any(np.mean(found[1], axis=0) > 0.98), np.mean(found[1], axis=0)


@pytest.mark.slow_statistical
def test_intervals_of_runs_that_stop_by_themselves() -> None:
    """Stopping by an estimated error favours runs whose error is underestimated; growing batches keep that small."""
    study = gaussian()
    plan = compile_study(study)
    spread = np.sqrt(plan.row_std @ expected_correlation(study) @ plan.row_std)
    levels = np.array([0.05, 0.5, 0.95])
    true = plan.row_mean.sum() + stats.norm.ppf(levels) * spread
    found = []
    for seed in range(400):
        cost = simulate_to(plan, precision=0.0025, seed=seed, breakdowns=())["cost"].values
        value, error = quantile_with_error(cost, levels)
        found.append(np.abs(value - true) <= half_width() * error)
    share = np.mean(found, axis=0)[0]
    assert np.all((share > 0.92) & (share < 0.98)), share
