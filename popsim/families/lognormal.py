"""The product of many small independent factors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special

from popsim.errors import ParameterError, Problem
from popsim.families.base import Family, Floats, check_finite, check_relation, parse_quantiles
from popsim.families.elicitation import read_range

__all__ = ["LogNormal"]

_KNOWN = "for a value that is known use Constant"
_MIXED = "mean and std are of the cost itself; mu and sigma of its natural logarithm"


@dataclass(frozen=True, init=False, repr=False)
class LogNormal(Family):
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

    family: ClassVar[str] = "lognormal"
    summary: ClassVar[str] = "the usual choice for a cost: positive, skewed upwards, uncertain by a factor"
    alternatives: ClassVar[tuple[str, ...]] = ("from_mean_std", "from_median_gsd", "from_range")
    confusions: ClassVar[tuple[tuple[tuple[str, ...], str], ...]] = (
        (("mean", "sigma"), _MIXED),
        (("mu", "std"), _MIXED),
        (("median", "sigma"), "of a median the factor is gsd = exp(sigma)"),
        (("median", "std"), "with a median goes gsd, the factor of one standard deviation of the logarithm"),
    )
    stackable: ClassVar[bool] = True
    quantile_counts: ClassVar[tuple[int, ...]] = (2,)

    mu: float
    sigma: float

    def __init__(self, mu: float, sigma: float) -> None:
        self._take(mu=mu, sigma=sigma)

    def _relations(self) -> list[Problem]:
        return [
            *check_relation(
                LogNormal, abs(self.mu) <= 700.0, "-700 <= mu <= 700", "mu is the logarithm of the median", mu=self.mu
            ),
            *check_relation(LogNormal, self.sigma > 0.0, "sigma > 0", _KNOWN, sigma=self.sigma),
        ]

    # Scale times shape rather than one exponential of the sum: the digits of exp(mu) are then lost once, not per draw.
    def _ppf(self, p: Floats) -> Any:
        return np.exp(self.mu) * np.exp(self.sigma * special.ndtri(p))

    def _isf(self, q: Floats) -> Any:
        return np.exp(self.mu) * np.exp(-self.sigma * special.ndtri(q))

    def _cdf(self, x: Floats) -> Any:
        return special.ndtr((np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma)

    def _sf(self, x: Floats) -> Any:
        return special.ndtr((self.mu - np.log(np.maximum(x, 0.0))) / self.sigma)

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
        """Take expected value and standard deviation of the quantity itself; both positive.

        Examples
        --------
        >>> round(LogNormal.from_mean_std(mean=100, std=50).std(), 9)
        50.0
        """
        owner = f"{cls.__name__}.from_mean_std"
        problems = check_finite(owner, mean=mean, std=std)
        if not problems:
            problems = check_relation(owner, mean > 0.0, "mean > 0", mean=mean)
            problems += check_relation(owner, std > 0.0, "std > 0", _KNOWN, std=std)
        if problems:
            raise ParameterError(problems)
        apart = math.log(std) - math.log(mean)
        # The square of a large ratio would pass the largest float; one more is then nothing beside it.
        variance = math.log1p((std / mean) ** 2) if apart < 300.0 else 2.0 * apart
        return cls(math.log(mean) - 0.5 * variance, math.sqrt(variance))

    @classmethod
    def from_median_gsd(cls, median: float, gsd: float) -> Self:
        """Take the median and the geometric standard deviation: a factor above 1 (68 % lie within it either way).

        Examples
        --------
        >>> round(LogNormal.from_median_gsd(median=100, gsd=2).sigma, 6)
        0.693147
        """
        owner = f"{cls.__name__}.from_median_gsd"
        problems = check_finite(owner, median=median, gsd=gsd)
        if not problems:
            problems = check_relation(owner, median > 0.0, "median > 0", median=median)
            problems += check_relation(owner, gsd > 1.0, "gsd > 1", _KNOWN, gsd=gsd)
        if problems:
            raise ParameterError(problems)
        return cls(math.log(median), math.log(gsd))

    @classmethod
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to two positive quantiles, such as ``p05=..., p95=...``.

        Examples
        --------
        >>> LogNormal.from_quantiles(p05=1, p95=9).ppf([0.05, 0.5, 0.95]).round(9)
        array([1., 3., 9.])
        """
        (p1, x1), (p2, x2) = parse_quantiles(cls, quantiles, cls.quantile_counts)
        if x1 <= 0.0:
            raise ParameterError(check_relation(f"{cls.__name__}.from_quantiles", False, "values above 0", **quantiles))
        return cls._through((p1, x1), (p2, x2))

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        z1, z2 = float(special.ndtri(p1)), float(special.ndtri(p2))
        sigma = math.log(x2 / x1) / (z2 - z1)
        return cls(math.log(x1) - sigma * z1, sigma)

    @classmethod
    def from_range(cls, low: float, high: float, coverage: float) -> Self:
        """Take a range that holds the truth with the probability `coverage`, below 1.

        `low` and `high` are the quantiles ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``.

        Examples
        --------
        >>> LogNormal.from_range(low=1, high=9, coverage=0.8).ppf([0.1, 0.9]).round(9)
        array([1., 9.])
        """
        given = read_range(f"{cls.__name__}.from_range", low, high, coverage, bounded=False, positive=True)
        return cls._through((given.below, given.low), (given.above, given.high))

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
