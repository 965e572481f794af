"""Errors about an estimate that are sometimes large."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from popsim.families.base import Family, Floats
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import KNOWN_VALUE, parameter

__all__ = ["Logistic"]


class Logistic(TwoQuantiles):
    """Logistic distribution: ``Q(p) = location + scale log(p / (1 - p))``.

    Use it for errors about an estimate of which large ones are more common than in a normal distribution. It reaches
    below zero: as a cost it needs `Truncated`.

    Parameters
    ----------
    location
        Median, mean and mode, in the unit of the quantity.
    scale
        Width, in the unit of the quantity; ``scale > 0``. The standard deviation is 1.81 times as large.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or the relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions, vol. 2, chapter 23.

    Examples
    --------
    >>> Logistic(location=10, scale=2).ppf(0.5).item()
    10.0
    """

    family = "logistic"
    summary = "errors about an estimate that are sometimes large; it reaches below zero"
    stackable = True

    location: float
    scale: float = parameter(above=0.0, mend=KNOWN_VALUE)

    def _ppf(self, p: Floats) -> Any:
        return self.location + self.scale * (np.log(p) - np.log1p(-p))

    def _isf(self, q: Floats) -> Any:
        return self.location + self.scale * (np.log1p(-q) - np.log(q))

    def _cdf(self, x: Floats) -> Any:
        return np.exp(-np.logaddexp(0.0, (self.location - x) / self.scale))

    def _sf(self, x: Floats) -> Any:
        return np.exp(-np.logaddexp(0.0, (x - self.location) / self.scale))

    def mean(self) -> float:
        """Return the location."""
        return self.location

    def std(self) -> float:
        """Return ``scale pi / sqrt(3)``."""
        return self.scale * math.pi / math.sqrt(3.0)

    def support(self) -> tuple[float, float]:
        """Return minus and plus infinity."""
        return -math.inf, math.inf

    def mode(self) -> float:
        """Return the location."""
        return self.location

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Logistic(0, 1)``."""
        return Logistic(0.0, 1.0), self.location, self.scale

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        z1, z2 = math.log(p1) - math.log1p(-p1), math.log(p2) - math.log1p(-p2)
        scale = (x2 - x1) / (z2 - z1)
        return cls(x1 - z1 * scale, scale)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return the standard one, a narrow one far from zero, a wide one."""
        return cls(0, 1), cls(1e6, 1e-2), cls(-3, 1e9)

    def reference(self) -> Any:
        """Return ``scipy.stats.logistic``."""
        from scipy import stats

        return stats.logistic(self.location, self.scale)
