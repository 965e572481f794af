"""Positive costs with a tail that falls as a power: beta prime, Burr, log-logistic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.parameters import parameter

_SHAPES = (1e-3, 1e8)
_FAR = 1e-25
"""So small a quantile of a beta distribution is a power of its probability, to all digits."""


class BetaPrime(Family):
    """Generalised beta prime distribution: ``Q(p) = scale (y / (1 - y)) ^ (1 / power)``, y the quantile of Beta(a, b).

    The ratio of two gammas, to a power. With ``a = 1`` it is the Burr distribution, with ``a = b = 1`` the
    log-logistic. Use it for a cost with a heavy tail: amounts beyond x are as rare as x to the power ``-b power``. It
    is also what a new amount may be when the scale of a gamma or a Weibull was estimated from few data.

    Parameters
    ----------
    a
        Shape of the lower end (no unit); values near zero are as rare as x to the power ``a power``.
    b
        Shape of the upper end (no unit).
    scale
        Scale, in the unit of the quantity; ``scale > 0``.
    power
        Power (no unit), from 0.001 to 1e4; 1 for the beta prime itself.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions, vol. 2, chapters 25 and 27; McDonald
    (1984), Some generalized functions for the size distribution of income, doi:10.2307/1913469.

    Examples
    --------
    >>> BetaPrime(a=1, b=1, scale=5, power=2).ppf([0.1, 0.5, 0.9]).round(3)
    array([ 1.667,  5.   , 15.   ])
    """

    family = "betaprime"
    summary = "a positive cost with a tail that falls as a power (Burr, log-logistic)"
    stackable = True

    a: float = parameter(least=_SHAPES[0], most=_SHAPES[1])
    b: float = parameter(least=_SHAPES[0], most=_SHAPES[1])
    scale: float = parameter(above=0.0, mend="for zero use Constant")
    power: float = parameter(default=1.0, least=1e-3, most=1e4)

    def _ppf(self, p: Floats) -> Any:
        return self.scale * self._ratio(p, 1.0 - p) ** (1.0 / self.power)

    def _isf(self, q: Floats) -> Any:
        return self.scale * self._ratio(1.0 - q, q) ** (1.0 / self.power)

    def _ratio(self, p: Floats, q: Floats) -> Any:
        """Return y / (1 - y) for the beta quantile y with p below it and q above, from the end that is smaller."""
        low, high = np.minimum(p, q), p > q
        first, second = np.where(high, self.b, self.a), np.where(high, self.a, self.b)
        end = scipy.special.betaincinv(first, second, low)
        # Beyond one half, what is left of y has more digits of its own.
        rest = np.where(end > 0.5, scipy.special.betainccinv(second, first, low), 1.0 - end)
        end = np.where(end > 0.5, 1.0 - rest, end)
        # Far out the inverse is NaN, or no smaller than the smallest float; there the tail is a power of y.
        tail = np.exp((np.log(low) + np.log(first) + scipy.special.betaln(first, second)) / first)
        end = np.where(tail * np.maximum(second, 1.0) < _FAR, tail, end)
        rest = np.where(end < _FAR, 1.0, rest)
        general = np.where(high, rest / end, end / rest)
        # With a = 1 there is a closed form, which keeps small values that the inverse loses.
        closed = np.expm1(-np.where(high, np.log(q), np.log1p(-p)) / self.b)
        return np.where(self.a == 1.0, closed, general)

    def _odds(self, x: Floats) -> Any:
        return (np.maximum(x, 0.0) / self.scale) ** self.power

    def _cdf(self, x: Floats) -> Any:
        odds = self._odds(x)
        share = np.where(np.isinf(odds), 1.0, odds / (1.0 + odds))
        closed = -np.expm1(-self.b * np.log1p(odds))
        return np.where(self.a == 1.0, closed, scipy.special.betainc(self.a, self.b, share))

    def _sf(self, x: Floats) -> Any:
        odds = self._odds(x)
        closed = np.exp(-self.b * np.log1p(odds))
        return np.where(self.a == 1.0, closed, scipy.special.betainc(self.b, self.a, 1.0 / (1.0 + odds)))

    def mean(self) -> float:
        """Return ``scale B(a + 1 / power, b - 1 / power) / B(a, b)``; infinity up to ``b power = 1``."""
        if self.b * self.power <= 1.0:
            return math.inf
        if self.power == 1.0:
            return self.scale * self.a / (self.b - 1.0)
        return self.scale * math.exp(self._moment(1))

    def std(self) -> float:
        """Return the standard deviation; infinity up to ``b power = 2``."""
        if self.b * self.power <= 2.0:
            return math.inf
        if self.power == 1.0:
            return self.mean() * math.sqrt((self.a + self.b - 1.0) / (self.a * (self.b - 2.0)))
        return self.mean() * math.sqrt(math.expm1(self._moment(2) - 2.0 * self._moment(1)))

    def _moment(self, order: int) -> float:
        """Return the logarithm of a moment, with scale 1."""
        by = order / self.power
        return float(scipy.special.betaln(self.a + by, self.b - by) - scipy.special.betaln(self.a, self.b))

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, math.inf

    def mode(self) -> float:
        """Return the peak of the density; zero up to ``a power = 1``, where the density peaks at zero."""
        low, high = self.a * self.power - 1.0, self.b * self.power + 1.0
        return self.scale * (low / high) ** (1.0 / self.power) if low > 0.0 else 0.0

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``BetaPrime(a, b, 1, power)``."""
        return BetaPrime._trusted(a=self.a, b=self.b, scale=1.0, power=self.power), 0.0, self.scale

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return a usual one, a log-logistic, a Burr with few data behind it, one that is narrow."""
        return cls(3, 9, 2e5), cls(1, 1, 3, 1.5), cls(1, 5, 1e6, 1.3), cls(40, 120, 3, 6)

    def reference(self) -> Any:
        """Return ``scipy.stats.betaprime`` or ``burr12``, or with neither a power of 1 nor a = 1 None."""
        from scipy import stats

        if self.power == 1.0:
            return stats.betaprime(self.a, self.b, scale=self.scale)
        return stats.burr12(self.power, self.b, scale=self.scale) if self.a == 1.0 else None
