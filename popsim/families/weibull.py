"""Waiting times and costs that grow with them."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import parameter


class Weibull(TwoQuantiles):
    """Weibull distribution: ``Q(p) = scale (-log(1 - p))^(1 / shape)``.

    Use it for delays, lifetimes of equipment and costs that follow from them. Below shape 1 the tail is heavier than
    that of an exponential, at 3.6 it is almost symmetric, above it leans downwards.

    Parameters
    ----------
    shape
        Shape (no unit); ``shape >= 0.01``.
    scale
        The value that is not exceeded with probability 0.632, in the unit of the quantity; ``scale > 0``.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Weibull (1951), doi:10.1115/1.4010337.

    Examples
    --------
    >>> Weibull(shape=1, scale=2).mean()
    2.0
    """

    family = "weibull"
    summary = "delays, lifetimes of equipment and costs that follow from them"
    stackable = True
    positive = True

    shape: float = parameter(least=0.01)
    scale: float = parameter(above=0.0, mend="for zero use Constant")

    def _ppf(self, p: Floats) -> Any:
        return self.scale * (-np.log1p(-p)) ** (1.0 / self.shape)

    def _isf(self, q: Floats) -> Any:
        return self.scale * np.abs(np.log(q)) ** (1.0 / self.shape)

    def _cdf(self, x: Floats) -> Any:
        return -np.expm1(-((np.maximum(x, 0.0) / self.scale) ** self.shape))

    def _sf(self, x: Floats) -> Any:
        return np.exp(-((np.maximum(x, 0.0) / self.scale) ** self.shape))

    def mean(self) -> float:
        """Return ``scale Gamma(1 + 1 / shape)``."""
        return self.scale * math.gamma(1.0 + 1.0 / self.shape)

    def std(self) -> float:
        """Return ``scale sqrt(Gamma(1 + 2 / shape) - Gamma(1 + 1 / shape)^2)``."""
        from scipy import special

        # g = log of the ratio of the two terms; expm1 keeps the digits of their difference for large shapes.
        k = 1.0 / self.shape
        g = float(special.gammaln(1.0 + 2.0 * k) - 2.0 * special.gammaln(1.0 + k))
        if k < 0.05:
            # log Gamma(1 + 2k) - 2 log Gamma(1 + k) = sum over n >= 2 of zeta(n) (-k)^n (2^n - 2) / n
            n = np.arange(2, 40)
            g = float(np.sum(special.zeta(n) * (-k) ** n * (2.0**n - 2.0) / n))
        return self.mean() * math.sqrt(math.expm1(g)) if g < 700.0 else math.inf

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, math.inf

    def mode(self) -> float:
        """Return ``scale ((shape - 1) / shape)^(1 / shape)``; zero up to shape 1, where the density peaks at zero."""
        return 0.0 if self.shape <= 1.0 else self.scale * ((self.shape - 1.0) / self.shape) ** (1.0 / self.shape)

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Weibull(shape, 1)``."""
        return Weibull._trusted(shape=self.shape, scale=1.0), 0.0, self.scale

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        e1, e2 = -math.log1p(-p1), -math.log1p(-p2)
        shape = math.log(e2 / e1) / math.log(x2 / x1)
        return cls(shape, x2 / e2 ** (1.0 / shape))

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return heavy-tailed, exponential, usual and narrow ones."""
        return cls(1, 1), cls(0.4, 2e5), cls(2.2, 3), cls(80, 1e6)

    def reference(self) -> Any:
        """Return ``scipy.stats.weibull_min``."""
        from scipy import stats

        return stats.weibull_min(self.shape, scale=self.scale)
