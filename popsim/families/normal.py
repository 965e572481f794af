"""The sum of many small independent errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from scipy import special

from popsim.errors import Problem
from popsim.families.base import Family, Floats, check_relation, parse_quantiles
from popsim.families.elicitation import read_range

__all__ = ["Normal"]


@dataclass(frozen=True, init=False, repr=False)
class Normal(Family):
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

    family: ClassVar[str] = "normal"
    summary: ClassVar[str] = "errors about an estimate; it reaches below zero"
    alternatives: ClassVar[tuple[str, ...]] = ("from_range",)
    stackable: ClassVar[bool] = True
    quantile_counts: ClassVar[tuple[int, ...]] = (2,)

    mean_: float
    std_: float

    def __init__(self, mean: float, std: float) -> None:
        self._take(mean=mean, std=std)

    def _relations(self) -> list[Problem]:
        return check_relation(
            Normal, self.std_ > 0.0, "std > 0", "for a value that is known use Constant", std=self.std_
        )

    def _ppf(self, p: Floats) -> Any:
        return self.mean_ + self.std_ * special.ndtri(p)

    def _isf(self, q: Floats) -> Any:
        return self.mean_ - self.std_ * special.ndtri(q)

    def _cdf(self, x: Floats) -> Any:
        return special.ndtr((x - self.mean_) / self.std_)

    def _sf(self, x: Floats) -> Any:
        return special.ndtr((self.mean_ - x) / self.std_)

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
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to two quantiles, such as ``p05=..., p95=...``.

        Examples
        --------
        >>> round(Normal.from_quantiles(p10=-1, p90=1).std(), 4)
        0.7803
        """
        return cls._through(*parse_quantiles(cls, quantiles, cls.quantile_counts))

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        (p1, x1), (p2, x2) = first, second
        z1, z2 = float(special.ndtri(p1)), float(special.ndtri(p2))
        std = (x2 - x1) / (z2 - z1)
        return cls(x1 - z1 * std, std)

    @classmethod
    def from_range(cls, low: float, high: float, coverage: float) -> Self:
        """Take a range that holds the truth with the probability `coverage`, below 1.

        `low` and `high` are the quantiles ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``.

        Examples
        --------
        >>> Normal.from_range(low=1, high=9, coverage=0.8).ppf([0.1, 0.9]).round(9)
        array([1., 9.])
        """
        given = read_range(f"{cls.__name__}.from_range", low, high, coverage, bounded=False)
        return cls._through((given.below, given.low), (given.above, given.high))

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return the standard one, a narrow one far from zero, a wide one."""
        return cls(0, 1), cls(1e6, 1e-2), cls(-3, 1e9)

    def reference(self) -> Any:
        """Return ``scipy.stats.norm``."""
        from scipy import stats

        return stats.norm(self.mean_, self.std_)
