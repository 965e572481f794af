"""A few separate values, each with its probability."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from popsim.arrays import Floats
from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.parameters import Numbers

_MOST_SHOWN = 5


class Discrete(Family):
    """Separate values: ``P(X = values[i]) = probabilities[i]``.

    Use it for alternatives of which one comes true (the laboratory is built or it is not), and for counts.

    Parameters
    ----------
    values
        The values, in the unit of the quantity; all different, in any order.
    probabilities
        As many; each 0 or from 1e-12 to 1, sum 1 within 1e-9.

    Raises
    ------
    ParameterError
        When an entry is no finite number or a relation does not hold.

    References
    ----------
    Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, doi:10.1002/0471715816.

    Examples
    --------
    >>> Discrete(values=[0, 250_000], probabilities=[0.75, 0.25]).ppf([0.7, 0.8]).tolist()
    [0.0, 250000.0]
    """

    family = "discrete"
    summary = "a few separate values, such as an event that may not happen"

    values: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __init__(self, values: Numbers, probabilities: Numbers) -> None:
        self._take(values=values, probabilities=probabilities)

    def _relations(self) -> list[Problem]:
        x, p = self.values, self.probabilities
        if not p or not x or not all(map(math.isfinite, p + x)):
            return []
        if len(p) != len(x):
            found = f"{len(x)} values and {len(p)} probabilities"
            return [Problem("Discrete()", (), found, "as many probabilities as values")]
        problems = []
        if twice := sorted(value for value, count in Counter(x).items() if count > 1):
            found = f"{_first(twice)} more than once"
            problems.append(Problem("Discrete()", ("values",), found, "values that are all different"))
        if odd := [number for number in p if not (number == 0.0 or 1e-12 <= number <= 1.0)]:
            allowed = "each probability 0 or from 1e-12 to 1"
            problems.append(Problem("Discrete()", ("probabilities",), _first(odd), allowed))
        total = math.fsum(p)
        if not abs(total - 1.0) <= 1e-9:
            problems.append(
                Problem(
                    "Discrete()", ("probabilities",), f"sum of probabilities = {total:.12g}", "sum of probabilities = 1"
                )
            )
        return problems

    @cached_property
    def _sorted(self) -> tuple[Floats, Floats]:
        """The values that can happen, rising, and their probabilities."""
        values, probabilities = np.array(self.values), np.array(self.probabilities)
        order = np.argsort(values)
        order = order[probabilities[order] > 0.0]
        values, probabilities = values[order], probabilities[order]
        return values, probabilities / np.sum(probabilities)

    @cached_property
    def _cumulative(self) -> Floats:
        cumulative = np.cumsum(self._sorted[1])
        cumulative[-1] = 1.0
        return cumulative

    def jumps(self) -> tuple[Floats, Floats]:
        """Return cumulative probabilities and values; values of probability 0 are left out."""
        return self._cumulative, self._sorted[0]

    def _ppf(self, p: Floats) -> Any:
        cumulative, values = self.jumps()
        place = np.searchsorted(cumulative, p, side="left")
        return values[np.minimum(place, len(values) - 1)]

    def _isf(self, q: Floats) -> Any:
        values, probabilities = self._sorted
        above = np.concatenate([[0.0], np.cumsum(probabilities[:0:-1])])
        place = len(values) - np.searchsorted(above, q, side="right")
        return values[np.maximum(place, 0)]

    def _cdf(self, x: Floats) -> Any:
        cumulative, values = self.jumps()
        return np.concatenate([[0.0], cumulative])[np.searchsorted(values, x, side="right")]

    def _sf(self, x: Floats) -> Any:
        values, probabilities = self._sorted
        rest = np.concatenate([[1.0], np.cumsum(probabilities[::-1])[-2::-1], [0.0]])
        return rest[np.searchsorted(values, x, side="right")]

    def mean(self) -> float:
        """Return the mean."""
        values, probabilities = self._sorted
        return float(np.sum(probabilities * values))

    def std(self) -> float:
        """Return the standard deviation."""
        values, probabilities = self._sorted
        return math.sqrt(float(np.sum(probabilities * (values - self.mean()) ** 2)))

    def support(self) -> tuple[float, float]:
        """Return the least and the greatest value that can happen."""
        values, _ = self._sorted
        return float(values[0]), float(values[-1])

    def mode(self) -> float:
        """Return the value of highest probability; of several the least."""
        values, probabilities = self._sorted
        return float(values[np.argmax(probabilities)])

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return an event, a single value, unsorted values with one that never happens, a rare great loss."""
        return (
            cls([0, 1], [0.75, 0.25]),
            cls([7], [1]),
            cls([5, -2, 9, 3], [0.2, 0.3, 0, 0.5]),
            cls([0, 1e9], [1 - 1e-6, 1e-6]),
            cls(list(range(10)), [0.1] * 10),
        )

    def reference(self) -> Any:
        """Return ``scipy.stats.rv_discrete``."""
        from scipy import stats

        values, probabilities = self._sorted
        return stats.rv_discrete(values=(values, probabilities))()


def _first(numbers: Sequence[float]) -> str:
    """Write some numbers out, and how many more there are."""
    shown = ", ".join(f"{number:.10g}" for number in numbers[:_MOST_SHOWN])
    more = len(numbers) - _MOST_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
