"""A least, a most likely and a greatest value, joined by a smooth curve."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.beta import BetaShaped
from popsim.families.elicitation import Unit, parse_quantiles, peak_of_quantiles, peak_of_range, read_range
from popsim.families.parameters import check_bounds, parameter


class Pert(BetaShaped):
    """PERT distribution: the beta distribution on ``low .. high`` with the given mode.

    ``a = 1 + shape (mode - low) / (high - low)`` and ``b = 1 + shape (high - mode) / (high - low)``; the mean is
    ``(low + shape mode + high) / (shape + 2)``.

    Use it as the triangular, when the best guess deserves more trust than the bounds. `shape` says how much more: 4 is
    the classic PERT, towards 0 it becomes uniform ("modified PERT", Vose).

    Parameters
    ----------
    low, mode, high
        Least, most likely and greatest value, in the unit of the quantity; ``low <= mode <= high`` and ``low < high``.
    shape
        Weight of the mode (no unit); from 0.001 to 1e6, default 4.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Malcolm et al. (1959), doi:10.1287/opre.7.5.646; Vose (2008), Risk Analysis, 3rd edition (modified PERT).

    Examples
    --------
    >>> Pert(low=0, mode=1, high=8).mean()
    2.0
    """

    family = "pert"
    summary = "hard bounds and a best guess that deserves more trust than they do"
    alternatives = ("from_range",)
    quantile_counts = (3,)

    low: float
    mode_: float = parameter(alias="mode")
    high: float
    shape: float = parameter(default=4.0, least=0.001, most=1e6, mend="for a flat density use Uniform")

    def _relations(self) -> list[Problem]:
        return check_bounds(Pert, self.low, self.high, mode=self.mode_)

    @property
    def _beta(self) -> tuple[Any, Any, Any, Any]:
        width = self.high - self.low
        a = 1.0 + self.shape * ((self.mode_ - self.low) / width)
        b = 1.0 + self.shape * ((self.high - self.mode_) / width)
        return a, b, self.low, self.high

    def mean(self) -> float:
        """Return ``(low + shape mode + high) / (shape + 2)``."""
        return self.low + (self.shape * (self.mode_ - self.low) + (self.high - self.low)) / (self.shape + 2.0)

    def mode(self) -> float:
        """Return the mode."""
        return self.mode_

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Pert(0, c, 1, shape)`` with ``c = (mode - low) / (high - low)``."""
        width = self.high - self.low
        peak = (self.mode_ - self.low) / width
        return Pert._trusted(low=0.0, mode_=peak, high=1.0, shape=self.shape), self.low, width

    @classmethod
    def from_quantiles(cls, *, shape: float = 4.0, **quantiles: float) -> Self:
        """Fit exactly to three quantiles, such as ``p10=..., p50=..., p90=...``, with a given `shape`.

        Raises
        ------
        ParameterError
            When no PERT distribution of that shape, or more than one, has these quantiles.

        Examples
        --------
        >>> Pert.from_quantiles(p10=10, p50=18, p90=30).ppf([0.1, 0.5, 0.9]).round(9)
        array([10., 18., 30.])
        """
        owner = f"{cls.__name__}.from_quantiles"
        if problems := cls._check(owner, shape=shape):
            raise ParameterError(problems)
        pairs = parse_quantiles(cls, quantiles)
        mend = "use Metalog.from_quantiles, which bends more, or another shape"
        peak, low, width = peak_of_quantiles(owner, _units(shape), pairs, (0.0, 1.0), mend)
        return cls(low, low + width * peak, low + width, shape)

    @classmethod
    def from_range(cls, low: float, mode: float, high: float, coverage: float, shape: float = 4.0) -> Self:
        """Fit to a most likely value and a range that holds the truth with the probability `coverage`.

        `low` and `high` are the quantiles ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``; the bounds lie outside and
        are solved for. With coverage 1 they are the bounds.

        Raises
        ------
        ParameterError
            When ``low <= mode <= high``, ``low < high`` or ``0 < coverage <= 1`` does not hold, or no PERT distribution
            of that shape, or more than one, has these quantiles and this mode.

        Examples
        --------
        >>> cost = Pert.from_range(low=1, mode=2, high=5, coverage=0.8)
        >>> cost.ppf([0.1, 0.9]).round(9), cost.mode()
        (array([1., 5.]), 2.0)
        """
        owner = f"{cls.__name__}.from_range"
        problems = cls._check(owner, shape=shape)
        try:
            given = read_range(owner, low, high, coverage, bounded=True, mode=mode)
        except ParameterError as error:
            problems = [*error.problems, *problems]
        if problems:
            raise ParameterError(problems)
        if given.coverage == 1.0:
            return cls(low, mode, high, shape)
        _, least, most = peak_of_range(owner, _units(shape), given, float(mode))
        return cls(least, mode, most, shape)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return usual, one-sided, nearly flat and narrow ones."""
        return cls(0, 1, 3), cls(2e5, 2e5, 9e5), cls(-1, 1, 1, 0.01), cls(10, 12, 20, 500)

    def reference(self) -> Any:
        """Return ``scipy.stats.beta`` with the shapes that the mean and the variance of PERT imply."""
        from scipy import stats

        # From the mean (low + shape mode + high) / (shape + 2) and a + b = shape + 2, not from the formulas used above.
        share = ((self.low + self.shape * self.mode_ + self.high) / (self.shape + 2.0) - self.low) / (
            self.high - self.low
        )
        total = self.shape + 2.0
        return stats.beta(share * total, (1.0 - share) * total, self.low, self.high - self.low)


def _units(shape: float) -> Unit:
    """Return the quantiles of PERT distributions on 0 .. 1: a row for each peak."""

    def unit(peaks: Floats, p: Floats) -> Floats:
        return np.asarray(Pert._trusted(low=0.0, mode_=peaks[:, None], high=1.0, shape=shape)._ppf(p))

    return unit
