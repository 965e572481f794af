"""Ends of a distribution that lie apart from the rest and have a small chance: an atom, or a part beyond a gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import Any, Literal

import numpy as np

from popsim.arrays import Floats, Mask
from popsim.families.base import Family
from popsim.families.constant import Constant
from popsim.families.discrete import Discrete
from popsim.families.mixture import Mixture
from popsim.families.shifted import Shifted
from popsim.families.truncated import Truncated
from popsim.plan.quadrature import expect

_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_LEAST = 1e-9
"""Chance below which no end of a density is looked for."""


class _End(Family):
    """One end of a distribution, cut out by its probability, so that quantiles are its own to the last digit.

    `Truncated` divides a small probability again, of which few digits are left. Moments are found by quadrature.
    """

    whole: Family
    edge: float
    chance: float
    middle: float

    @property
    def _is_high(self) -> bool:
        return self.edge > self.middle

    def mean(self) -> float:
        """Return the mean, by quadrature."""
        with np.errstate(all="ignore"):
            return expect(self, lambda x: x)

    def std(self) -> float:
        """Return the standard deviation, by quadrature."""
        mean = self.mean()
        with np.errstate(all="ignore"):
            return float(np.sqrt(expect(self, lambda x: (x - mean) ** 2)))


class _AddedByEnd(_End):
    """What one end adds to the middle of the rest, drawn by the same score: zero where it does not happen."""

    family = "cut"
    summary = "an end of a distribution, inside an analysis"

    def _ppf(self, p: Floats) -> Any:
        here = 1.0 - p < self.chance if self._is_high else p <= self.chance
        return np.where(here, self.whole._ppf(p) - self.middle, 0.0)

    def _isf(self, q: Floats) -> Any:
        here = q < self.chance if self._is_high else 1.0 - q <= self.chance
        return np.where(here, self.whole._isf(q) - self.middle, 0.0)

    def _cdf(self, x: Floats) -> Any:
        if self._is_high:
            return np.where(x < 0.0, 0.0, np.maximum(self.whole._cdf(x + self.middle), 1.0 - self.chance))
        return np.where(x >= 0.0, 1.0, np.minimum(self.whole._cdf(x + self.middle), self.chance))

    def support(self) -> tuple[float, float]:
        """Return zero and the far end of the distribution."""
        low, high = self.whole.support()
        return (0.0, high - self.middle) if self._is_high else (low - self.middle, 0.0)

    def mode(self) -> float:
        """Return zero: mostly it does not happen."""
        return 0.0

    def kinks(self) -> tuple[float, ...]:
        """Return those of the end, and where it begins."""
        begins = 1.0 - self.chance if self._is_high else self.chance
        inner = [p for p in self.whole.kinks() if (p > begins) == self._is_high and p != begins]
        return tuple(sorted({begins, *inner}))

    def kink_scores(self) -> Floats:
        """Return their normal scores."""
        from scipy.special import ndtri

        begins = float(ndtri(self.chance)) * (-1.0 if self._is_high else 1.0)
        scores = self.whole.kink_scores()
        apart = scores - begins if self._is_high else begins - scores
        return np.unique(np.append(scores[apart > 1e-12 * (1.0 + abs(begins))], begins))

    def steep(self) -> bool:
        """Return True: it begins with a jump."""
        return True


class _GivenEnd(_End):
    """One end of a distribution, given that it happens, less a number."""

    family = "given"
    summary = "an end of a distribution where it happens, inside an analysis"

    less: float

    def _ppf(self, p: Floats) -> Any:
        if self._is_high:
            return self.whole._isf(self.chance * (1.0 - p)) - self.less
        return self.whole._ppf(self.chance * p) - self.less

    def _isf(self, q: Floats) -> Any:
        if self._is_high:
            return self.whole._isf(self.chance * q) - self.less
        return self.whole._ppf(self.chance * (1.0 - q)) - self.less

    def _cdf(self, x: Floats) -> Any:
        if self._is_high:
            return np.clip(1.0 - self.whole._sf(x + self.less) / self.chance, 0.0, 1.0)
        return np.clip(self.whole._cdf(x + self.less) / self.chance, 0.0, 1.0)

    def support(self) -> tuple[float, float]:
        """Return where the end begins, and the far end of the distribution."""
        low, high = self.whole.support()
        low, high = (self.edge, high) if self._is_high else (low, self.edge)
        return low - self.less, high - self.less

    def mode(self) -> float:
        """Return the median: nobody asks for the peak of an end."""
        return float(self.ppf(0.5))

    def kinks(self) -> tuple[float, ...]:
        """Return those of the distribution, as far as they are of this end."""
        share = self.chance
        inner = [1.0 - (1.0 - p) / share if self._is_high else p / share for p in self.whole.kinks()]
        return tuple(p for p in inner if 1e-9 < p < 1.0 - 1e-9)

    def steep(self) -> bool:
        """Return what is true of the whole distribution."""
        return self.whole.steep()


@dataclass(frozen=True)
class RareEnd:
    """One end of a distribution that lies apart from the rest of it."""

    distribution: Family
    side: Literal["high", "low"]
    edge: float
    """Where it begins: the values of this end are at least (high) or at most (low) as large."""
    chance: float
    middle: float
    """Median of all other values."""

    @property
    def is_high(self) -> bool:
        """Whether it is the upper end."""
        return self.side == "high"

    def contains(self, values: Floats) -> Mask:
        """Return which values are of this end; a table may miss its edge by a rounding error."""
        slack = 1e-6 * abs(self.edge - self.middle)
        return np.asarray(values >= self.edge - slack if self.is_high else values <= self.edge + slack)

    def interval(self) -> tuple[float, float]:
        """Return the normal scores between which the values of this end are drawn."""
        from scipy.special import ndtri

        score = float(ndtri(self.chance))
        return (-score, np.inf) if self.is_high else (-np.inf, score)

    def spread_values(self, count: int) -> Floats:
        """Return so many evenly spread values of this end, in the order of multiples of the golden section."""
        shuffled = np.argsort(np.modf(np.arange(count) * _GOLDEN)[0])
        even = (shuffled + 0.5) / count * self.chance
        return np.asarray(self.distribution.ppf(1.0 - even if self.is_high else even), dtype=np.float64)

    def given(self) -> Family:
        """Return the distribution of the values of this end, given that it happens."""
        return self._given(0.0)

    def added_given(self) -> Family:
        """Return the distribution of what this end adds to the middle of the rest, given that it happens."""
        return self._given(-self.middle)

    def added(self) -> Family:
        """Return the distribution of what this end adds to the middle of the rest: zero where it does not happen.

        It rises with the same score as the whole, so that it is drawn from the same stream in the same scenarios.
        """
        if self.distribution.jumps() is None:
            return _AddedByEnd(self.distribution, self.edge, self.chance, self.middle)
        return Mixture([Constant(0.0), self.added_given()], [1.0 - self.chance, self.chance])

    def usual(self) -> Family:
        """Return the distribution without this end: where that would happen, the nearest of all other values is taken.

        The values beside a gap, so that it still rises with the score and the same stream gives the rest of it.
        """
        nearest, steps = self._nearest(), self.distribution.jumps()
        if steps is None:
            rest = Truncated(self.distribution, **{"high" if self.is_high else "low": nearest})
            return Mixture([rest, Constant(nearest)], [1.0 - self.chance, self.chance])
        others = steps[1] < self.edge if self.is_high else steps[1] > self.edge
        chances = np.diff(steps[0], prepend=0.0)[others]
        chances[-1 if self.is_high else 0] += self.chance
        return _discrete(steps[1][others], chances)

    def has_gap(self) -> bool:
        """Return whether no value at all lies between this end and the rest."""
        return not np.isnan(self._nearest())

    def _nearest(self) -> float:
        """Return the nearest of all other values, across a gap; NaN where there is no gap."""
        steps = self.distribution.jumps()
        if steps is not None:
            return float(steps[1][steps[1] < self.edge][-1] if self.is_high else steps[1][steps[1] > self.edge][0])
        sides = ((left, right) if self.is_high else (right, left) for left, right in self.distribution.gaps())
        return next((other for other, own in sides if own == self.edge), np.nan)

    def _given(self, by: float) -> Family:
        steps = self.distribution.jumps()
        if steps is None:
            end = self._members()
            if end is None:
                return _GivenEnd(self.distribution, self.edge, self.chance, self.middle, -by)
            return Shifted(end, by) if by else end
        here = steps[1] >= self.edge if self.is_high else steps[1] <= self.edge
        return _discrete(steps[1][here] + by, np.diff(steps[0], prepend=0.0)[here])

    def _members(self) -> Family | None:
        """Return the members of a mixture that make up this end, if none is only partly of it; quicker than to cut."""
        if not isinstance(self.distribution, Mixture):
            return None
        ends = [member.support() for member in self.distribution.distributions]
        here = [low >= self.edge if self.is_high else high <= self.edge for low, high in ends]
        partly = [high >= self.edge if self.is_high else low <= self.edge for low, high in ends]
        if here != partly:
            return None
        members = list(compress(self.distribution.distributions, here))
        weights = list(compress(self.distribution.weights, here))
        whole = sum(weights)
        return members[0] if len(members) == 1 else Mixture(members, [weight / whole for weight in weights])


def _discrete(values: Floats, chances: Floats) -> Family:
    return Discrete(values.tolist(), (chances / chances.sum()).tolist()) if len(values) > 1 else Constant(values[0])


def rare_ends(distribution: Family, limit: float) -> tuple[RareEnd, ...]:
    """Return the ends of a distribution that have a chance below a limit and lie apart from the rest.

    An end lies apart where it is farther from the range of the rest (5 % to 95 %) than that range is wide: the highest
    count of twenty equally likely ones does not, a loss of 50 beside a cost of 1 does.

    Parameters
    ----------
    distribution
        Any family.
    limit
        The chance below which an end is rare.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> loss = Mixture([Constant(1.0), Uniform(20.0, 80.0)], [0.98, 0.02])
    >>> (end,) = rare_ends(loss, 0.1)
    >>> end.side, end.edge, round(end.chance, 12), end.middle
    ('high', 20.0, 0.02, 1.0)
    >>> rare_ends(Discrete(list(range(20)), [0.05] * 20), 0.1)
    ()
    """
    steps = distribution.jumps()
    edges = distribution.corners() if steps is None else steps[1]
    edges = np.unique(np.asarray([edge for edge in edges if np.isfinite(edge)], dtype=np.float64))
    if len(edges) == 0:
        return ()
    with np.errstate(all="ignore"):
        above, below = (np.asarray(each(edges), dtype=np.float64) for each in (distribution._from, distribution._cdf))
    # A stretch of a density cannot be cut out where it has next to no probability (`Truncated`).
    least = 0.0 if steps is not None else _LEAST
    levels = np.array([0.05, 0.5, 0.95])
    sides: tuple[tuple[Literal["high", "low"], float, Floats, Floats, Callable[[Floats], Floats]], ...] = (
        ("high", 1.0, edges, above, distribution.ppf),
        ("low", -1.0, edges[::-1], below[::-1], distribution.isf),
    )
    ends = []
    for side, sign, outward, chances, quantiles in sides:
        # The outermost edge that is apart would leave out what lies between it and the rest: begin with the innermost.
        for edge, chance in zip(outward.tolist(), chances.tolist(), strict=True):
            if least < chance < limit:
                inner, middle, outer = quantiles(levels * (1.0 - chance)).tolist()
                if sign * (edge - outer) > sign * (outer - inner):
                    ends.append(RareEnd(distribution, side, edge, chance, middle))
                    break
    return tuple(ends)
