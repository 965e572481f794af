"""Data, or the quantiles of a survey, as they are."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Self

import numpy as np

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.elicitation import parse_quantiles, values_in_words
from popsim.families.parameters import KNOWN_VALUE, Numbers, Param, call_of, check_finite


class Empirical(Family):
    """Quantile function that joins given points ``(probability, value)`` by straight lines.

    Use it for observed costs (`from_data`) and for quantiles that no named family honours. Nothing outside the first
    and the last value can happen: a small sample makes a range too narrow. Equal neighbouring values give
    that value a probability of its own.

    Parameters
    ----------
    probabilities
        Rising strictly from 0 to 1; two or more.
    values
        As many, in the unit of the quantity; never falling, the last above the first.

    Raises
    ------
    ParameterError
        When an entry is no finite number or a relation does not hold.

    References
    ----------
    Hyndman and Fan (1996), doi:10.1080/00031305.1996.10473566 (`from_data` is their definition 7).

    Examples
    --------
    >>> Empirical(probabilities=[0, 0.5, 1], values=[10, 20, 60]).ppf([0.25, 0.75])
    array([15., 40.])
    """

    family = "empirical"
    summary = "observed costs, or quantiles joined by straight lines"
    alternatives = ("from_data",)
    quantile_counts = range(1, 100)

    probabilities: tuple[float, ...]
    values: tuple[float, ...]

    def __init__(self, probabilities: Numbers, values: Numbers) -> None:
        self._take(probabilities=probabilities, values=values)

    def _relations(self) -> list[Problem]:
        p, x = self.probabilities, self.values
        if not p or not x or not all(map(math.isfinite, p + x)):
            return []
        if len(p) != len(x) or len(p) < 2:
            found = f"{len(p)} probabilities and {len(x)} values"
            return [Problem("Empirical()", (), found, "as many values as probabilities, two or more")]
        found_p = _first_fall("probabilities", p, strict=True)
        found_x = _first_fall("values", x, strict=False)
        problems = []
        if p[0] != 0.0 or p[-1] != 1.0:
            ends = f"first {p[0]:.10g}, last {p[-1]:.10g}"
            problems.append(Problem("Empirical()", ("probabilities",), ends, "first probability 0 and last 1"))
        if found_p:
            problems.append(Problem("Empirical()", ("probabilities",), found_p, "probabilities that rise"))
        if found_x:
            problems.append(Problem("Empirical()", ("values",), found_x, "values that never fall"))
        elif x[0] == x[-1]:
            problems.append(
                Problem("Empirical()", ("values",), f"all equal {x[0]:.10g}", "first value < last value", KNOWN_VALUE)
            )
        return problems

    @cached_property
    def _points(self) -> tuple[Floats, Floats]:
        return np.array(self.probabilities), np.array(self.values)

    def _ppf(self, p: Floats) -> Any:
        return np.interp(p, *self._points)

    def _isf(self, q: Floats) -> Any:
        p, v = self._points
        return np.interp(q, 1.0 - p[::-1], v[::-1])

    def _cdf(self, x: Floats) -> Any:
        p, v = self._points
        above = np.clip(np.searchsorted(v, x, side="right"), 1, len(v) - 1)
        inside = p[above - 1] + (x - v[above - 1]) / (v[above] - v[above - 1]) * (p[above] - p[above - 1])
        return np.where(x < v[0], 0.0, np.where(x >= v[-1], 1.0, inside))

    def _sf(self, x: Floats) -> Any:
        q, v = 1.0 - self._points[0], self._points[1]
        above = np.clip(np.searchsorted(v, x, side="right"), 1, len(v) - 1)
        inside = q[above] + (v[above] - x) / (v[above] - v[above - 1]) * (q[above - 1] - q[above])
        return np.where(x < v[0], 1.0, np.where(x >= v[-1], 0.0, inside))

    def atoms(self) -> Floats:
        """Return values that are given more than once."""
        v = self._points[1]
        return np.unique(v[1:][np.diff(v) == 0.0])

    def corners(self) -> Floats:
        """Return the values."""
        return np.unique(self._points[1])

    def mean(self) -> float:
        """Return the mean: each piece counts with its middle."""
        p, v = self._points
        return float(np.sum(np.diff(p) * (0.5 * v[1:] + 0.5 * v[:-1])))

    def std(self) -> float:
        """Return the standard deviation: of the middles, and of each piece about its middle."""
        p, v = self._points
        middles, widths = 0.5 * v[1:] + 0.5 * v[:-1] - self.mean(), np.diff(v)
        return math.sqrt(float(np.sum(np.diff(p) * (middles**2 + widths**2 / 12.0))))

    def support(self) -> tuple[float, float]:
        """Return the first and the last value."""
        return self.values[0], self.values[-1]

    def mode(self) -> float:
        """Return the middle of the shortest interval that holds half the probability.

        A density of straight pieces has no trustworthy peak; this estimate does not depend on two values that happen to
        lie close together. Of several shortest intervals the middle one is taken.
        """
        p = self._points[0]
        starts = np.unique(np.concatenate([p[p <= 0.5], p[p >= 0.5] - 0.5]))
        lows, highs = self.ppf(starts), self.ppf(starts + 0.5)
        widths = highs - lows
        shortest = starts[widths <= np.min(widths) + 1e-12 * (self.values[-1] - self.values[0])]
        start = 0.5 * (shortest[0] + shortest[-1])
        return float(0.5 * self.ppf(start) + 0.5 * self.ppf(start + 0.5))

    def kinks(self) -> tuple[float, ...]:
        """Return the interior probabilities."""
        return self.probabilities[1:-1]

    @classmethod
    def from_data(cls, sample: Numbers) -> Self:
        """Return the distribution of observations: the sorted ones at probabilities 0, 1/(n-1), ..., 1.

        Examples
        --------
        >>> Empirical.from_data([30, 10, 20]).ppf(0.5).item()
        20.0
        """
        owner = f"{cls.__name__}.from_data"
        numbers, problems = Param("sample", sort="numbers").read(owner, sample)
        if not problems and len(set(numbers)) < 2:
            found = f"{len(numbers)} observations, {len(set(numbers))} different"
            problems = [
                Problem(f"{owner}()", ("sample",), found, "two different observations or more", "or use Constant")
            ]
        if problems:
            raise ParameterError(problems)
        last = len(numbers) - 1
        return cls([index / last for index in range(last + 1)], sorted(numbers))

    @classmethod
    def from_quantiles(cls, *, low: float | None = None, high: float | None = None, **quantiles: float) -> Self:
        """Join quantiles by straight lines; `low` and `high`, which must be given, are never passed.

        Examples
        --------
        >>> Empirical.from_quantiles(low=0, p50=10, high=100)
        Empirical(probabilities=(0, 0.5, 1), values=(0, 10, 100))
        """
        owner = f"{cls.__name__}.from_quantiles"
        if problems := check_finite(owner, low=low, high=high):
            raise ParameterError(problems)
        pairs = parse_quantiles(cls, quantiles)
        least, most = float(low or 0.0), float(high or 0.0)
        if not least < pairs[0][1] or not pairs[-1][1] < most:
            given = values_in_words({"low": least, **quantiles, "high": most})
            raise ParameterError(Problem(call_of(owner), (), given, "low < quantiles < high"))
        inner_p, inner_x = zip(*pairs, strict=True)
        return cls((0.0, *inner_p, 1.0), (least, *inner_x, most))

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return two points, a skewed survey, data with equal values and more data."""
        return (
            cls([0, 1], [2, 5]),
            cls([0, 0.05, 0.5, 0.95, 1], [1e4, 5e4, 1e5, 6e5, 5e6]),
            cls.from_data([3, 1, 2, 2, 2, 8, -4]),
            cls.from_data([1e3 + 0.37 * (index * 7919 % 101) ** 2 for index in range(101)]),
        )

    def reference(self) -> Any:
        """Return ``scipy.stats.rv_histogram`` (a density of steps); None with equal values, which it cannot have."""
        from scipy import stats

        if min(np.diff(self.values)) <= 0.0:
            return None
        return stats.rv_histogram((np.diff(self.probabilities), np.array(self.values)), density=False)()


def _first_fall(name: str, numbers: tuple[float, ...], strict: bool) -> str:
    steps = np.diff(np.array(numbers))
    falls = np.flatnonzero(steps <= 0.0 if strict else steps < 0.0)
    if not len(falls):
        return ""
    index = int(falls[0])
    return f"{name}[{index}] = {numbers[index]:.10g}, {name}[{index + 1}] = {numbers[index + 1]:.10g}"
