"""A value that is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family


class Constant(Family):
    """The same value in every scenario: ``P(X = value) = 1``.

    Use it for a cost that is fixed by contract or tariff, and to switch the uncertainty of one input off. Every
    constant is location `value` plus scale 1 times the shape ``Constant(0)``, so that the value 0 is nothing special.

    Parameters
    ----------
    value
        The value, in the unit of the quantity.

    Raises
    ------
    ParameterError
        When `value` is no finite number.

    References
    ----------
    Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, doi:10.1002/0471715816 (degenerate distribution).

    Examples
    --------
    >>> Constant(3).ppf([0.1, 0.9])
    array([3., 3.])
    """

    family = "constant"
    summary = "a value that is known, such as a tariff fixed by contract"

    value: float

    def _ppf(self, p: Floats) -> Floats:
        return np.full(p.shape, self.value)

    def _isf(self, q: Floats) -> Floats:
        return np.full(q.shape, self.value)

    def _cdf(self, x: Floats) -> Floats:
        return np.where(x >= self.value, 1.0, 0.0)

    def mean(self) -> float:
        """Return the value."""
        return self.value

    def std(self) -> float:
        """Return zero."""
        return 0.0

    def support(self) -> tuple[float, float]:
        """Return the value twice."""
        return self.value, self.value

    def mode(self) -> float:
        """Return the value."""
        return self.value

    def jumps(self) -> tuple[Floats, Floats]:
        """Return one step to probability 1 at the value."""
        return np.array([1.0]), np.array([self.value])

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Constant(0)``, location `value`, scale 1."""
        return Constant(0.0), self.value, 1.0

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return zero, a negative value and large ones."""
        return cls(0), cls(-2.5), cls(1_250_000), cls(1e150)

    def reference(self) -> Any:
        """Return ``scipy.stats.rv_discrete`` with one value."""
        from scipy import stats

        return stats.rv_discrete(values=([self.value], [1.0]))()
