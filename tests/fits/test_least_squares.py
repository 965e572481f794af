"""Lognormal and normal fits: against scipy, against lines fitted by numpy, and by how often intervals are right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import popsim as ps

PCB = [4.2e6, 0.93e6, 8.2e6, 2.6e6, 6.3e6, 5.5e6, 8.4e6]
SIZES = [4.1, 1.2, 0.12, 1.4, 7.0, 0.5, 2.5]


def test_lognormal_agrees_with_scipy():
    result = ps.fit(PCB)
    sigma, _, median = stats.lognorm.fit(PCB, floc=0)
    assert math.exp(result.level) == pytest.approx(median, rel=1e-6)
    assert result.distribution.sigma == pytest.approx(sigma, rel=1e-6)
    likelihood = stats.lognorm.logpdf(PCB, sigma, scale=median).sum()
    assert result.estimate.log_likelihood == pytest.approx(likelihood, rel=1e-12)
    assert result.aicc == pytest.approx(4 - 2 * likelihood + 12 / 4)


def test_normal_agrees_with_scipy():
    result = ps.fit(PCB, "normal")
    mean, std = stats.norm.fit(PCB)
    assert result.distribution.parameters() == pytest.approx({"mean": mean, "std": std}, rel=1e-12)
    likelihood = stats.norm.logpdf(PCB, mean, std).sum()
    assert result.estimate.log_likelihood == pytest.approx(likelihood, rel=1e-12)


def test_the_line_is_that_of_linear_regression():
    """With n - 2 degrees of freedom, and the errors of scipy's linregress."""
    result = ps.fit(PCB, sizes=SIZES, size_exponent="estimate")
    x, y = np.log(SIZES), np.log(PCB)
    line = stats.linregress(x, y)
    assert result.degrees == 5
    assert result.exponent == pytest.approx(line.slope, rel=1e-12)
    assert result.estimate.exponent_error == pytest.approx(line.stderr, rel=1e-12)
    assert result.centre == pytest.approx(stats.gmean(SIZES), rel=1e-12)
    assert result.level == pytest.approx(y.mean(), rel=1e-12)
    assert result.exponent_distribution == ps.Student(result.exponent, result.estimate.exponent_error, 5)
    at_one = result.distribution_at(1.0)
    assert at_one.mu == pytest.approx(line.intercept, rel=1e-12)


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
def test_a_new_amount_is_a_student_t_around_the_line(size):
    """By matrices: the variance of a new logarithm is s² (1 + a' (X'X)^-1 a)."""
    x, y = np.column_stack([np.ones(7), np.log(SIZES)]), np.log(PCB)
    beta, rest, *_ = np.linalg.lstsq(x, y)
    at = np.array([1, math.log(size)])
    scale = math.sqrt(rest[0] / 5 * (1 + at @ np.linalg.solve(x.T @ x, at)))
    predictive = ps.fit(PCB, sizes=SIZES, size_exponent="estimate").predictive_at(size)
    assert predictive.parameters() == pytest.approx({"mu": at @ beta, "sigma": scale, "degrees": 5}, rel=1e-10)


def test_three_points_by_hand():
    """Logarithms 0, 1, 5: mean 2, squares 4 + 1 + 9 = 14, spread² 7, scale sqrt(7 + 7 / 3), P95 of t with 2 degrees."""
    result = ps.fit([1.0, math.e, math.e**5])
    assert result.predictive.parameters() == pytest.approx({"mu": 2.0, "sigma": math.sqrt(28 / 3), "degrees": 2})
    high = result.interval(0.9)[1]
    assert math.log(high) == pytest.approx(2 + math.sqrt(28 / 3) * 2.919985580353725, rel=1e-12)
    assert result.common_share == 0.25
    assert result.residuals == pytest.approx(np.array([-2, -1, 3]) / math.sqrt(14 / 3), rel=1e-9)


def test_a_fit_shows_itself_in_a_line():
    assert repr(ps.fit([1.0, math.e, math.e**5])) == "Fit('lognormal', 3 points, level=2, spread=2.646, degrees=2)"
    shown = repr(ps.fit(PCB, families=["gamma", "lognormal"], sizes=SIZES, size_exponent=0.6))
    assert "exponent=0.6" in shown
    assert len(shown) < 100


def test_a_known_exponent_brings_amounts_to_one_size():
    result = ps.fit(PCB, sizes=SIZES, size_exponent=0.6)
    brought = np.array(PCB) * (result.centre / np.array(SIZES)) ** 0.6
    assert result.predictive.parameters() == pytest.approx(ps.fit(brought).predictive.parameters(), rel=1e-12)
    assert result.exponent == 0.6
    assert result.exponent_distribution is None
    ratio = result.predictive_at(3.0).ppf(0.3) / result.predictive_at(1.5).ppf(0.3)
    assert ratio == pytest.approx(2**0.6, rel=1e-12)
    shared = stats.lognorm.fit(brought, floc=0)
    away = np.log(np.array(SIZES) / result.centre).sum() * 0.6
    likelihood = stats.lognorm.logpdf(brought, shared[0], scale=shared[2]).sum() - away
    assert result.estimate.log_likelihood == pytest.approx(likelihood, rel=1e-9)


def test_a_point_of_weight_two_is_the_mean_of_two():
    """Level and errors of the level are those of the points apart; the spread knows two differences less."""
    weighted = ps.fit([2.0, 3.0, 7.0], weights=[2, 1, 1])
    apart = ps.fit([2.0, 2.0, 3.0, 7.0])
    assert weighted.level == pytest.approx(apart.level, rel=1e-14)
    assert weighted.spread**2 * 2 == pytest.approx(apart.spread**2 * 3, rel=1e-12)
    assert weighted.common_share == apart.common_share == 0.2


DRAWS = {"lognormal": (lambda z: np.exp(1.3 * z + 2), stats.lognorm(1.3, scale=math.exp(2)))}
DRAWS["normal"] = (lambda z: 3 * z + 50, stats.norm(50, 3))


@pytest.mark.parametrize("family", DRAWS)
@pytest.mark.parametrize("count", [3, 5, 10, 30])
@pytest.mark.one_in(3)
def test_nine_tenths_of_new_amounts_lie_in_the_interval(covered, holds, family, count):
    made, law = DRAWS[family]
    mean, error = covered(
        lambda rng: made(rng.standard_normal(count)), law, lambda x: ps.fit(x, family).interval(0.9), 2_000
    )
    holds(mean, error, exact=True)


@pytest.mark.parametrize("count", [3, 5, 10, 30])
@pytest.mark.one_in(3)
def test_nine_tenths_at_another_size_with_an_estimated_exponent(covered, holds, count):
    sizes = np.exp(np.random.Generator(np.random.Philox(key=7)).normal(0, 1, count))
    mean, error = covered(
        lambda rng: np.exp(1.3 * rng.standard_normal(count) + 2) * sizes**0.7,
        stats.lognorm(1.3, scale=math.exp(2) * 2.5**0.7),
        lambda x: ps.fit(x, sizes=sizes, size_exponent="estimate").interval(0.9, size=2.5),
        2_000,
    )
    holds(mean, error, exact=True)


@pytest.mark.parametrize("count", [3, 5])
def test_intervals_that_forget_the_errors_of_estimates_fail(covered, holds, count):
    """Negative control: the family at its estimates holds far less than it says."""
    made, law = DRAWS["lognormal"]
    mean, error = covered(
        lambda rng: made(rng.standard_normal(count)),
        law,
        lambda x: ps.fit(x).distribution.ppf([0.05, 0.95]),
        2_000,
    )
    with pytest.raises(AssertionError):
        holds(mean, error, exact=True)
    assert mean < 0.88
