"""A distribution of which values outside an interval are ruled out."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.modifiers import NODES, WEIGHTS, Cornered, central_moment
from popsim.families.parameters import check_relation

_LEAST = 1e-9
"""Probability of the interval, over that of the tail it is counted from, below which too few digits are left."""
_SMALLEST = 1e-290
"""Probability of the interval of which the rarest draw, some 1e-17 of it, is still a float with all its digits."""
_NARROW = 0.05
"""Probability of the interval without separate values, over that of either tail, below which it counts as narrow."""
_STRAIGHT = 1e-6
"""The same, below which quantiles of the whole have too few digits left, and the density is even within 1e-6 anyway."""
_MOST_HALVINGS = 40
_EPS = float(np.finfo(np.float64).eps)


class _Shares(NamedTuple):
    """Probabilities of the distribution below, within and above the interval."""

    below: float
    inside: float
    above: float


class Truncated(Cornered):
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
        When a parameter is of the wrong kind, ``low <= high`` does not hold, or the interval has too small a
        probability: below 1e-9 of that of the tail that it is counted from, so that too few digits would be left.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, chapter 13 (truncated normal).

    Examples
    --------
    >>> from popsim.families import Normal
    >>> Truncated(Normal(10, 5), low=0).ppf([0.0, 0.5]).round(3)
    array([ 0.   , 10.143])
    """

    family = "truncated"
    summary = "another distribution without the values that cannot be"

    distribution: Family
    low: float | None = None
    high: float | None = None

    def __init__(self, distribution: Family, low: float | None = None, high: float | None = None) -> None:
        self._take(distribution=distribution, low=_bound(low, -math.inf), high=_bound(high, math.inf))

    def _relations(self) -> list[Problem]:
        low, high = self._bounds
        if not isinstance(self.distribution, Family) or math.isnan(low) or math.isnan(high):
            return []
        if not low <= high:
            return check_relation(Truncated, False, "low <= high", low=low, high=high)
        if self._shares.inside >= max(_LEAST * self._nearer_tail, _SMALLEST):
            return []
        ends = [*self.distribution.ppf([0.05, 0.5, 0.95]), *self.distribution.support()]
        given = [(name, end) for name, end in (("low", self.low), ("high", self.high)) if end is not None]
        inside = max(self._shares.inside, 0.0)
        found = f"{', '.join(f'{name} = {end:.17g}' for name, end in given)}: probability {inside:.3g}"
        mend = "the distribution has p05 = {:.6g}, p50 = {:.6g}, p95 = {:.6g}, and goes from {:.6g} to {:.6g}".format(
            *ends
        )
        keys = (given[0][0],) if len(given) == 1 else ()
        allowed = f"an interval with a probability of at least {_LEAST:g}"
        allowed += f", or at the end of a tail, where {_SMALLEST:g} is enough" if inside else ""
        return [Problem("Truncated()", keys, found, allowed, mend)]

    @cached_property
    def _nearer_tail(self) -> float:
        """Probability of the tail from which the interval is counted, interval included; its last digit is rounded.

        Where the distribution is made of one that is truncated, it has the rounding of that.
        """
        below, inside, above = self._shares
        return inside + min(below, above) + _rounding(self.distribution) / _EPS

    @property
    def _bounds(self) -> tuple[float, float]:
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @cached_property
    def _shares(self) -> _Shares:
        """Probabilities below, within and above the interval, each from the end that keeps its digits."""
        whole = self.distribution
        low, high = np.array([self._bounds[0]]), np.array([self._bounds[1]])
        with np.errstate(all="ignore"):
            below, rest = float(whole._below(low)[0]), float(whole._from(low)[0])
            up_to, above = (float(part[0]) for part in whole._both(high))
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

    @cached_property
    def _spread_out(self) -> float:
        """Probability of the interval without separate values, over that of the tail from which it is counted."""
        atoms = self.atoms()
        with np.errstate(all="ignore"):
            separate = (
                float(np.sum(self.distribution._cdf(atoms) - self.distribution._below(atoms))) if len(atoms) else 0.0
            )
        return max(self._shares.inside - separate, 0.0) / self._nearer_tail

    @cached_property
    def _straight(self) -> Family | None:
        """Shape on 0 .. 1 of an interval so short that its density is even between corners; None for a longer one."""
        low, high = self._ends
        width, farthest = high - low, max(abs(low), abs(high))
        if not 0.0 < width < math.inf or len(self.atoms()):
            return None
        if self._spread_out >= _STRAIGHT and self._spread_out * width >= _STRAIGHT**2 * farthest:
            return None
        from popsim.families.empirical import Empirical
        from popsim.families.uniform import Uniform

        corners = self.distribution.corners()
        edges = np.unique(np.concatenate([[low, high], corners[(corners > low) & (corners < high)]]))
        parts = np.array([0.0, 0.21, 0.5, 0.83])
        share = self._share(np.append((edges[:-1, None] + np.diff(edges)[:, None] * parts).ravel(), high))
        share[0], share[-1] = 0.0, 1.0
        ends = share[::4]
        expected = (ends[:-1, None] + np.diff(ends)[:, None] * parts).ravel()
        rounding = 64.0 * _EPS * (self._nearer_tail / self._shares.inside + farthest / width)
        if np.abs(share[:-1] - expected).max() > 10.0 * _STRAIGHT + rounding or (np.diff(ends) <= 0.0).any():
            return None
        return Uniform(0.0, 1.0) if len(edges) == 2 else Empirical(ends.tolist(), ((edges - low) / width).tolist())

    def _share(self, x: Floats) -> Floats:
        """Return the probability within the interval up to x, over that of the interval, from the nearer tail."""
        below, inside, above = self._shares
        with np.errstate(all="ignore"):
            if above < below:
                share = 1.0 - (self.distribution._sf(x) - above) / inside
            else:
                share = (self.distribution._cdf(x) - below) / inside
        return np.asarray(np.clip(share, 0.0, 1.0))

    def standard(self) -> tuple[Family, float, float]:
        """Return the family itself, unless the interval is short: then what is left of it keeps its digits so."""
        return self._standard

    @cached_property
    def _standard(self) -> tuple[Family, float, float]:
        low, high = self._ends
        if self._straight:
            return self._straight, low, high - low
        shape, location, scale = self.distribution.standard()
        if (location, scale) == (0.0, 1.0) or low == high:
            return self, 0.0, 1.0
        first, last = self.ppf([0.25, 0.75])
        if _EPS * max(abs(first), abs(last)) > 1e-10 * (last - first):
            shape, start, stretch = Truncated(shape, (low - location) / scale, (high - location) / scale).standard()
            return shape, location + scale * start, scale * stretch
        return self, 0.0, 1.0

    def _quantile(self, p: Floats, q: Floats) -> Any:
        if self._straight:
            low, high = self._ends
            return np.clip(
                low + (high - low) * np.where(p <= q, self._straight._ppf(p), self._straight._isf(q)), low, high
            )
        below, inside, above = self._shares
        u, v = below + p * inside, above + q * inside
        x = np.empty(p.shape)
        lower = u <= 0.5
        # Asking only where there is something to ask: in a stack of truncations the number of questions would double
        # with each.
        if lower.any():
            x[lower] = self.distribution._ppf(u[lower])
        if not lower.all():
            x[~lower] = self.distribution._isf(v[~lower])
        low, high = self._ends
        return np.where(p <= 0.0, low, np.where(q <= 0.0, high, np.clip(x, low, high)))

    def _ppf(self, p: Floats) -> Any:
        return self._quantile(p, 1.0 - p)

    def _isf(self, q: Floats) -> Any:
        return self._quantile(1.0 - q, q)

    def _both(self, x: Floats) -> tuple[Any, Any]:
        low, high = self._ends
        if self._straight:
            y = np.clip((x - low) / (high - low), 0.0, 1.0)
            up_to, beyond = self._straight._cdf(y), self._straight._sf(y)
            is_lower = self.distribution._cdf(x) <= 0.5
        else:
            below, inside, above = self._shares
            whole, rest = self.distribution._both(x)
            up_to, beyond = np.clip((whole - below) / inside, 0.0, 1.0), np.clip((rest - above) / inside, 0.0, 1.0)
            is_lower = whole <= 0.5
        cdf = np.where(x < low, 0.0, np.where(x >= high, 1.0, np.where(is_lower, up_to, 1.0 - beyond)))
        return cdf, np.where(x < low, 1.0, np.where(x >= high, 0.0, np.where(is_lower, 1.0 - up_to, beyond)))

    def _cdf(self, x: Floats) -> Any:
        return self._both(x)[0]

    def _sf(self, x: Floats) -> Any:
        return self._both(x)[1]

    def mean(self) -> float:
        """Return the mean: a sum for separate values, else by quadrature; infinite with a tail that is so and stays."""
        return self._mean

    def std(self) -> float:
        """Return the standard deviation, as the mean."""
        return self._std

    # Each is integrated when it is asked for: reading a study takes the mean of each cost, and no more.
    @cached_property
    def _mean(self) -> float:
        if self._closed_moments is not None:
            return self._closed_moments[0]
        centre = float(self.ppf(0.5))
        return centre + central_moment(self, 1, centre, *self._digits)

    @cached_property
    def _std(self) -> float:
        if self._closed_moments is not None:
            return self._closed_moments[1]
        if not math.isfinite(self._mean) or (not self._is_bounded and not math.isfinite(self.distribution.std())):
            return math.inf
        return math.sqrt(central_moment(self, 2, self._mean, *self._digits))

    @cached_property
    def _closed_moments(self) -> tuple[float, float] | None:
        """Mean and standard deviation where they follow without quadrature of quantiles; else None."""
        if steps := self.jumps():
            shares = np.diff(steps[0], prepend=0.0)
            # About a value within, so that a narrow interval far from zero keeps the digits of its width.
            mean = float(steps[1][0]) + math.fsum(shares * (steps[1] - steps[1][0]))
            return mean, math.sqrt(math.fsum(shares * (steps[1] - mean) ** 2))
        if self._is_bounded and self._spread_out < _NARROW:
            return self._narrow()
        whole = self.distribution.mean()
        if not self._is_bounded and not math.isfinite(whole):
            # The tail that stays has no end; where the whole has no mean at all, either tail alone has an infinite one.
            return (-math.inf if math.isinf(self.support()[0]) else math.inf) if math.isnan(whole) else whole, math.inf
        return None

    @property
    def _is_bounded(self) -> bool:
        low, high = self.support()
        return math.isfinite(low) and math.isfinite(high)

    @property
    def _digits(self) -> tuple[float, float]:
        """Rounding of the probabilities at which quantiles are taken, and the largest normal score of one."""
        inside = self._shares.inside
        reach = min(37.0, -float(scipy.special.ndtri(min(1e-306 / inside, 0.1))))
        return _EPS * self._nearer_tail / inside, reach

    def _narrow(self) -> tuple[float, float]:
        """Return mean and std within an interval with a small part of either tail, from probabilities at its values.

        Quantiles there differ in their last digits alone. With t from -1 to 1 along the interval, and G(t) what the
        distribution function within it has beyond the straight line from 0 to 1, ``E t = -int G dt`` and
        ``E t^2 = 1/3 - 2 int t G dt``. G is small, so that its rounding hardly matters.
        """
        low, high = self.support()
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        corners = self.distribution.corners()
        edges = np.unique(np.concatenate([[low, high], corners[(corners > low) & (corners < high)]]))

        def beyond(ends: Floats) -> Floats:
            """Return the integrals of G and t G over each piece."""
            width = np.diff(ends, axis=1)
            x = ends[:, :1] + width * (0.5 + 0.5 * NODES)
            t = (x - middle) / half
            share = self._share(x)
            weighted = (share - 0.5 * (1.0 + t)) * WEIGHTS * (0.5 * width / half)
            return np.stack([weighted.sum(axis=1), (t * weighted).sum(axis=1)])

        rounding = 8.0 * _EPS * (self._nearer_tail / self._shares.inside + max(abs(low), abs(high)) / half)
        ends = np.stack([edges[:-1], edges[1:]], axis=1)
        whole, total = beyond(ends), np.zeros(2)
        for _ in range(_MOST_HALVINGS):
            centre = ends.mean(axis=1)
            ends = np.stack([ends[:, 0], centre, centre, ends[:, 1]], axis=1).reshape(-1, 2)
            parts = beyond(ends)
            halves = parts.reshape(2, -1, 2).sum(axis=2)
            good = np.abs(halves - whole).max(axis=0) <= 1e-13 + rounding
            total += halves[:, good].sum(axis=1)
            ends, whole = ends[np.repeat(~good, 2)], parts[:, np.repeat(~good, 2)]
            if good.all():
                break
        first, second = total + whole.sum(axis=1)
        # A density that is a straight line has none of the second: what rounding explains is not there.
        second = 0.0 if abs(second) <= rounding else second
        return middle - half * first, half * math.sqrt(max(1.0 / 3.0 - 2.0 * second - first * first, 0.0))

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

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return those of the distribution within the bounds; one where they leave one value."""
        low, high = self._ends
        if low == high:
            return np.array([1.0]), np.array([low])
        if self.distribution.jumps() is None and self._spread_out * self._nearer_tail >= _EPS * self._shares.inside:
            return None
        # What is spread out between separate values is rarer than any draw.
        values = self.atoms()
        cumulative = self.cdf(values)
        kept = np.diff(cumulative, prepend=0.0) > 0.0
        return cumulative[kept], values[kept]

    def steep(self) -> bool:
        """Return True where the distribution is steep."""
        return self.distribution.steep()

    def atoms(self) -> Floats:
        """Return those of the distribution within the bounds."""
        return self._atoms

    @cached_property
    def _atoms(self) -> Floats:
        low, high = self._ends
        atoms = self.distribution.atoms()
        return atoms[(atoms >= low) & (atoms <= high)]

    def corners(self) -> Floats:
        """Return those of the distribution within the bounds."""
        return self._corners

    @cached_property
    def _corners(self) -> Floats:
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


def _rounding(family: Family) -> float:
    """Return the absolute rounding of small probabilities of a family: that of its members that are truncated."""
    if isinstance(family, Truncated):
        return _EPS * family._nearer_tail / family._shares.inside
    inner = [*getattr(family, "distributions", ()), *filter(None, [getattr(family, "distribution", None)])]
    return max(map(_rounding, inner), default=0.0)


def _bound(value: object, without: float) -> Any:
    """Return None for an infinity that means no bound, else the value."""
    return None if isinstance(value, float | np.floating) and value == without else value
