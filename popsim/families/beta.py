"""Shares, and costs between two bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import special

from popsim.errors import Problem
from popsim.families.base import Family, Floats, check_relation

__all__ = ["Beta"]


@dataclass(frozen=True, init=False, repr=False)
class Beta(Family):
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

    family: ClassVar[str] = "beta"
    summary: ClassVar[str] = "shares, and costs between two hard bounds"

    a: float
    b: float
    low: float
    high: float

    def __init__(self, a: float, b: float, low: float = 0.0, high: float = 1.0) -> None:
        self._take(a=a, b=b, low=low, high=high)

    def _relations(self) -> list[Problem]:
        ends = {"low": self.low, "high": self.high}
        return [
            *check_relation(Beta, 0.01 <= self.a <= 1e6, "0.01 <= a <= 1e+06", a=self.a),
            *check_relation(Beta, 0.01 <= self.b <= 1e6, "0.01 <= b <= 1e+06", b=self.b),
            *(
                check_relation(
                    Beta, self.low < self.high, "low < high", "for a value that is known use Constant", **ends
                )
                or check_relation(
                    Beta, math.isfinite(self.high - self.low), "high - low within the range of floats", **ends
                )
            ),
        ]

    def _ppf(self, p: Floats) -> Any:
        return beta_quantile(self.a, self.b, self.low, self.high, p)

    def _isf(self, q: Floats) -> Any:
        return beta_upper_quantile(self.a, self.b, self.low, self.high, q)

    def _cdf(self, x: Floats) -> Any:
        return special.betainc(self.a, self.b, np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0))

    def mean(self) -> float:
        """Return ``low + (high - low) a / (a + b)``."""
        return self.low + (self.high - self.low) * (self.a / (self.a + self.b))

    def std(self) -> float:
        """Return ``(high - low) sqrt(a b / (a + b + 1)) / (a + b)``."""
        return (self.high - self.low) * beta_unit_std(self.a, self.b)

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

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
        return Beta(self.a, self.b), self.low, self.high - self.low

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


# Measured from the nearer end, so that a value next to either bound keeps the digits of its distance to it.
def beta_quantile(a: float, b: float, low: float, high: float, p: Floats) -> Any:
    """Quantile of a beta distribution on ``low .. high``."""
    x = _inverse(a, b, p)
    upper = x > 0.5
    x[upper] = _upper_inverse(b, a, p[upper])
    return np.where(upper, high - (high - low) * x, low + (high - low) * x)


def beta_upper_quantile(a: float, b: float, low: float, high: float, q: Floats) -> Any:
    """Upper quantile of a beta distribution on ``low .. high``."""
    x = _upper_inverse(a, b, q)
    upper = ~(x <= 0.5)
    x[upper] = _inverse(b, a, q[upper])
    return np.where(upper, high - (high - low) * x, low + (high - low) * x)


# scipy's inverses leave two gaps. Next to x = 1/2 with a near b they stop 2e-8 away from the answer: one step of
# Newton's method closes that. For probabilities below some 1e-115 they give NaN: there the leading term is exact.
def _inverse(a: float, b: float, p: Floats) -> Floats:
    x = np.array(special.betaincinv(a, b, p), dtype=np.float64)
    near = np.abs(x - 0.5) < 1e-6
    x[near] += (p[near] - special.betainc(a, b, x[near])) / _density(a, b, x[near])
    lost = np.isnan(x) & (p < 1e-100)
    x[lost] = np.exp((np.log(p[lost]) + math.log(a) + special.betaln(a, b)) / a)
    return x


def _upper_inverse(a: float, b: float, q: Floats) -> Floats:
    x = np.array(special.betainccinv(a, b, q), dtype=np.float64)
    near = np.abs(x - 0.5) < 1e-6
    x[near] += (special.betaincc(a, b, x[near]) - q[near]) / _density(a, b, x[near])
    return x


def _density(a: float, b: float, x: Floats) -> Any:
    return np.exp((a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x) - special.betaln(a, b))


def beta_unit_std(a: float, b: float) -> float:
    """Return the standard deviation of a beta distribution on 0 .. 1."""
    return math.sqrt(a * b / (a + b + 1.0)) / (a + b)
