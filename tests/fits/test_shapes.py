"""Weibull and gamma fits: against scipy, against sums over all parameters, and by how often intervals are right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, special, stats

import popsim as ps

COSTS = [4.2e6, 0.93e6, 8.2e6, 2.6e6, 6.3e6, 5.5e6, 8.4e6]
SIZES = [4.1, 1.2, 0.12, 1.4, 7.0, 0.5, 2.5]
LAWS = {"weibull": stats.weibull_min, "gamma": stats.gamma}


@pytest.mark.parametrize("family", LAWS)
def test_agrees_with_scipy(family):
    result = ps.fit(COSTS, family)
    shape, _, scale = LAWS[family].fit(COSTS, floc=0)
    best = LAWS[family].logpdf(COSTS, shape, scale=scale).sum()
    assert result.distribution.parameters() == pytest.approx({"shape": shape, "scale": scale}, rel=1e-6)
    assert result.estimate.log_likelihood == pytest.approx(best, rel=1e-12)
    assert result.estimate.log_likelihood >= best - 1e-9


@pytest.mark.parametrize("family", LAWS)
def test_the_exponent_has_the_largest_likelihood(family):
    """Scipy's minimiser, on scipy's density: shape, scale and exponent together."""
    result = ps.fit(COSTS, family, sizes=SIZES, size_exponent="estimate")
    x, sizes = np.array(COSTS) / 1e6, np.array(SIZES)

    def loss(q):
        return -LAWS[family].logpdf(x, math.exp(q[0]), scale=np.exp(q[1] + q[2] * np.log(sizes))).sum()

    found = optimize.minimize(loss, [0.5, 1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13})
    found = optimize.minimize(loss, found.x, method="Nelder-Mead", options={"xatol": 1e-11, "fatol": 1e-14})
    assert result.exponent == pytest.approx(found.x[2], abs=1e-6)
    at_one = result.distribution_at(1.0).parameters()
    assert at_one == pytest.approx({"shape": math.exp(found.x[0]), "scale": 1e6 * math.exp(found.x[1])}, rel=1e-6)
    assert result.estimate.log_likelihood == pytest.approx(-found.fun - 7 * math.log(1e6), rel=1e-9)


@pytest.mark.parametrize("family", LAWS)
def test_a_known_exponent_brings_amounts_to_one_size(family):
    result = ps.fit(COSTS, family, sizes=SIZES, size_exponent=0.6)
    brought = np.array(COSTS) * (result.centre / np.array(SIZES)) ** 0.6
    plain = ps.fit(brought, family)
    p = np.array([0.05, 0.5, 0.95])
    np.testing.assert_allclose(result.predictive.ppf(p), plain.predictive.ppf(p), rtol=1e-9)
    np.testing.assert_allclose(result.predictive_at(3).ppf(p), result.predictive_at(1.5).ppf(p) * 2**0.6, rtol=1e-9)
    away = 0.6 * np.log(np.array(SIZES) / result.centre).sum()
    assert result.estimate.log_likelihood == pytest.approx(plain.estimate.log_likelihood - away, rel=1e-12)


def prior(family, shape):
    """Even in the logarithm for the Weibull; for the gamma the reference prior, per unit of the logarithm."""
    return 0 * shape if family == "weibull" else 0.5 * np.log(special.polygamma(1, shape) - 1 / shape) + np.log(shape)


@pytest.mark.parametrize("family", LAWS)
@pytest.mark.parametrize("count", [3, 7])
@pytest.mark.one_in(3)
def test_a_new_amount_is_an_average_over_all_parameters(family, count):
    """Sums over a fine grid of the likelihood of scipy, over shape and scale: nothing in closed form."""
    x = np.array(COSTS[:count]) / 1e6
    log_shape, log_scale = np.meshgrid(np.linspace(-3.9, 5, 900), np.linspace(-25, 32, 2_500), indexing="ij")
    shape, scale = np.exp(log_shape), np.exp(log_scale)
    with np.errstate(over="ignore"):
        weight = prior(family, shape) + sum(LAWS[family].logpdf(each, shape, scale=scale) for each in x)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    at = np.array([0.01, 1.0, 4.0, 9.0, 40.0])
    with np.errstate(over="ignore"):
        expected = [np.sum(weight * LAWS[family].cdf(each, shape, scale=scale)) for each in at]
    predictive = ps.fit(x, family).predictive
    np.testing.assert_allclose(predictive.cdf(at), expected, atol=5e-4)
    np.testing.assert_allclose(1 - predictive.sf(at), predictive.cdf(at), rtol=1e-12)


@pytest.mark.parametrize("family", LAWS)
def test_a_new_amount_at_another_size_is_an_average_over_exponents_too(family):
    x, sizes = np.array(COSTS) / 1e6, np.array(SIZES)
    away = np.log(sizes) - np.log(sizes).mean()
    grids = np.linspace(-2.0, 3.5, 80), np.linspace(-2.0, 6.0, 200), np.linspace(-2.5, 2.5, 90)
    log_shape, log_scale, slope = np.meshgrid(*grids, indexing="ij")
    weight = prior(family, np.exp(log_shape))
    for each, distance in zip(x, away, strict=True):
        weight = weight + LAWS[family].logpdf(each, np.exp(log_shape), scale=np.exp(log_scale + slope * distance))
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    distance = math.log(3.0) - np.log(sizes).mean()
    at = np.array([0.5, 3.0, 12.0])
    scale = np.exp(log_scale + slope * distance)
    expected = [np.sum(weight * LAWS[family].cdf(each, np.exp(log_shape), scale=scale)) for each in at]
    predictive = ps.fit(x, family, sizes=sizes, size_exponent="estimate").predictive_at(3.0)
    np.testing.assert_allclose(predictive.cdf(at), expected, atol=5e-4)


@pytest.mark.parametrize("family", LAWS)
def test_another_currency_changes_nothing_else(family):
    here = ps.fit(COSTS, family, sizes=SIZES, size_exponent="estimate").predictive_at(2)
    there = ps.fit(np.array(COSTS) * 655.957, family, sizes=SIZES, size_exponent="estimate").predictive_at(2)
    p = np.array([0.05, 0.5, 0.95])
    np.testing.assert_allclose(there.ppf(p), here.ppf(p) * 655.957, rtol=1e-9)


TRUE = {"weibull": [0.6, 3.0], "gamma": [0.5, 4.0]}
NEW = (np.arange(40) + 0.5) / 40


def share_held(family, shape, count, sets, sizes=None, predict=None):
    """Share of new amounts, 40 at even probabilities, in the 90 % intervals of so many data sets; and its error."""
    law = LAWS[family](shape, scale=1e5)
    rng = np.random.Generator(np.random.Philox(key=17))
    grow = 1.0 if sizes is None else sizes**0.7
    options = {} if sizes is None else {"sizes": sizes, "size_exponent": "estimate"}
    new = law.ppf(NEW) * (1.0 if sizes is None else 2.0**0.7)
    held = []
    for _ in range(sets):
        result = ps.fit(law.rvs(count, random_state=rng) * grow, family, **options)
        below = (predict or (lambda each: each.predictive_at(2.0)))(result).cdf(new)
        held.append(np.mean((below > 0.05) & (below < 0.95)))
    return np.mean(held), np.std(held) / math.sqrt(sets)


@pytest.mark.parametrize(
    ("family", "shape", "count"), [("weibull", 0.6, 3), ("weibull", 3.0, 30), ("gamma", 0.5, 30), ("gamma", 4.0, 30)]
)
@pytest.mark.one_in(2)
def test_nine_tenths_of_new_amounts_lie_in_the_interval(holds, family, shape, count):
    """In 500 data sets; `make test-statistical` takes 2,000, and fewer points of a gamma."""
    mean, error = share_held(family, shape, count, 500)
    holds(mean, error, exact=family == "weibull")


@pytest.mark.slow_statistical
@pytest.mark.parametrize(("family", "shape"), [(family, shape) for family, shapes in TRUE.items() for shape in shapes])
@pytest.mark.parametrize("count", [3, 5, 10, 30])
def test_nine_tenths_of_new_amounts_lie_in_the_interval_of_many_data_sets(holds, family, shape, count):
    mean, error = share_held(family, shape, count, 2_000)
    holds(mean, error, exact=family == "weibull")


@pytest.mark.slow
@pytest.mark.parametrize(("family", "shape"), [(family, shapes[1]) for family, shapes in TRUE.items()])
@pytest.mark.parametrize("count", [5])
def test_nine_tenths_with_an_estimated_exponent(holds, family, shape, count):
    """In 300 data sets; `make test-statistical` takes 2,000."""
    sizes = np.exp(np.random.Generator(np.random.Philox(key=7)).normal(0, 1, count))
    mean, error = share_held(family, shape, count, 300, sizes)
    holds(mean, error, exact=family == "weibull")


@pytest.mark.slow_statistical
@pytest.mark.parametrize(("family", "shape"), [(family, shape) for family, shapes in TRUE.items() for shape in shapes])
@pytest.mark.parametrize("count", [5, 10, 30])
def test_nine_tenths_with_an_estimated_exponent_in_many_data_sets(holds, family, shape, count):
    sizes = np.exp(np.random.Generator(np.random.Philox(key=7)).normal(0, 1, count))
    mean, error = share_held(family, shape, count, 2_000, sizes)
    holds(mean, error, exact=family == "weibull")


@pytest.mark.parametrize("family", LAWS)
def test_intervals_that_forget_the_errors_of_estimates_fail(holds, family):
    mean, error = share_held(family, TRUE[family][1], 5, 500, predict=lambda result: result.distribution_at(2.0))
    with pytest.raises(AssertionError):
        holds(mean, error, exact=True)
    assert mean < 0.88


@pytest.mark.parametrize("family", LAWS)
def test_too_few_points_for_a_prediction(family):
    assert ps.fit([1, 2], family).distribution.mean() > 0
    with pytest.raises(ps.ParameterError, match="3 points or more"):
        ps.fit([1, 2], family).interval()
    needed = {"weibull": 4, "gamma": 5}[family]
    sizes = [1, 2, 5, 7, 11]
    with pytest.raises(ps.ParameterError, match=f"{needed} points or more"):
        ps.fit([1, 2, 4, 3, 9][: needed - 1], family, sizes=sizes[: needed - 1], size_exponent="estimate").interval()
    assert ps.fit([1, 2, 4, 3, 9][:needed], family, sizes=sizes[:needed], size_exponent="estimate").interval()


def test_points_that_are_too_far_apart_for_a_shape():
    with pytest.raises(ps.ParameterError, match="less far apart"):
        ps.fit([1e-15] * 5 + [1e15], "gamma")


@pytest.mark.slow
def test_a_cut_off_prediction_of_a_gamma_has_a_mean():
    """Shapes of next to nothing are among those averaged over: their quantiles far out are no floats."""
    predictive = ps.fit([2.0, 3.0, 9.0, 5.0, 7.0], "gamma").predictive
    cut = ps.Truncated(predictive, high=30.0)
    x = np.linspace(0.0, 30.0, 300_001)
    expected = np.trapezoid(1.0 - predictive.cdf(x) / predictive.cdf(30.0), x)
    assert predictive.mean() == math.inf
    assert cut.mean() == pytest.approx(expected, rel=1e-4)
    assert cut.std() < 30.0
