"""How often a predictive interval holds a new observation: shared by the tests of all families that are fitted."""

from __future__ import annotations

import numpy as np
import pytest

LOWEST, HIGHEST = 0.88, 0.92
"""The bar: a 90 % interval holds between these shares of new observations."""


@pytest.fixture(scope="session")
def covered():
    """Return a function: mean and standard error of the true probability of an interval, over many data sets.

    The probability is that of the true law, so that its mean is known better than by new draws, one per data set.
    """

    def share(draw, law, interval, sets):
        rng = np.random.Generator(np.random.Philox(key=13))
        held = []
        for _ in range(sets):
            low, high = interval(draw(rng))
            held.append(float(law.cdf(high) - law.cdf(low)))
        return np.mean(held), np.std(held) / np.sqrt(sets)

    return share


@pytest.fixture(scope="session")
def holds():
    """Return a function that asserts the bar for a mean coverage and its error."""

    def check(mean, error, exact):
        """For a method that is exact the mean is 90 % within 5 errors: a false alarm once in 1.7 million."""
        assert LOWEST <= mean <= HIGHEST
        if exact:
            assert abs(mean - 0.9) < 5 * error

    return check
