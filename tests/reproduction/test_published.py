"""Published examples: inputs and answers as printed in their source, each derived again here.

Quantiles and means are held to 6 of their standard errors (2e-9 for one), and to half of the last digit printed.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import popsim as ps

from .small import LIMIT, check_mean, check_variance

COUNT = 1_000_000
RECTANGULAR = ps.Uniform(-np.sqrt(3.0), np.sqrt(3.0))
"""Expectation 0, standard deviation 1."""
WIDE = ps.Uniform(-10.0 * np.sqrt(3.0), 10.0 * np.sqrt(3.0))


def tail(families: list[ps.Normal | ps.Uniform], y: float) -> tuple[float, float]:
    """P(sum > y) and the density of the sum there: the last input integrated over the sum of the others.

    Of three rectangular inputs the density is known in closed form, so the integral over the fourth is one by Gauss'
    rule on stretches where the integrand is a polynomial.
    """
    if isinstance(families[0], ps.Normal):
        law = stats.norm(scale=2.0)
        return float(law.sf(y)), float(law.pdf(y))
    a, b = np.sqrt(3.0), families[3].high
    # Sum of three on [-a, a]: distribution function of three uniforms on [0, 1] at (x + 3 a) / (2 a).
    law = stats.irwinhall(3, loc=-3.0 * a, scale=2.0 * a)
    knots = np.unique(np.clip([-b, *(y - a * k for k in (-3.0, -1.0, 1.0, 3.0)), b], -b, b))
    points, weights = np.polynomial.legendre.leggauss(8)
    beyond = density = 0.0
    for low, high in itertools.pairwise(knots):
        x = (low + high) / 2.0 + (high - low) / 2.0 * points
        part = weights * (high - low) / 2.0 / (2.0 * b)
        beyond += float(part @ law.sf(y - x))
        density += float(part @ law.pdf(y - x))
    return beyond, density


@pytest.mark.parametrize(
    ("families", "end", "deviation"),
    [
        ([ps.Normal(0.0, 1.0)] * 4, 3.92, 2.0),
        ([RECTANGULAR] * 4, 3.88, 2.0),
        ([RECTANGULAR] * 3 + [WIDE], 17.0, 10.1),
    ],
    ids=["9.2.2 normal", "9.2.3 rectangular", "9.2.4 one much wider"],
)
def test_sum_of_four_input_quantities(families: list[ps.Normal | ps.Uniform], end: float, deviation: float) -> None:
    """JCGM 101:2008, clause 9.2: Y = X1 + X2 + X3 + X4, 95 % coverage intervals +-3.92, +-3.88 and +-17.0.

    Evaluation of measurement data: Supplement 1 to the Guide to the expression of uncertainty in measurement.
    """
    digit = 0.05 if end == 17.0 else 0.005
    # What is printed is what the distribution says, to its last digit.
    assert tail(families, end + digit)[0] < 0.025 < tail(families, end - digit)[0]
    ds = ps.sample({f"x{k}": family for k, family in enumerate(families)}, COUNT, seed=1)
    y = sum(ds[f"x{k}"].values for k in range(4))
    check_mean(y, 0.0)
    assert abs(y.std() - deviation) < 0.05
    error = np.sqrt(0.025 * 0.975 / COUNT) / tail(families, end)[1]
    for quantile, expected in zip(np.quantile(y, [0.025, 0.975]), (-end, end), strict=True):
        assert abs(quantile - expected) < LIMIT * error + digit


def test_four_rectangular_inputs_have_an_end_in_closed_form() -> None:
    """2 sqrt(3) (2 - (3/5)^(1/4)): below the first corner the distribution function of four uniforms is x^4 / 24."""
    end = 2.0 * np.sqrt(3.0) * (2.0 - 0.6**0.25)
    assert round(end, 2) == 3.88
    assert abs(tail([RECTANGULAR] * 4, end)[0] - 0.025) < 1e-12


@pytest.mark.parametrize("count", [5, 30])
def test_spread_of_a_sum_of_costs_that_correlate_alike(count: int) -> None:
    """n costs of one standard deviation s, all pairs correlated by r: Var = n s^2 (1 + (n - 1) r).

    Left out, correlation makes the standard deviation of a total too small by 1 - 1 / sqrt(1 + (n - 1) r): 62 % for 30
    costs and r = 0.2. On why that matters: Garvey, Book and Covert, Probability Methods for Cost Uncertainty Analysis,
    2nd edition, CRC Press, chapter 9.
    """
    r, s = 0.2, 3.0
    costs = {f"cost {k}": ps.Normal(100.0, s) for k in range(count)}
    totals = {}
    for correlation in (None, r):
        ds = ps.sample(costs, 200_000, seed=2, correlation=correlation)
        totals[correlation] = sum(ds[name].values for name in costs)
    check_mean(totals[r], 100.0 * count)
    check_variance(totals[r], count * s**2 * (1.0 + (count - 1) * r))
    check_variance(totals[None], count * s**2)
    with pytest.raises(AssertionError):
        check_variance(totals[None], count * s**2 * (1.0 + (count - 1) * r))
    assert count != 30 or round(1.0 - 1.0 / np.sqrt(1.0 + 29 * r), 2) == 0.62


@pytest.mark.parametrize("r", [0.0, 0.5])
def test_sum_of_lognormals(r: float) -> None:
    """Mean and variance of a sum of lognormals, to which Fenton and Wilkinson fit one lognormal.

    mean = sum of m_i, m_i = exp(mu_i + sigma_i^2 / 2); covariance of i and j = m_i m_j (exp(r sigma_i sigma_j) - 1), r
    the correlation of the normal scores. L. F. Fenton, The sum of log-normal probability distributions in scatter
    transmission systems, IRE Transactions on Communications Systems 8 (1960), 57-67, doi:10.1109/TCOM.1960.1097606.
    """
    mu, sigma = np.array([1.0, 2.0, 0.5, 1.5]), np.array([0.3, 0.5, 0.8, 0.4])
    ds = ps.sample({f"x{k}": ps.LogNormal(mu[k], sigma[k]) for k in range(4)}, COUNT, seed=3, correlation=r or None)
    total = sum(ds[f"x{k}"].values for k in range(4))
    mean = np.exp(mu + sigma**2 / 2.0)
    rho = np.where(np.eye(4) > 0.0, 1.0, r)
    check_mean(total, mean.sum())
    check_variance(total, float((np.outer(mean, mean) * np.expm1(rho * np.outer(sigma, sigma))).sum()))


def test_indices_of_ishigami() -> None:
    """S = 0.3139, 0.4424, 0; T = 0.5576, 0.4424, 0.2437 for a = 7, b = 0.1; derived in tests/analysis/test_sobol.py.

    T. Ishigami and T. Homma, An importance quantification technique in uncertainty analysis for computer models,
    Proceedings of ISUMA '90, IEEE, 1990, doi:10.1109/ISUMA.1990.151285.
    """
    angle = ps.Uniform(-np.pi, np.pi)
    found = ps.sobol_indices(
        lambda x1, x2, x3: np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1),
        {"x1": angle, "x2": angle, "x3": angle},
        scenarios=2**16,
        seed=4,
    )
    np.testing.assert_allclose(found["first_order"], [0.3139, 0.4424, 0.0], atol=0.01)
    np.testing.assert_allclose(found["total"], [0.5576, 0.4424, 0.2437], atol=0.01)
