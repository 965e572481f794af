"""The sum of many small independent errors."""

from __future__ import annotations

from typing import Any, Self

import scipy

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import KNOWN_VALUE, parameter


class Normal(TwoQuantiles):
    """Normal distribution: ``Q(p) = mean + std z(p)`` with z the quantile of the standard normal.

    Use it for errors about an estimate, seldom for a cost itself: it reaches below zero, and costs are skewed upwards.

    Parameters
    ----------
    mean
        Expected value, in the unit of the quantity.
    std
        Standard deviation, in the unit of the quantity; ``std > 0``.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or the relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, chapter 13.

    Examples
    --------
    >>> Normal(mean=10, std=2).ppf(0.5).item()
    10.0
    """

    family = "normal"
    summary = "errors about an estimate; it reaches below zero"
    stackable = True

    mean_: float = parameter(alias="mean")
    std_: float = parameter(alias="std", above=0.0, mend=KNOWN_VALUE)

    def _ppf(self, p: Floats) -> Any:
        return self.mean_ + self.std_ * scipy.special.ndtri(p)

    def _isf(self, q: Floats) -> Any:
        return self.mean_ - self.std_ * scipy.special.ndtri(q)

    def _cdf(self, x: Floats) -> Any:
        return scipy.special.ndtr((x - self.mean_) / self.std_)

    def _sf(self, x: Floats) -> Any:
        return scipy.special.ndtr((self.mean_ - x) / self.std_)

    def mean(self) -> float:
        """Return the mean."""
        return self.mean_

    def std(self) -> float:
        """Return the standard deviation."""
        return self.std_

    def support(self) -> tuple[float, float]:
        """Return minus and plus infinity."""
        return -float("inf"), float("inf")

    def mode(self) -> float:
        """Return the mean."""
        return self.mean_

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Normal(0, 1)``."""
        return Normal(0.0, 1.0), self.mean_, self.std_

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        z1, z2 = float(scipy.special.ndtri(p1)), float(scipy.special.ndtri(p2))
        std = (x2 - x1) / (z2 - z1)
        return cls(x1 - z1 * std, std)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return the standard one, a narrow one far from zero, a wide one."""
        return cls(0, 1), cls(1e6, 1e-2), cls(-3, 1e9)

    def reference(self) -> Any:
        """Return ``scipy.stats.norm``."""
        from scipy import stats

        return stats.norm(self.mean_, self.std_)
