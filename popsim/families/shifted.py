"""A distribution that is moved by a known amount."""

from __future__ import annotations

import math

from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.modifiers import Moved
from popsim.families.parameters import check_relation


class Shifted(Moved):
    """Another distribution plus a known amount: ``Q(p) = by + Q_d(p)``.

    Use it for a fixed part that is paid in any case, with an uncertain part on top.

    Parameters
    ----------
    distribution
        What is uncertain: any family, modifiers included.
    by
        What is added, in the unit of the quantity; may be negative.

    Raises
    ------
    ParameterError
        When `distribution` is none, `by` is no finite number, or the sum passes the largest float.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, chapter 12 (location and scale).

    Examples
    --------
    >>> from popsim.families import Uniform
    >>> Shifted(Uniform(0, 10), by=100).support()
    (100.0, 110.0)
    """

    family = "shifted"
    summary = "another distribution plus a known amount"

    def _relations(self) -> list[Problem]:
        if not isinstance(self.distribution, Family):
            return []
        location = self.distribution.standard()[1] + self.by
        return check_relation(Shifted, math.isfinite(location), "a sum within the range of floats", by=self.by)

    def standard(self) -> tuple[Family, float, float]:
        """Return the parts of the distribution, the location moved."""
        shape, location, scale = self.distribution.standard()
        return shape, location + self.by, scale

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return a fixed part plus a heavy tail, a triangle below zero, a value moved, two events one in the other."""
        from popsim.families import Constant, Discrete, LogNormal, Scaled, Triangular

        return (
            cls(LogNormal(0, 1), 2.5),
            cls(Triangular(0, 1, 3), -10),
            cls(Constant(0.1), 0.2),
            cls(Scaled(cls(Discrete([0, 0.7], [0.25, 0.75]), 0.1), 3), 1e3),
        )
