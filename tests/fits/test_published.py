"""Worked examples of others, with their data and results as they print them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import popsim as ps


def test_gamma_of_the_reliability_wiki():
    """https://reliawiki.com/index.php/Example:_Gamma_Distribution: 24 units, k = 50.4908, log scale mu = 7.72E-02."""
    hours = [61, 50, 67, 49, 53, 62, 53, 61, 43, 65, 53, 56, 62, 56, 58, 55, 58, 48, 66, 44, 48, 58, 43, 40]
    found = ps.fit(hours, "gamma").distribution
    assert found.shape == pytest.approx(50.4908, abs=6e-4)
    assert math.log(found.scale) == pytest.approx(7.72e-2, abs=5e-5)


def test_lognormal_of_the_reliability_wiki():
    """https://www.reliawiki.com/index.php?title=Lognormal_Distribution_Examples: 8 units, mu' = 2.83, sigma' = 1.10."""
    found = ps.fit([2, 5, 11, 23, 29, 37, 43, 59]).distribution
    assert found.mu == pytest.approx(2.83, abs=5e-3)
    assert found.sigma == pytest.approx(1.10, abs=5e-3)


def test_prediction_interval_of_a_textbook():
    """Montgomery and Runger, Applied Statistics and Probability for Engineers (3rd edition), example 8-8.

    22 specimens with mean 13.71 and standard deviation 3.55: the 95 % prediction interval of the next one is 6.16 to
    21.26. The readings are not printed there; any with this mean and standard deviation have the same interval.
    """
    z = np.arange(22.0) ** 1.3
    loads = 13.71 + 3.55 * (z - z.mean()) / z.std(ddof=1)
    assert ps.fit(loads, "normal").interval(0.95) == pytest.approx((6.16, 21.26), abs=5e-3)
    assert np.log(ps.fit(np.exp(loads)).interval(0.95)) == pytest.approx([6.16, 21.26], abs=5e-3)


NORRIS = """
0.1 0.2, 338.8 337.4, 118.1 118.2, 888.0 884.6, 9.2 10.1, 228.1 226.5, 668.5 666.3, 998.5 996.3, 449.1 448.6,
778.9 777.0, 559.2 558.2, 0.3 0.4, 0.1 0.6, 778.1 775.5, 668.8 666.9, 339.3 338.0, 448.9 447.5, 10.8 11.6,
557.7 556.0, 228.3 228.1, 998.0 995.8, 888.8 887.6, 119.6 120.2, 0.3 0.3, 0.6 0.3, 557.6 556.8, 339.3 339.1,
888.0 887.2, 998.5 999.0, 778.9 779.0, 10.2 11.1, 117.6 118.3, 228.9 229.2, 668.4 669.1, 449.2 448.9, 0.2 0.5
"""
"""Pairs y x."""


def test_line_of_the_statistical_reference_datasets():
    """NIST, https://www.itl.nist.gov/div898/strd/lls/data/Norris.shtml: 36 pairs and certified values of 15 digits.

    A line through y and x is an exponent of size where amounts are exp(y) and sizes exp(x); a thousandth of each keeps
    the exponentials small.
    """
    y, x = np.array([[float(word) for word in pair.split()] for pair in NORRIS.split(",")]).T / 1000
    found = ps.fit(np.exp(y), sizes=np.exp(x), size_exponent="estimate")
    assert found.exponent == pytest.approx(1.00211681802045, rel=1e-10)
    assert found.estimate.exponent_error == pytest.approx(0.429796848199937e-3, rel=1e-8)
    assert 1000 * found.spread == pytest.approx(0.884796396144373, rel=1e-8)
    assert 1000 * found.distribution_at(1.0).mu == pytest.approx(-0.262323073774029, rel=1e-8)
    assert found.degrees == 34


def one_tenth_around(middle):
    """Return 1,001 amounts: the middle one, and 500 pairs a tenth below and above it."""
    return np.array([middle, *[middle - 0.1, middle + 0.1] * 500])


@pytest.mark.parametrize(("name", "middle"), [("NumAcc2", 1.2), ("NumAcc3", 1_000_000.2), ("NumAcc4", 10_000_000.2)])
def test_mean_and_spread_of_the_statistical_reference_datasets(name, middle):
    """NIST, https://www.itl.nist.gov/div898/strd/univ/homepage.html: mean and deviation are certified as exact.

    A normal fit of the amounts, and where they can be exponents, a lognormal one.
    """
    amounts = one_tenth_around(middle)
    found = ps.fit(amounts, "normal")
    # The last place of a double of seven or eight digits is some 1e-9: that is all that 0.1 is known to.
    assert (found.level, found.spread) == pytest.approx((middle, 0.1), rel=1e-7), name
    if middle < 100:
        logarithms = ps.fit(np.exp(amounts))
        assert (logarithms.level, logarithms.spread) == pytest.approx((middle, 0.1), rel=1e-12)
