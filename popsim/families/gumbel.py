"""The largest of many."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import KNOWN_VALUE, parameter


class Gumbel(TwoQuantiles):
    """Gumbel distribution of the maximum: ``Q(p) = location - scale log(-log(p))``.

    Use it for the largest of many independent amounts, such as the most expensive incident of a year or the
    peak of a demand. It reaches below zero: truncate it where that cannot be.

    Parameters
    ----------
    location
        Most likely value, in the unit of the quantity.
    scale
        Scale, in the unit of the quantity; ``scale > 0``. The standard deviation is 1.28 times as much.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions, vol. 2, chapter 22.

    Examples
    --------
    >>> Gumbel(location=10, scale=2).ppf(np.exp(-1.0)).round(9).item()
    10.0
    """

    family = "gumbel"
    summary = "the largest of many independent amounts, such as the most expensive incident of a year"
    stackable = True

    location: float
    scale: float = parameter(above=0.0, mend=KNOWN_VALUE)

    def _ppf(self, p: Floats) -> Any:
        return self.location - self.scale * np.log(-np.log(p))

    def _isf(self, q: Floats) -> Any:
        return self.location - self.scale * np.log(-np.log1p(-q))

    def _cdf(self, x: Floats) -> Any:
        return np.exp(-np.exp((self.location - x) / self.scale))

    def _sf(self, x: Floats) -> Any:
        return -np.expm1(-np.exp((self.location - x) / self.scale))

    def mean(self) -> float:
        """Return ``location + 0.5772 scale``, with Euler's constant."""
        return self.location + self.scale * float(np.euler_gamma)

    def std(self) -> float:
        """Return ``scale pi / sqrt(6)``."""
        return self.scale * math.pi / math.sqrt(6.0)

    def support(self) -> tuple[float, float]:
        """Return minus and plus infinity."""
        return -math.inf, math.inf

    def mode(self) -> float:
        """Return the location."""
        return self.location

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Gumbel(0, 1)``."""
        return Gumbel(0.0, 1.0), self.location, self.scale

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        y1, y2 = -math.log(-math.log(p1)), -math.log(-math.log(p2))
        scale = (x2 - x1) / (y2 - y1)
        return cls(x1 - scale * y1, scale)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return the standard one, a usual one, a narrow one far from zero, a wide one."""
        return cls(0, 1), cls(2e5, 3e4), cls(1e6, 1e-2), cls(-3, 1e9)

    def reference(self) -> Any:
        """Return ``scipy.stats.gumbel_r``."""
        from scipy import stats

        return stats.gumbel_r(self.location, self.scale)
