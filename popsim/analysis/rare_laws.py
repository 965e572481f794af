"""What a distribution holds apart from the rest of it and with a small chance: an atom, or a part beyond a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from popsim.families.base import Family, Floats
from popsim.families.constant import Constant
from popsim.families.discrete import Discrete
from popsim.families.mixture import Mixture
from popsim.families.shifted import Shifted
from popsim.families.truncated import Truncated
from popsim.plan.quadrature import expect

__all__ = ["RareEnd", "rare_ends"]

_LEAST = 1e-9
"""Chance below which no end of a density is looked for."""


class _ByQuadrature(Family):
    """A law whose moments are found by quadrature."""

    def mean(self) -> float:
        """Return the mean, by quadrature."""
        with np.errstate(all="ignore"):
            return expect(self, lambda x: x)

    def std(self) -> float:
        """Return the standard deviation, by quadrature."""
        mean = self.mean()
        with np.errstate(all="ignore"):
            return float(np.sqrt(expect(self, lambda x: (x - mean) ** 2)))


class _Cut(_ByQuadrature):
    """What one end of a law adds to the middle of the rest, drawn by the same score: zero where it does not happen.

    Cut out by its probability, so that its quantiles are those of the law to the last digit; `Truncated` shares out a
    small probability again, of which few digits are left.
    """

    family = "cut"
    summary = "an end of a distribution, inside an analysis"

    whole: Family
    edge: float
    chance: float
    middle: float

    def _ppf(self, p: Floats) -> Any:
        here = 1.0 - p < self.chance if self.edge > self.middle else p <= self.chance
        return np.where(here, self.whole._ppf(p) - self.middle, 0.0)

    def _isf(self, q: Floats) -> Any:
        here = q < self.chance if self.edge > self.middle else 1.0 - q <= self.chance
        return np.where(here, self.whole._isf(q) - self.middle, 0.0)

    def _cdf(self, x: Floats) -> Any:
        if self.edge > self.middle:
            return np.where(x < 0.0, 0.0, np.maximum(self.whole._cdf(x + self.middle), 1.0 - self.chance))
        return np.where(x >= 0.0, 1.0, np.minimum(self.whole._cdf(x + self.middle), self.chance))

    def support(self) -> tuple[float, float]:
        """Return zero and the far end of the law."""
        low, high = self.whole.support()
        return (0.0, high - self.middle) if self.edge > self.middle else (low - self.middle, 0.0)

    def mode(self) -> float:
        """Return zero: mostly it does not happen."""
        return 0.0

    def kinks(self) -> tuple[float, ...]:
        """Return those of the end, and where it begins."""
        begins = 1.0 - self.chance if self.edge > self.middle else self.chance
        inner = [p for p in self.whole.kinks() if (p > begins) == (self.edge > self.middle) and p != begins]
        return tuple(sorted({begins, *inner}))

    def kink_scores(self) -> Floats:
        """Return their normal scores."""
        from scipy.special import ndtri

        begins = float(ndtri(self.chance)) * (-1.0 if self.edge > self.middle else 1.0)
        scores = self.whole.kink_scores()
        apart = scores - begins if self.edge > self.middle else begins - scores
        return np.unique(np.append(scores[apart > 1e-12 * (1.0 + abs(begins))], begins))

    def steep(self) -> bool:
        """Return True: it begins with a jump."""
        return True


class _Given(_ByQuadrature):
    """The law of one end of a law, given that it happens, less a number; cut out by its probability as well."""

    family = "given"
    summary = "an end of a distribution where it happens, inside an analysis"

    whole: Family
    edge: float
    chance: float
    middle: float
    less: float

    def _ppf(self, p: Floats) -> Any:
        if self.edge > self.middle:
            return self.whole._isf(self.chance * (1.0 - p)) - self.less
        return self.whole._ppf(self.chance * p) - self.less

    def _isf(self, q: Floats) -> Any:
        if self.edge > self.middle:
            return self.whole._isf(self.chance * q) - self.less
        return self.whole._ppf(self.chance * (1.0 - q)) - self.less

    def _cdf(self, x: Floats) -> Any:
        if self.edge > self.middle:
            return np.clip(1.0 - self.whole._sf(x + self.less) / self.chance, 0.0, 1.0)
        return np.clip(self.whole._cdf(x + self.less) / self.chance, 0.0, 1.0)

    def support(self) -> tuple[float, float]:
        """Return where the end begins, and the far end of the law."""
        low, high = self.whole.support()
        return (
            (self.edge - self.less, high - self.less)
            if self.edge > self.middle
            else (low - self.less, self.edge - self.less)
        )

    def mode(self) -> float:
        """Return the median: nobody asks for the peak of an end."""
        return float(self.ppf(0.5))

    def kinks(self) -> tuple[float, ...]:
        """Return those of the law, as far as they are of this end."""
        inner = [
            1.0 - (1.0 - p) / self.chance if self.edge > self.middle else p / self.chance for p in self.whole.kinks()
        ]
        return tuple(p for p in inner if 1e-9 < p < 1.0 - 1e-9)

    def steep(self) -> bool:
        """Return what holds of the law."""
        return self.whole.steep()


@dataclass(frozen=True)
class RareEnd:
    """One end of a distribution that lies apart from the rest of it."""

    law: Family
    side: Literal["high", "low"]
    edge: float
    """Where it begins: the values of this end are at least (high) or at most (low) as large."""
    chance: float
    middle: float
    """Median of all other values."""

    def holds(self, values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return which values are of this end; a table may miss its edge by a rounding error."""
        slack = 1e-6 * abs(self.edge - self.middle)
        return np.asarray(values >= self.edge - slack if self.side == "high" else values <= self.edge + slack)

    def interval(self) -> tuple[float, float]:
        """Return the normal scores between which the values of this end are drawn."""
        from scipy.special import ndtri

        score = float(ndtri(self.chance))
        return (-score, np.inf) if self.side == "high" else (-np.inf, score)

    def alone(self) -> Family:
        """Return the law of what this end adds to the middle of the rest, given that it happens."""
        return self._given(-self.middle)

    def itself(self) -> Family:
        """Return the law of the values of this end, given that it happens."""
        return self._given(0.0)

    def _given(self, by: float) -> Family:
        law, high = self.law, self.side == "high"
        steps = law.jumps()
        if steps is None:
            end = self._members()
            if end is None:
                return _Given(law, self.edge, self.chance, self.middle, -by)
            return Shifted(end, by) if by else end
        here = steps[1] >= self.edge if high else steps[1] <= self.edge
        values, chances = (steps[1][here] + by).tolist(), np.diff(steps[0], prepend=0.0)[here]
        return Discrete(values, (chances / chances.sum()).tolist()) if len(values) > 1 else Constant(values[0])

    def difference(self) -> Family:
        """Return the law of what this end adds to the middle of the rest: zero where it does not happen.

        It rises with the same score as the whole, so that it is drawn from the same stream in the same scenarios.
        """
        if self.law.jumps() is None:
            return _Cut(self.law, self.edge, self.chance, self.middle)
        return Mixture([Constant(0.0), self.alone()], [1.0 - self.chance, self.chance])

    def usual(self) -> Family:
        """Return the law without this end: where that would happen, the nearest of all other values holds.

        The values beside a gap, so that the law still rises with the score and the same stream gives the rest of it.
        """
        law, high = self.law, self.side == "high"
        steps = law.jumps()
        if steps is not None:
            others = steps[1][steps[1] < self.edge] if high else steps[1][steps[1] > self.edge]
            nearest = float(others[-1] if high else others[0])
            chances = np.diff(steps[0], prepend=0.0)[(steps[1] < self.edge) if high else (steps[1] > self.edge)]
            chances[-1 if high else 0] += self.chance
            return (
                Discrete(others.tolist(), (chances / chances.sum()).tolist()) if len(others) > 1 else Constant(nearest)
            )
        (nearest,) = (
            (left for left, right in law.gaps() if right == self.edge)
            if high
            else (right for left, right in law.gaps() if left == self.edge)
        )
        rest = Truncated(law, high=nearest) if high else Truncated(law, low=nearest)
        return Mixture([rest, Constant(nearest)], [1.0 - self.chance, self.chance])

    def has_gap(self) -> bool:
        """Whether no value at all lies between this end and the rest."""
        if self.law.jumps() is not None:
            return True
        return any((right if self.side == "high" else left) == self.edge for left, right in self.law.gaps())

    def _members(self) -> Family | None:
        """Return the members of a mixture that are this end, where each is either of it or not; quicker than to cut."""
        if not isinstance(self.law, Mixture):
            return None
        ends = [member.support() for member in self.law.distributions]
        here = [low >= self.edge if self.side == "high" else high <= self.edge for low, high in ends]
        partly = [high >= self.edge if self.side == "high" else low <= self.edge for low, high in ends]
        if here != partly:
            return None
        pairs = zip(self.law.distributions, self.law.weights, here, strict=True)
        chosen = [(member, weight) for member, weight, is_here in pairs if is_here]
        if len(chosen) == 1:
            return chosen[0][0]
        whole = sum(weight for _, weight in chosen)
        return Mixture([member for member, _ in chosen], [weight / whole for _, weight in chosen])


def rare_ends(law: Family, limit: float) -> tuple[RareEnd, ...]:
    """Find the ends of a distribution that have a chance below a limit and lie apart from the rest.

    An end lies apart where it is farther from the range of the rest (5 % to 95 %) than that range is wide: the highest
    count of twenty equally likely ones does not, a loss of 50 beside a cost of 1 does.

    Parameters
    ----------
    law
        Any family.
    limit
        The chance below which an end is rare.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> loss = Mixture([Constant(1.0), Uniform(20.0, 80.0)], [0.98, 0.02])
    >>> (found,) = rare_ends(loss, 0.1)
    >>> found.side, found.edge, round(found.chance, 12), found.middle
    ('high', 20.0, 0.02, 1.0)
    >>> rare_ends(Discrete(list(range(20)), [0.05] * 20), 0.1)
    ()
    """
    steps = law.jumps()
    edges = law.corners() if steps is None else steps[1]
    edges = np.unique(np.asarray([edge for edge in edges if np.isfinite(edge)], dtype=np.float64))
    if len(edges) == 0:
        return ()
    with np.errstate(all="ignore"):
        above, below = np.asarray(law._from(edges), dtype=np.float64), np.asarray(law._cdf(edges), dtype=np.float64)
    # A stretch of a density cannot be cut out where it has next to no probability (`Truncated`).
    least = 0.0 if steps is not None else _LEAST
    levels = np.array([0.05, 0.5, 0.95])
    found = []
    # The outermost edge that is apart would leave out what lies between it and the rest: begin with the innermost.
    for edge, chance in zip(edges.tolist(), above.tolist(), strict=True):
        if least < chance < limit:
            low, middle, high = law.ppf(levels * (1.0 - chance)).tolist()
            if edge - high > high - low:
                found.append(RareEnd(law, "high", edge, chance, middle))
                break
    for edge, chance in zip(edges[::-1].tolist(), below[::-1].tolist(), strict=True):
        if least < chance < limit:
            high, middle, low = law.isf(levels * (1.0 - chance)).tolist()
            if low - edge > high - low:
                found.append(RareEnd(law, "low", edge, chance, middle))
                break
    return tuple(found)
