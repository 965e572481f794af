"""The test of Anderson and Darling, the ranking of families, and quantile matching."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

import popsim as ps

COSTS = [4.2e6, 0.93e6, 8.2e6, 2.6e6, 6.3e6, 5.5e6, 8.4e6]
SIZES = [4.1, 1.2, 0.12, 1.4, 7.0, 0.5, 2.5]
LAWS = {"normal": stats.norm, "weibull": stats.weibull_min, "gamma": stats.gamma, "lognormal": stats.lognorm}


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
def test_the_statistic_is_that_of_scipy(family):
    x = np.array(COSTS) / 1e6
    theirs = stats.goodness_of_fit(LAWS[family], x, known_params={"loc": 0}, statistic="ad", n_mc_samples=1, rng=1)
    assert ps.fit(x, family).anderson_darling.statistic == pytest.approx(theirs.statistic, rel=1e-4)


def squared(x):
    """A² of each row by its formula, with mean and standard deviation (of largest likelihood) of that row."""
    z = np.sort((x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True))
    n = x.shape[1]
    odd = 2 * np.arange(1, n + 1) - 1
    return -n - ((stats.norm.logcdf(z) + stats.norm.logsf(z[:, ::-1])) * odd).sum(axis=1) / n


def test_statistic_and_p_value_of_a_normal_by_their_formulas():
    """20,000 simulations here, 2,000 there: the p-value of some 0.1 is known to 0.007, and 5 errors are allowed."""
    x = np.array([1.0, 1.2, 1.3, 1.5, 1.6, 1.9, 2.4, 5.2]) ** 0.8
    found = ps.fit(x, "normal", simulations=2_000).anderson_darling
    own = squared(x[None])[0]
    assert found.statistic == pytest.approx(own, rel=1e-10)
    simulated = squared(np.random.Generator(np.random.Philox(key=3)).standard_normal((20_000, len(x))))
    assert found.p_value == pytest.approx(np.mean(simulated >= own), abs=0.035)
    assert found.p_value < 0.3


@pytest.mark.parametrize("family", LAWS)
@pytest.mark.one_in(2)
def test_data_of_the_family_are_refused_as_often_as_stated(family):
    """One in five at 0.2: between 0.06 and 0.37 in 100 data sets, outside once in 10,000."""
    law = {"normal": stats.norm(9, 2), "weibull": stats.weibull_min(2), "gamma": stats.gamma(3)}
    law["lognormal"] = stats.lognorm(1)
    rng = np.random.Generator(np.random.Philox(key=5))
    refused = [
        ps.fit(law[family].rvs(8, random_state=rng), family, simulations=39).anderson_darling.p_value <= 0.2
        for _ in range(100)
    ]
    assert 0.06 < np.mean(refused) < 0.37


def test_data_of_another_family_are_refused():
    """Negative control."""
    rng = np.random.Generator(np.random.Philox(key=6))
    x = np.where(rng.random(40) < 0.5, 1.0, 50.0) * rng.uniform(0.9, 1.1, 40)
    for family in LAWS:
        assert ps.fit(x, family, simulations=99).anderson_darling.p_value == 0.01


def test_a_line_and_weights_are_part_of_each_simulation():
    """The statistic is that of residuals; points made from a line and its weights are not refused."""
    rng = np.random.Generator(np.random.Philox(key=8))
    weights = rng.uniform(0.2, 6, 30)
    sizes = np.exp(rng.normal(0, 1, 30))
    y = 3 + 0.8 * np.log(sizes) + rng.standard_normal(30) / np.sqrt(weights)
    result = ps.fit(np.exp(y), sizes=sizes, size_exponent="estimate", weights=weights, simulations=99)
    assert result.anderson_darling.p_value > 0.02
    assert np.std(result.residuals) == pytest.approx(1, abs=0.2)


def test_the_seed_fixes_the_p_value():
    first, second, third = (ps.fit(COSTS, seed=seed, simulations=199).anderson_darling for seed in (1, 1, 2))
    assert first == second
    assert first.statistic == third.statistic
    assert first.p_value != third.p_value


def test_families_are_ranked_by_aicc():
    result = ps.fit(COSTS, families=["normal", "lognormal", "weibull"])
    assert result.ranking[0].family == result.family
    assert [each.aicc for each in result.ranking] == sorted(each.aicc for each in result.ranking)
    for each in result.ranking:
        assert each == ps.fit(COSTS, each.family)
    best = max(("normal", "lognormal", "weibull"), key=lambda f: ps.fit(COSTS, f).estimate.log_likelihood)
    assert result.family == best


def test_three_points_are_ranked_by_likelihood():
    """AICc needs more points than parameters and one."""
    result = ps.fit([1.0, 2.0, 9.0], families=["normal", "lognormal"])
    assert result.aicc == math.inf
    assert [each.family for each in result.ranking] == ["lognormal", "normal"]


@pytest.mark.parametrize("family", LAWS)
def test_matched_quartiles(family):
    result = ps.fit(COSTS, family, method="quantiles")
    low, high = np.quantile(COSTS, [0.25, 0.75], method="median_unbiased")
    np.testing.assert_allclose(result.distribution.ppf([0.25, 0.75]), [low, high], rtol=1e-9)
    assert result.estimate.log_likelihood <= ps.fit(COSTS, family).estimate.log_likelihood
    with pytest.raises(ps.ParameterError, match="maximum likelihood"):
        result.interval()


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"method": "moments"}, '"maximum likelihood" or "quantiles"'),
        ({"families": []}, "a list of some of lognormal, gamma, weibull, normal"),
        ({"families": "gamma"}, "a list of some of lognormal, gamma, weibull, normal"),
        ({"simulations": 5}, "a whole number from 19 to 100000"),
        ({"method": "quantiles", "weights": [1] * 7}, "amounts without weights"),
        ({"method": "quantiles", "sizes": SIZES, "size_exponent": "estimate"}, "amounts without weights"),
        ({"family": "gamma", "weights": [1] * 7}, "no weights for the family gamma"),
    ],
)
def test_refused(given, allowed):
    with pytest.raises(ps.ParameterError, match=allowed):
        ps.fit(COSTS, **given)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
def test_residuals_are_scores_under_the_fit_at_each_size(family):
    values, sizes = [2.0, 3.0, 9.0, 5.0, 7.0, 20.0], [1, 2, 5, 9, 7, 3]
    fit = ps.fit(values, family, sizes=sizes, size_exponent="estimate")
    laws = [fit.distribution_at(size) for size in sizes]
    expected = [special.ndtri(float(law.cdf(value))) for law, value in zip(laws, values, strict=True)]
    np.testing.assert_allclose(fit.residuals, expected, rtol=1e-9, atol=1e-12)
