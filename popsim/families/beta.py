"""Shares, and costs between two bounds."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.parameters import check_bounds, parameter
from popsim.families.series import beta_series, integral


class BetaShaped(Family):
    """A beta distribution between two bounds; a child says which by `_beta`."""

    stackable = True

    @property
    @abstractmethod
    def _beta(self) -> tuple[Any, Any, Any, Any]:
        """Exponents a and b and the bounds low and high: numbers, or columns of a stack."""

    # Measured from the nearer end, so that a value next to either bound keeps the digits of its distance to it.
    def _ppf(self, p: Floats) -> Any:
        a, b, low, high = self._beta
        x, rest, upper = _two_sided(a, b, p, 0.5)
        return np.where(upper, high - (high - low) * rest, low + (high - low) * x)

    def _isf(self, q: Floats) -> Any:
        a, b, low, high = self._beta
        x, rest, lower = _two_sided(b, a, q, 0.5)
        return np.where(lower, low + (high - low) * rest, high - (high - low) * x)

    def _cdf(self, x: Floats) -> Any:
        a, b, low, high = self._beta
        return scipy.special.betainc(a, b, np.clip((x - low) / (high - low), 0.0, 1.0))

    def _sf(self, x: Floats) -> Any:
        # scipy's own is ten times slower.
        a, b, low, high = self._beta
        upper = np.array(scipy.special.betainc(b, a, np.clip((high - x) / (high - low), 0.0, 1.0)))
        # Next to `low`, 1 - x has lost x.
        likely = upper > 0.5
        if likely.any():
            columns = np.broadcast_arrays(a, b, np.clip((x - low) / (high - low), 0.0, 1.0))
            upper[likely] = 1.0 - scipy.special.betainc(*(part[likely] for part in columns))
        return upper

    def taylor(self, z: Floats, order: int, logarithm: bool) -> Floats:
        """Return the series of the quantile, or of the log of its distance to `low`, about rising normal scores.

        Every third score has an inverse; its neighbours start from its series and end by a step of Newton's method on
        the probability itself.
        """
        a, b, low, high = self._beta
        every = np.arange(len(z))
        first = every[(every % 3 == 1) | (every == len(z) - 1)]
        second = np.setdiff1d(every, first)
        near = np.argmin(np.abs(z[second, None] - z[first]), axis=1) if len(second) else second
        with np.errstate(all="ignore"):
            x, rest = _by_inverse(a, b, z[first])
            xs, v, q = beta_series(a, b, z[first], x, rest, order)
            step = z[second] - z[first][near]
            log_x = np.log(x)[:, near] + step * _mean_slope((v - q)[:, :, near], step)
            log_rest = np.log(rest)[:, near] - step * _mean_slope(q[:, :, near], step)
            x2, rest2 = _by_newton(a, b, z[second], log_x, log_rest)
            xs2, v2, q2 = beta_series(a, b, z[second], x2, rest2, order)
            result = np.empty((order + 1, len(a), len(z)))
            if logarithm:
                result[:, :, first], result[:, :, second] = integral(np.log(x), v - q), integral(np.log(x2), v2 - q2)
                result[0] += np.log(high - low)
            else:
                result[:, :, first], result[:, :, second] = xs, xs2
                result *= high - low
                result[0] += low
        return result

    def std(self) -> float:
        """Return ``(high - low) sqrt(a b / (a + b + 1)) / (a + b)``."""
        a, b, low, high = self._beta
        return float((high - low) * (math.sqrt(a * b / (a + b + 1.0)) / (a + b)))

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self._beta[2:]


class Beta(BetaShaped):
    """Beta distribution on ``low .. high``: ``Q(p) = low + (high - low) I^-1(a, b, p)``.

    I is the regularised incomplete beta function. Use it for shares (part of an amount that needs treatment) and for
    costs with hard bounds; after a successes in a + b - 2 trials it is what is known of a success rate.

    Parameters
    ----------
    a, b
        Shapes (no unit); from 0.01 to 1e6. Their ratio sets the mean, their sum how narrow it is.
    low, high
        Smallest and largest possible value, in the unit of the quantity; ``low < high``. Default 0 and 1.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions, vol. 2, chapter 25.

    Examples
    --------
    >>> Beta(2, 6).mean()
    0.25
    """

    family = "beta"
    summary = "shares, and costs between two hard bounds"

    a: float = parameter(least=0.01, most=1e6)
    b: float = parameter(least=0.01, most=1e6)
    low: float = 0.0
    high: float = 1.0

    def _relations(self) -> list[Problem]:
        return check_bounds(Beta, self.low, self.high)

    @property
    def _beta(self) -> tuple[Any, Any, Any, Any]:
        return self.a, self.b, self.low, self.high

    def mean(self) -> float:
        """Return ``low + (high - low) a / (a + b)``."""
        return self.low + (self.high - self.low) * (self.a / (self.a + self.b))

    def mode(self) -> float:
        """Return the peak; with peaks at both ends the higher one, and the middle when neither end is higher."""
        a, b = self.a, self.b
        if a > 1.0 and b > 1.0:
            return self.low + (self.high - self.low) * ((a - 1.0) / (a + b - 2.0))
        if a == b:
            return self.low + 0.5 * (self.high - self.low)
        return self.low if a < b else self.high

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Beta(a, b)`` on 0 .. 1."""
        return Beta._trusted(a=self.a, b=self.b, low=0.0, high=1.0), self.low, self.high - self.low

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return U-shaped, usual, lopsided and narrow ones."""
        return (
            cls(2, 5),
            cls(0.5, 0.5),
            cls(0.1, 3, 0, 1e6),
            cls(1, 1, -4, 4),
            cls(4e3, 2e2, 10, 20),
            cls(3, 0.7),
            cls(1.97, 1.97),
        )

    def reference(self) -> Any:
        """Return ``scipy.stats.beta``."""
        from scipy import stats

        return stats.beta(self.a, self.b, self.low, self.high - self.low)


def _mean_slope(slope: Floats, step: Floats) -> Any:
    """Return the mean over a step of a series whose last term is not set."""
    value = slope[-2] / (len(slope) - 1)
    for k in range(len(slope) - 3, -1, -1):
        value *= step
        value += slope[k] / (k + 1)
    return value


def _by_inverse(a: Any, b: Any, z: Floats) -> tuple[Floats, Floats]:
    """Return x and 1 - x at normal scores, which rise."""
    # Beyond 0.9 of the way, 1 - x is found by itself: before, the subtraction costs it one digit at most.
    below = _two_sided(a, b, scipy.special.ndtr(z[z < 0.0]), 0.9)
    above = _two_sided(b, a, scipy.special.ndtr(-z[z >= 0.0]), 0.9)
    return np.concatenate([below[0], above[1]], axis=-1), np.concatenate([below[1], above[0]], axis=-1)


def _by_newton(a: Any, b: Any, z: Floats, log_x: Floats, log_rest: Floats) -> tuple[Floats, Floats]:
    """Return x and 1 - x at normal scores, which rise, from logarithms that are nearly right."""
    count = int((z < 0.0).sum())
    below = _polished(a, b, scipy.special.ndtr(z[:count]), log_x[:, :count])
    above = _polished(b, a, scipy.special.ndtr(-z[count:]), log_rest[:, count:])
    return np.concatenate([below[0], above[1]], axis=-1), np.concatenate([below[1], above[0]], axis=-1)


def _polished(a: Any, b: Any, p: Floats, log_x: Floats) -> tuple[Floats, Floats]:
    x = np.exp(log_x)
    step = (p - scipy.special.betainc(a, b, x)) / (x * _density(a, b, x))
    x *= 1.0 + step
    rest = 1.0 - x
    # What a step leaves over is some (size of the step)^2; larger ones start again from an inverse.
    bad = ~((np.abs(step) < 1e-6) & (x < 0.9))
    if bad.any():
        a, b, p = (np.broadcast_to(part, x.shape)[bad] for part in (a, b, p))
        x[bad], rest[bad], _ = _two_sided(a, b, p, 0.9)
    return x, rest


def _two_sided(a: Any, b: Any, p: Floats, switch: float) -> tuple[Any, Any, Any]:
    """Return x, 1 - x and where x is beyond `switch`, so that 1 - x was found by an inverse of its own."""
    a, b, p = np.broadcast_arrays(a, b, p)
    x = _inverse(a, b, p)
    beyond = x > switch
    rest = np.subtract(1.0, x, out=np.empty_like(x))
    rest[beyond] = _upper_inverse(b[beyond], a[beyond], p[beyond])
    x[beyond] = 1.0 - rest[beyond]
    return x, rest, beyond


# scipy's inverses leave two gaps. Next to x = 1/2 with a near b they stop 2e-8 away from the answer: one step of
# Newton's method closes that. For probabilities below some 1e-115, and for single small ones with a next to 1, they
# give NaN: there the leading term is exact, or so near that Newton's method takes it the rest of the way.
def _inverse(a: Floats, b: Floats, p: Floats) -> Floats:
    x = np.array(scipy.special.betaincinv(a, b, p), dtype=np.float64)
    near = np.abs(x - 0.5) < 1e-6
    if near.any():
        x[near] += (p[near] - scipy.special.betainc(a[near], b[near], x[near])) / _density(a[near], b[near], x[near])
    lost = np.isnan(x) & (p < 1e-8)
    if lost.any():
        a, b, p = a[lost], b[lost], p[lost]
        least = np.exp((np.log(p) + np.log(a) + scipy.special.betaln(a, b)) / a)
        for _ in range(4):
            step = (scipy.special.betainc(a, b, least) - p) / _density(a, b, least)
            least = np.where(p < 1e-100, least, least - step)
        x[lost] = least
    return x


def _upper_inverse(a: Floats, b: Floats, q: Floats) -> Floats:
    x = np.array(scipy.special.betainccinv(a, b, q), dtype=np.float64)
    near = np.abs(x - 0.5) < 1e-6
    if near.any():
        x[near] += (scipy.special.betaincc(a[near], b[near], x[near]) - q[near]) / _density(a[near], b[near], x[near])
    return x


def _density(a: Any, b: Any, x: Floats) -> Any:
    return np.exp((a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x) - scipy.special.betaln(a, b))
