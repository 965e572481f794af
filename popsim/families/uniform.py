"""Every value between two bounds is as likely as any other."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from popsim.arrays import Floats
from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import check_bounds


class Uniform(TwoQuantiles):
    """Equal density between two bounds: ``Q(p) = low + p (high - low)``.

    Use it for a cost of which only a floor and a ceiling are known and both are hard. It says that values next to the
    bounds are as likely as the middle, which is rarely what an expert means.

    Parameters
    ----------
    low, high
        Smallest and largest possible value, in the unit of the quantity; ``low < high``.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or the relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions, vol. 2, chapter 26.

    Examples
    --------
    >>> Uniform(10, 30).ppf([0.0, 0.25, 1.0])
    array([10., 15., 30.])
    """

    family = "uniform"
    summary = "only a hard floor and a hard ceiling are known"
    stackable = True
    bounded = True

    low: float
    high: float

    def _relations(self) -> list[Problem]:
        return check_bounds(Uniform, self.low, self.high)

    # Measured from the nearer end, so that both ends come out exactly.
    def _ppf(self, p: Floats) -> Floats:
        width = self.high - self.low
        return np.where(p <= 0.5, self.low + p * width, self.high - (1.0 - p) * width)

    def _isf(self, q: Floats) -> Floats:
        width = self.high - self.low
        return np.where(q <= 0.5, self.high - q * width, self.low + (1.0 - q) * width)

    def _cdf(self, x: Floats) -> Floats:
        return np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)

    def _sf(self, x: Floats) -> Floats:
        return np.clip((self.high - x) / (self.high - self.low), 0.0, 1.0)

    def _mode_within(self, low: float, high: float) -> float:
        return low + 0.5 * (high - low)

    def mean(self) -> float:
        """Return the middle."""
        return self.low + 0.5 * (self.high - self.low)

    def std(self) -> float:
        """Return ``(high - low) / sqrt(12)``."""
        return (self.high - self.low) / math.sqrt(12.0)

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def mode(self) -> float:
        """Return the middle: no value is more likely than another."""
        return self.mean()

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Uniform(0, 1)``."""
        return _UNIT, self.low, self.high - self.low

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        slope = (x2 - x1) / (p2 - p1)
        return cls(x1 - p1 * slope, x2 + (1.0 - p2) * slope)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return the standard one, one far from zero, one below zero."""
        return cls(0, 1), cls(1e6, 1e6 + 1), cls(-5e9, 3)

    def reference(self) -> Any:
        """Return ``scipy.stats.uniform``."""
        from scipy import stats

        return stats.uniform(self.low, self.high - self.low)


_UNIT = Uniform(0.0, 1.0)
