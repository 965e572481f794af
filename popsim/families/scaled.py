"""A distribution that is multiplied by a known factor."""

from __future__ import annotations

import math

from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.modifiers import Moved
from popsim.families.parameters import check_relation, parameter


class Scaled(Moved):
    """Another distribution times a known factor: ``Q(p) = by Q_d(p)``.

    Use it for a unit cost times a known quantity, and for units. A negative factor is refused: it would turn the
    distribution round, so that high scores, which correlations make occur together, became low values.

    Parameters
    ----------
    distribution
        What is uncertain: any family, modifiers included.
    by
        The factor; ``by > 0``.

    Raises
    ------
    ParameterError
        When `distribution` is none, `by` is no finite number above zero, or the product passes the range of floats.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, chapter 12 (location and scale).

    Examples
    --------
    >>> from popsim.families import Uniform
    >>> Scaled(Uniform(1, 3), by=1000).mean()
    2000.0
    """

    family = "scaled"
    summary = "another distribution times a known factor, such as a unit cost times a quantity"

    by: float = parameter(
        above=0.0, mend="a negative factor would turn costly scenarios into cheap ones; for zero use Constant"
    )

    def _relations(self) -> list[Problem]:
        if not isinstance(self.distribution, Family) or not self.by > 0.0:
            return []
        _, location, scale = self.standard()
        within = math.isfinite(location) and 0.0 < scale < math.inf
        return check_relation(Scaled, within, "a product within the range of floats", by=self.by)

    def standard(self) -> tuple[Family, float, float]:
        """Return the parts of the distribution, location and scale multiplied."""
        shape, location, scale = self.distribution.standard()
        return shape, location * self.by, scale * self.by

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return a unit cost times a quantity, a unit, a value, an event, a factor of a factor."""
        from popsim.families import Constant, Discrete, LogNormal, Pert, Uniform

        return (
            cls(LogNormal(0, 1), 1250),
            cls(Pert(1, 2, 7), 1e-6),
            cls(Constant(7), 0.3),
            cls(Discrete([0, 1], [0.75, 0.25]), 2e5),
            cls(cls(Uniform(-1, 1), 0.1), 0.7),
        )
