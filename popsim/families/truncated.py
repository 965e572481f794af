"""A distribution of which values outside an interval are ruled out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from popsim.errors import Problem
from popsim.families.base import Family, Floats, check_relation
from popsim.families.modifiers import by_quadrature, corner_scores, interior

__all__ = ["Truncated"]

_LEAST = 1e-9


class _Shares(NamedTuple):
    """Probabilities of the distribution below, within and above the interval."""

    below: float
    inside: float
    above: float


@dataclass(frozen=True, init=False, repr=False)
class Truncated(Family):
    """Another distribution, given that it lies within ``low .. high``, bounds included.

    ``Q(p) = Q_d(F_d(low) + p (F_d(high) - F_d(low)))``, counted from above in the upper half. What is cut off is shared
    out in proportion: nothing piles up at the bounds.

    Use it to rule out what cannot be: a normal below zero, a heavy tail beyond all the money there is. The quantiles
    move: truncate first and look at the result, or give quantiles to a family that has bounds of its own.

    Parameters
    ----------
    distribution
        What is truncated: any family, modifiers included.
    low, high
        Smallest and largest possible value, in the unit of the quantity; None or an infinity for no bound.

    Raises
    ------
    ParameterError
        When a parameter is of the wrong kind, ``low <= high`` does not hold, or the interval has a probability below
        1e-9, of which too few digits would be left.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, chapter 13 (truncated normal).

    Examples
    --------
    >>> from popsim.families import Normal
    >>> Truncated(Normal(10, 5), low=0).ppf([0.0, 0.5]).round(3)
    array([ 0.   , 10.143])
    """

    family: ClassVar[str] = "truncated"
    summary: ClassVar[str] = "another distribution without the values that cannot be"

    distribution: Family
    low: float | None
    high: float | None

    def __init__(self, distribution: Family, low: float | None = None, high: float | None = None) -> None:
        self._take(distribution=distribution, low=_bound(low, -math.inf), high=_bound(high, math.inf))

    def _relations(self) -> list[Problem]:
        low, high = self._bounds
        if not isinstance(self.distribution, Family) or math.isnan(low) or math.isnan(high):
            return []
        if not low <= high:
            return check_relation(Truncated, False, "low <= high", low=low, high=high)
        if self._shares.inside >= _LEAST:
            return []
        ends = self.distribution.ppf([0.05, 0.5, 0.95])
        given = [(name, end) for name, end in (("low", self.low), ("high", self.high)) if end is not None]
        found = f"{', '.join(f'{name} = {end:.10g}' for name, end in given)}: probability {self._shares.inside:.3g}"
        mend = "the distribution has p05 = {:.6g}, p50 = {:.6g}, p95 = {:.6g}".format(*ends)
        where = f"Truncated({', '.join(name for name, _ in given)})"
        return [Problem(where, found, f"an interval with a probability of at least {_LEAST:g}", mend)]

    @property
    def _bounds(self) -> tuple[float, float]:
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @cached_property
    def _shares(self) -> _Shares:
        """Each from the end that keeps its digits."""
        whole = self.distribution
        low, high = np.array([self._bounds[0]]), np.array([self._bounds[1]])
        with np.errstate(all="ignore"):
            below, rest = float(whole._below(low)[0]), float(whole._from(low)[0])
            up_to, above = float(whole._cdf(high)[0]), float(whole._sf(high)[0])
        if up_to <= 0.5:
            return _Shares(below, up_to - below, above)
        return _Shares(below, rest - above if rest <= 0.5 else 1.0 - below - above, above)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        (low, high), (least, most) = self._bounds, self.distribution.support()
        low, high = max(low, least), min(high, most)
        atoms = self.distribution.atoms()
        for left, right in self.distribution.gaps():
            if left <= low < right and not (low == left and left in atoms):
                low = right
            if left < high <= right and not (high == right and right in atoms):
                high = left
        return low, high

    def _quantile(self, p: Floats, q: Floats) -> Any:
        below, inside, above = self._shares
        u, v = below + p * inside, above + q * inside
        x = np.empty(p.shape)
        lower = u <= 0.5
        x[lower] = self.distribution._ppf(u[lower])
        x[~lower] = self.distribution._isf(v[~lower])
        low, high = self._ends
        return np.where(p <= 0.0, low, np.where(q <= 0.0, high, np.clip(x, low, high)))

    def _ppf(self, p: Floats) -> Any:
        return self._quantile(p, 1.0 - p)

    def _isf(self, q: Floats) -> Any:
        return self._quantile(1.0 - q, q)

    def _two_sided(self, x: Floats) -> tuple[Any, Any]:
        """Probabilities, over that of the interval, of being within it up to x, and beyond x."""
        below, inside, above = self._shares
        up_to = np.clip((self.distribution._cdf(x) - below) / inside, 0.0, 1.0)
        beyond = np.clip((self.distribution._sf(x) - above) / inside, 0.0, 1.0)
        return up_to, beyond

    def _cdf(self, x: Floats) -> Any:
        low, high = self._ends
        up_to, beyond = self._two_sided(x)
        inner = np.where(self._lower_half(x), up_to, 1.0 - beyond)
        return np.where(x < low, 0.0, np.where(x >= high, 1.0, inner))

    def _sf(self, x: Floats) -> Any:
        low, high = self._ends
        up_to, beyond = self._two_sided(x)
        inner = np.where(self._lower_half(x), 1.0 - up_to, beyond)
        return np.where(x < low, 1.0, np.where(x >= high, 0.0, inner))

    def _lower_half(self, x: Floats) -> Any:
        return self.distribution._cdf(x) <= 0.5

    def mean(self) -> float:
        """Return the mean: a sum for separate values, else by quadrature; infinite with a tail that is so and stays."""
        if steps := self.jumps():
            return math.fsum(np.diff(steps[0], prepend=0.0) * steps[1])
        whole, (low, high) = self.distribution.mean(), self.support()
        if not math.isfinite(whole) and not (math.isfinite(low) and math.isfinite(high)):
            return whole
        # About a value within, so that a narrow interval far from zero keeps the digits of its width.
        centre = float(self.ppf(0.5))
        return centre + by_quadrature(self, lambda x: x - centre)

    def std(self) -> float:
        """Return the standard deviation, as the mean."""
        if steps := self.jumps():
            return math.sqrt(math.fsum(np.diff(steps[0], prepend=0.0) * (steps[1] - self.mean()) ** 2))
        low, high = self.support()
        if not math.isfinite(self.distribution.std()) and not (math.isfinite(low) and math.isfinite(high)):
            return math.inf
        mean = self.mean()
        return math.sqrt(by_quadrature(self, lambda x: (x - mean) ** 2))

    def support(self) -> tuple[float, float]:
        """Return the smallest and largest value of the distribution that the bounds leave."""
        return self._ends

    def mode(self) -> float:
        """Return the mode of the distribution, or the possible value next to it; the likeliest of separate values."""
        return self._mode_within(*self.support())

    def _mode_within(self, low: float, high: float) -> float:
        if steps := self.jumps():
            within = (steps[1] >= low) & (steps[1] <= high)
            return float(steps[1][within][np.argmax(np.diff(steps[0], prepend=0.0)[within])])
        ends = self.support()
        return self.distribution._mode_within(max(low, ends[0]), min(high, ends[1]))

    def kinks(self) -> tuple[float, ...]:
        """Return the probabilities of corners of the distribution within the bounds."""
        return () if self.jumps() else interior(self.kink_scores())

    def kink_scores(self) -> Floats:
        """Return the scores of corners of the distribution within the bounds."""
        return corner_scores(self)

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return those of the distribution within the bounds; one where they leave one value."""
        low, high = self._ends
        if low == high:
            return np.array([1.0]), np.array([low])
        steps = self.distribution.jumps()
        if steps is None:
            return None
        values = steps[1][(steps[1] >= low) & (steps[1] <= high)]
        cumulative = self.cdf(values)
        kept = np.diff(cumulative, prepend=0.0) > 0.0
        return cumulative[kept], values[kept]

    def steep(self) -> bool:
        """Return what holds of the distribution."""
        return self.distribution.steep()

    def atoms(self) -> Floats:
        """Return those of the distribution within the bounds."""
        low, high = self._ends
        atoms = self.distribution.atoms()
        return atoms[(atoms >= low) & (atoms <= high)]

    def corners(self) -> Floats:
        """Return those of the distribution within the bounds."""
        low, high = self._ends
        corners = self.distribution.corners()
        return corners[(corners >= low) & (corners <= high)]

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return a normal cut at zero, a far tail, a heavy tail cut off, kinks, separate values, a pool of experts."""
        from popsim.families import Beta, Discrete, LogNormal, Mixture, Normal, Shifted, Triangular, Uniform

        pool = Mixture([Shifted(LogNormal(0, 0.5), 1), Triangular(0, 1, 6)], [0.4, 0.6])
        return (
            cls(Normal(1, 2), 0, 5),
            cls(Normal(0, 1), 4),
            cls(LogNormal(0, 2), high=50),
            cls(Triangular(0, 1, 3), 0.5, 2.5),
            cls(Beta(0.5, 0.5), 0.1, 0.9),
            cls(Uniform(0, 10), -5, 4),
            cls(Discrete([1, 2, 3, 4], [0.4, 0.1, 0.3, 0.2]), 1.5, 4),
            cls(cls(pool, low=0.5), high=4),
        )

    def reference(self) -> Any:
        """Return the reference of the distribution, cut by other means than here; None where it has no density."""
        from popsim.families.references import truncated

        return truncated(self.distribution.reference(), *self._bounds)


def _bound(value: object, without: float) -> Any:
    """None where the value says that there is no bound."""
    return None if isinstance(value, float | np.floating) and value == without else value
