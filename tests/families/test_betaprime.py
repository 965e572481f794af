"""Far out the beta prime is a power, also where inverses of the incomplete beta function are not found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from popsim.families.betaprime import BetaPrime


@pytest.mark.parametrize(("a", "b"), [(0.9, 4.4), (2.0, 10.0), (2.4, 12.0), (5.8, 29.0)])
def test_quantiles_far_out_are_powers(a, b):
    family = BetaPrime(a, b, 26.0)
    for p in (1e-100, 1e-200, 1e-300):
        lower = math.exp((math.log(p) + math.log(a) + special.betaln(a, b)) / a)
        upper = math.exp(-(math.log(p) + math.log(b) + special.betaln(a, b)) / b)
        if 1e-300 < lower < 1e-14:
            assert family.ppf(p) == pytest.approx(26.0 * lower, rel=1e-10)
        if upper > 1e14:
            assert family.isf(p) == pytest.approx(26.0 * upper, rel=1e-10)


@pytest.mark.parametrize("a", [0.001, 0.06, 0.5, 2.0, 50.0, 1e6])
@pytest.mark.parametrize("b", [0.001, 0.3, 3.0, 150.0, 1e6])
def test_quantiles_never_fall(a, b):
    p = np.concatenate([[0.0], 10.0 ** np.arange(-307.0, -0.5), [0.3, 0.5]])
    family = BetaPrime(a, b, 3.0)
    up, down = family.ppf(p), family.isf(p)
    assert not np.isnan(up).any()
    assert not np.isnan(down).any()
    assert (up[1:] >= up[:-1] * (1.0 - 1e-9)).all()
    assert (down[1:] <= down[:-1] * (1.0 + 1e-9)).all()
