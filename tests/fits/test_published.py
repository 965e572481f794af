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
