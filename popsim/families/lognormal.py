"""The product of many small independent factors."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.errors import ParameterError
from popsim.families.base import Family
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import KNOWN_VALUE, Param, parameter

_MIXED = "mean and std are of the cost itself; mu and sigma of its natural logarithm"


class LogNormal(TwoQuantiles):
    """Log-normal distribution: ``Q(p) = exp(mu + sigma z(p))`` with z the quantile of the standard normal.

    The usual choice for a cost: positive, skewed upwards, and an error "by a factor" either way is equally likely. An
    expert's range that is lopsided upwards fits it well by two quantiles.

    Parameters
    ----------
    mu
        Mean of the natural logarithm of the quantity; the median is ``exp(mu)``. Between -700 and 700.
    sigma
        Standard deviation of the natural logarithm (no unit); ``sigma > 0``.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Limpert, Stahel and Abbt (2001), doi:10.1641/0006-3568(2001)051[0341:LNDATS]2.0.CO;2.

    Examples
    --------
    >>> LogNormal.from_median_gsd(median=100, gsd=2).ppf(0.5).round(9).item()
    100.0
    """

    family = "lognormal"
    summary = "the usual choice for a cost: positive, skewed upwards, uncertain by a factor"
    alternatives = ("from_mean_std", "from_median_gsd", "from_range")
    confusions = (
        (("mean", "sigma"), _MIXED),
        (("mu", "std"), _MIXED),
        (("median", "sigma"), "of a median the factor is gsd = exp(sigma)"),
        (("median", "std"), "with a median goes gsd, the factor of one standard deviation of the logarithm"),
    )
    stackable = True
    positive = True

    mu: float = parameter(least=-700.0, most=700.0, mend="mu is the logarithm of the median")
    sigma: float = parameter(above=0.0, mend=KNOWN_VALUE)

    # Scale times shape rather than one exponential of the sum: the digits of exp(mu) are then lost once, not per draw.
    def _ppf(self, p: Floats) -> Any:
        return np.exp(self.mu) * np.exp(self.sigma * scipy.special.ndtri(p))

    def _isf(self, q: Floats) -> Any:
        return np.exp(self.mu) * np.exp(-self.sigma * scipy.special.ndtri(q))

    def _cdf(self, x: Floats) -> Any:
        return scipy.special.ndtr((np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma)

    def _sf(self, x: Floats) -> Any:
        return scipy.special.ndtr((self.mu - np.log(np.maximum(x, 0.0))) / self.sigma)

    def mean(self) -> float:
        """Return ``exp(mu + sigma^2 / 2)``."""
        return _exp(self.mu + 0.5 * self.sigma**2)

    def std(self) -> float:
        """Return ``mean sqrt(exp(sigma^2) - 1)``."""
        try:
            return self.mean() * math.sqrt(math.expm1(self.sigma**2))
        except OverflowError:
            return math.inf

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, math.inf

    def mode(self) -> float:
        """Return ``exp(mu - sigma^2)``."""
        return _exp(self.mu - self.sigma**2)

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``LogNormal(0, sigma)`` and scale ``exp(mu)``."""
        return LogNormal._trusted(mu=0.0, sigma=self.sigma), 0.0, math.exp(self.mu)

    @classmethod
    def from_mean_std(cls, mean: float, std: float) -> Self:
        """Fit to expected value and standard deviation of the quantity itself; both positive.

        Examples
        --------
        >>> round(LogNormal.from_mean_std(mean=100, std=50).std(), 9)
        50.0
        """
        owner = f"{cls.__name__}.from_mean_std"
        problems = Param("mean", above=0.0).read(owner, mean)[1]
        if problems := problems + Param("std", above=0.0, mend=KNOWN_VALUE).read(owner, std)[1]:
            raise ParameterError(problems)
        apart = math.log(std) - math.log(mean)
        # The square of a large ratio would pass the largest float; one more is then nothing beside it.
        variance = math.log1p((std / mean) ** 2) if apart < 300.0 else 2.0 * apart
        return cls(math.log(mean) - 0.5 * variance, math.sqrt(variance))

    @classmethod
    def from_median_gsd(cls, median: float, gsd: float) -> Self:
        """Fit to the median and the geometric standard deviation: a factor above 1 (68 % lie within it either way).

        Examples
        --------
        >>> round(LogNormal.from_median_gsd(median=100, gsd=2).sigma, 6)
        0.693147
        """
        owner = f"{cls.__name__}.from_median_gsd"
        problems = Param("median", above=0.0).read(owner, median)[1]
        if problems := problems + Param("gsd", above=1.0, mend=KNOWN_VALUE).read(owner, gsd)[1]:
            raise ParameterError(problems)
        return cls(math.log(median), math.log(gsd))

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        z1, z2 = float(scipy.special.ndtri(p1)), float(scipy.special.ndtri(p2))
        sigma = math.log(x2 / x1) / (z2 - z1)
        return cls(math.log(x1) - sigma * z1, sigma)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return narrow, usual and very heavy-tailed ones."""
        return cls(0, 1), cls(12.5, 0.4), cls(-3, 1e-3), cls(2, 3)

    def reference(self) -> Any:
        """Return ``scipy.stats.lognorm``."""
        from scipy import stats

        return stats.lognorm(self.sigma, scale=math.exp(self.mu))


def _exp(exponent: float) -> float:
    try:
        return math.exp(exponent)
    except OverflowError:
        return math.inf
