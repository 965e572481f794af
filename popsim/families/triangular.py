"""A least, a most likely and a greatest value, joined by straight lines."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from popsim.arrays import Floats
from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.elicitation import parse_quantiles, peak_of_quantiles, peak_of_range, read_range
from popsim.families.parameters import check_bounds, parameter

_TINY = 5e-324
"""In place of a side without width, where zero is divided."""


class Triangular(Family):
    """Density that rises straight to the mode and falls straight from it.

    With ``w = high - low`` and ``c = (mode - low) / w``: ``Q(p) = low + w sqrt(p c)`` for ``p <= c`` and
    ``high - w sqrt((1 - p) (1 - c))`` above.

    Use it for a cost with hard bounds and a best guess. `low` and `high` are never passed: experts who give a range
    that holds "most of the time" mean quantiles: `from_range` takes how often, `from_quantiles` three quantiles.

    Parameters
    ----------
    low, mode, high
        Least, most likely and greatest value, in the unit of the quantity; ``low <= mode <= high`` and ``low < high``.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Kotz and van Dorp (2004), Beyond Beta, chapter 1, doi:10.1142/5720.

    Examples
    --------
    >>> Triangular(low=0, mode=1, high=3)
    Triangular(low=0, mode=1, high=3)
    >>> Triangular(0, 1, 2).ppf(0.5).item()
    1.0
    """

    family = "triangular"
    summary = "hard bounds and a best guess"
    alternatives = ("from_range",)
    stackable = True
    quantile_counts = (3,)

    low: float
    mode_: float = parameter(alias="mode")
    high: float

    def _relations(self) -> list[Problem]:
        return check_bounds(Triangular, self.low, self.high, mode=self.mode_)

    @property
    def _peak(self) -> float:
        """Probability of less than the mode."""
        return (self.mode_ - self.low) / (self.high - self.low)

    def _ppf(self, p: Floats) -> Floats:
        return self._quantile(p, self.low, self.high)

    def _isf(self, q: Floats) -> Floats:
        return self._quantile(q, self.high, self.low)

    def _quantile(self, p: Floats, near: float, far: float) -> Floats:
        """Return the quantile seen from the end `near`: an isf is the ppf of the mirrored triangle.

        Measured from the near end, from the mode, or from the far end, so that each keeps the digits of its distance.
        """
        width = far - near
        peak, rest = (self.mode_ - near) / width, (far - self.mode_) / width
        rising = near + width * np.sqrt(p * peak)
        # Without a falling side (rest = 0) the quotient is infinite or NaN, and its branches are not taken.
        left = np.sqrt((1.0 - p) / rest)
        middle = self.mode_ + width * (p - peak) / (1.0 + left)
        falling = far - width * rest * left
        return np.where(p <= peak, rising, np.where(p <= 0.5 * (1.0 + peak), middle, falling))

    def _cdf(self, x: Floats) -> Floats:
        width, peak = self.high - self.low, self._peak
        above = (self.high - self.mode_) / width
        y = np.clip((x - self.low) / width, 0.0, peak)
        z = np.clip((x - self.mode_) / width, 0.0, above)
        rising = y * y / np.maximum(peak, _TINY)
        falling = z * (2.0 - z / np.maximum(above, _TINY))
        return np.where(x >= self.high, 1.0, rising + falling)

    def _sf(self, x: Floats) -> Floats:
        width, peak = self.high - self.low, self._peak
        above = (self.high - self.mode_) / width
        y = np.clip((x - self.low) / width, 0.0, peak)
        z = np.clip((self.high - x) / width, 0.0, above)
        falling = z * z / np.maximum(above, _TINY)
        rising = (peak - y) * (1.0 + y / np.maximum(peak, _TINY))
        return np.where(x < self.low, 1.0, falling + rising)

    def mean(self) -> float:
        """Return ``(low + mode + high) / 3``."""
        return self.low + ((self.mode_ - self.low) + (self.high - self.low)) / 3.0

    def std(self) -> float:
        """Return ``w sqrt((1 - c + c^2) / 18)``."""
        peak = self._peak
        return (self.high - self.low) * math.sqrt((1.0 - peak + peak * peak) / 18.0)

    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    def mode(self) -> float:
        """Return the mode."""
        return self.mode_

    def kinks(self) -> tuple[float, ...]:
        """Return the probability of the mode, unless it is at a bound."""
        return (self._peak,) if 0.0 < self._peak < 1.0 else ()

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Triangular(0, c, 1)``."""
        return Triangular._trusted(low=0.0, mode_=self._peak, high=1.0), self.low, self.high - self.low

    @classmethod
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to three quantiles, such as ``p05=..., p50=..., p95=...``.

        Two quantiles leave the mode open, so two are refused. The share ``(x2 - x1) / (x3 - x1)`` depends on the mode
        alone and does not change while the mode lies below the first or above the third quantile: only a mode between
        them is determined by the quantiles, and only shares that such a mode reaches are honoured.

        Raises
        ------
        ParameterError
            When no triangular distribution, or more than one, has these quantiles.

        Examples
        --------
        >>> Triangular.from_quantiles(p05=10, p50=20, p95=30).mode()
        20.0
        """
        pairs = parse_quantiles(cls, quantiles)
        mend = "use Metalog.from_quantiles, which bends more, or give low, mode and high"
        owner = f"{cls.__name__}.from_quantiles"
        peak, low, width = peak_of_quantiles(owner, _unit, pairs, (pairs[0][0], pairs[2][0]), mend)
        return cls(low, low + width * peak, low + width)

    @classmethod
    def from_range(cls, low: float, mode: float, high: float, coverage: float) -> Self:
        """Fit to a most likely value and a range that holds the truth with the probability `coverage`.

        `low` and `high` are the quantiles ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``; the bounds lie outside and
        are solved for. With coverage 1 they are the bounds.

        Raises
        ------
        ParameterError
            When ``low <= mode <= high``, ``low < high`` or ``0 < coverage <= 1`` does not hold.

        Examples
        --------
        >>> cost = Triangular.from_range(low=1, mode=2, high=5, coverage=0.8)
        >>> cost.ppf([0.1, 0.9]).round(9), cost.mode(), round(cost.low, 3), round(cost.high, 3)
        (array([1., 5.]), 2.0, -0.274, 6.863)
        """
        owner = f"{cls.__name__}.from_range"
        given = read_range(owner, low, high, coverage, bounded=True, mode=mode)
        if given.coverage == 1.0:
            return cls(low, mode, high)
        _, least, most = peak_of_range(owner, _unit, given, float(mode))
        return cls(least, mode, most)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return skewed, symmetric and one-sided ones, near and far from zero."""
        return cls(0, 1, 3), cls(-1, 0, 1), cls(0, 0, 1), cls(2e5, 9e5, 9e5), cls(1e6, 1e6 + 1e-2, 1e6 + 10)

    def reference(self) -> Any:
        """Return ``scipy.stats.triang``, or the exacter ``beta(1, 2)`` or ``beta(2, 1)`` with the mode at a bound."""
        from scipy import stats

        if self._peak in (0.0, 1.0):
            return stats.beta(1.0 + self._peak, 2.0 - self._peak, self.low, self.high - self.low)
        return stats.triang(self._peak, self.low, self.high - self.low)


def _unit(peaks: Floats, p: Floats) -> Floats:
    """Return quantiles of triangles on 0 .. 1: a row for each peak."""
    peaks = peaks[:, None]
    return np.where(p <= peaks, np.sqrt(p * peaks), 1.0 - np.sqrt((1.0 - p) * (1.0 - peaks)))
