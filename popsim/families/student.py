"""Errors about an estimate that was made from few data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.parameters import KNOWN_VALUE, parameter

_FAR = 1e-20
"""Up to here ``degrees / (degrees + t^2)`` is nothing beside 1, and the tail is a power of t."""


class Student(Family):
    """Student's t distribution: ``Q(p) = location + scale t(p)`` with t the quantile at a number of degrees of freedom.

    Use it for what a mean or a slope may be when it was estimated from n data: with k parameters estimated, the degrees
    of freedom are n - k. Few degrees mean far tails: with 1 there is no mean, up to 2 no standard deviation.

    Parameters
    ----------
    location
        Median and mode, in the unit of the quantity.
    scale
        Standard error of the estimate, in the unit of the quantity; ``scale > 0``.
    degrees
        Degrees of freedom (no unit), from 1 to 1e6.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Student (1908), The probable error of a mean, doi:10.1093/biomet/6.1.1.

    Examples
    --------
    >>> Student(location=1, scale=2, degrees=4).ppf(0.95).round(3).item()
    5.264
    """

    family = "student"
    summary = "an estimate from few data, such as a mean or a slope; it reaches below zero"
    stackable = True

    location: float
    scale: float = parameter(above=0.0, mend=KNOWN_VALUE)
    degrees: float = parameter(least=1.0, most=1e6, mend="above that use Normal")

    def _ppf(self, p: Floats) -> Any:
        return self.location + self.scale * student_quantile(p, self.degrees)

    def _isf(self, q: Floats) -> Any:
        return self.location - self.scale * student_quantile(q, self.degrees)

    def _cdf(self, x: Floats) -> Any:
        return student_probability((x - self.location) / self.scale, self.degrees)

    def _sf(self, x: Floats) -> Any:
        return student_probability((self.location - x) / self.scale, self.degrees)

    def mean(self) -> float:
        """Return the location; NaN with one degree of freedom, where there is no mean."""
        return self.location if self.degrees > 1.0 else math.nan

    def std(self) -> float:
        """Return ``scale sqrt(degrees / (degrees - 2))``; infinity up to 2 degrees of freedom."""
        return self.scale * math.sqrt(self.degrees / (self.degrees - 2.0)) if self.degrees > 2.0 else math.inf

    def support(self) -> tuple[float, float]:
        """Return minus and plus infinity."""
        return -math.inf, math.inf

    def mode(self) -> float:
        """Return the location."""
        return self.location

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Student(0, 1, degrees)``."""
        return Student._trusted(location=0.0, scale=1.0, degrees=self.degrees), self.location, self.scale

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return a usual one, those without standard deviation and without mean, and one that is nearly normal."""
        return cls(0, 1, 5), cls(0.6, 0.2, 2), cls(-3, 1e9, 1), cls(1e6, 1e-2, 1e5)

    def reference(self) -> Any:
        """Return ``scipy.stats.t``."""
        from scipy import stats

        return stats.t(self.degrees, self.location, self.scale)


def student_quantile(p: Floats, degrees: Any) -> Any:
    """Return quantiles of Student's t distribution, exact in the lower tail; upper ones are minus those of 1 - p.

    Parameters
    ----------
    p
        Probabilities in [0, 1] or NaN.
    degrees
        Degrees of freedom, of a shape that goes with that of `p`.

    Notes
    -----
    With y = degrees / (degrees + t^2), twice the tail is the incomplete beta function of y, with degrees / 2 and 1 / 2.

    Examples
    --------
    >>> student_quantile(np.array([0.025, 0.5]), 10.0).round(3)
    array([-2.228,  0.   ])
    """
    twice = 2.0 * np.minimum(p, 1.0 - p)
    half = 0.5 * degrees
    with np.errstate(all="ignore"):
        y = scipy.special.betaincinv(half, 0.5, twice)
        # Where y is close to 1, what is left of it has more digits of its own; close to the median the more so.
        tail = np.where(y > 0.5, scipy.special.betainccinv(0.5, half, twice), 1.0 - y)
        rest = np.where(twice > 0.5, scipy.special.betaincinv(0.5, half, np.abs(2.0 * p - 1.0)), tail)
        squared = np.where(y > 0.5, rest / (1.0 - rest), rest / y)
        far = np.exp(-(np.log(half * twice) + scipy.special.betaln(half, 0.5)) / degrees)
        size = np.sqrt(degrees) * np.where(y < _FAR, far, np.sqrt(squared))
    return np.where(p < 0.5, -size, size)


def student_probability(t: Floats, degrees: Any) -> Any:
    """Return probabilities of no more than t, exact in the lower tail.

    Parameters
    ----------
    t
        Values, infinities and NaN included.
    degrees
        Degrees of freedom, of a shape that goes with that of `t`.

    Examples
    --------
    >>> student_probability(np.array([-1.0, 0.0, 1.0]), 1.0).round(9)
    array([0.25, 0.5 , 0.75])
    """
    half = 0.5 * degrees
    size = np.abs(t)
    with np.errstate(all="ignore"):
        # Of the larger of size and root the other is a share of at most 1: no square passes the largest float.
        root = np.sqrt(degrees)
        share = np.minimum(size, root) / np.maximum(size, root)
        small = share**2 / (1.0 + share**2)
        far = 0.5 * scipy.special.betainc(half, 0.5, small)
        # Close to the median the difference from one half has more digits of its own.
        middle = 0.5 - 0.5 * scipy.special.betainc(0.5, half, small)
        near = np.where(size < 1.0, middle, 0.5 * scipy.special.betaincc(0.5, half, small))
        power = 0.5 * np.exp(degrees * np.log(share) - scipy.special.betaln(half, 0.5)) / half
        tail = np.where(size <= root, near, np.where(small < _FAR, power, far))
    return np.where(t < 0.0, tail, 1.0 - tail)
