"""Several distributions, one of which holds in each scenario."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from popsim.arrays import Floats
from popsim.errors import Problem
from popsim.families.base import Family
from popsim.families.modifiers import Cornered
from popsim.families.parameters import Numbers
from popsim.families.roots import find_crossings, find_least

_MANY = 64
"""So many members and more are asked together where they are of one class."""
_AT_ONCE = 1_000_000
"""Questions to members that are asked at a time, so that they fit the memory of any machine."""


class _Group(NamedTuple):
    """Members of one class: one of them, parameters of all by name, weights and ends of support."""

    one: Family
    columns: dict[str, Floats]
    weight: Floats
    low: Floats
    high: Floats

    def members_at(self, which: Any) -> Family:
        """Return the members of those places as one, for a value each."""
        if not self.columns:
            return self.one
        return self.one._trusted(**{name: column[which] for name, column in self.columns.items()})


def _parts(ends: Any, size: int) -> Iterator[tuple[int, int]]:
    """Cut members into neighbours with some `size` of questions together; `ends` count the questions, summed up."""
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + size, side="right")), start + 1)
        yield start, stop
        start = stop


class Mixture(Cornered):
    """Weighted pool of distributions: ``F(x) = w1 F1(x) + w2 F2(x) + ...``.

    Use it for a panel of experts who do not agree (the linear pool: their densities are averaged, not their quantiles),
    and for an event: with ``Constant(0)`` as a member, nothing is paid with the weight of that member.

    Parameters
    ----------
    distributions
        The members: any families, modifiers included.
    weights
        As many; each above 0, sum 1 within 1e-9.

    Raises
    ------
    ParameterError
        When an entry is of the wrong kind or a relation does not hold.

    References
    ----------
    Clemen and Winkler (1999), Combining probability distributions from experts in risk analysis,
    doi:10.1111/j.1539-6924.1999.tb00399.x (linear opinion pool).

    Examples
    --------
    >>> from popsim.families import Constant, Uniform
    >>> Mixture([Constant(0), Uniform(10, 20)], weights=[0.75, 0.25]).ppf([0.7, 0.8, 1.0])
    array([ 0., 12., 20.])
    """

    family = "mixture"
    summary = "a pool of experts, or an event that may not happen with its cost if it does"

    distributions: tuple[Family, ...]
    weights: tuple[float, ...]

    def __init__(self, distributions: Sequence[Family], weights: Numbers) -> None:
        self._take(distributions=distributions, weights=weights)

    def _relations(self) -> list[Problem]:
        members, weights = self.distributions, self.weights
        if not members or not weights or not all(map(math.isfinite, weights)):
            return []
        if len(members) != len(weights):
            found = f"{len(members)} distributions and {len(weights)} weights"
            return [Problem("Mixture()", (), found, "as many weights as distributions")]
        problems = [
            Problem("Mixture()", ("weights", place), f"{weight:.10g}", "weight > 0", "leave that distribution out")
            for place, weight in enumerate(weights)
            if not weight > 0.0
        ]
        total = math.fsum(weights)
        if not abs(total - 1.0) <= 1e-9:
            mend = "divide each by the sum"
            problems.append(
                Problem("Mixture()", ("weights",), f"sum of weights = {total:.12g}", "sum of weights = 1", mend)
            )
        return problems

    @cached_property
    def _shares(self) -> tuple[float, ...]:
        total = math.fsum(self.weights)
        return tuple(weight / total for weight in self.weights)

    def _sum(self, ask: Callable[[Family], Any]) -> Any:
        parts = [weight * ask(member) for weight, member in zip(self._shares, self.distributions, strict=True)]
        return sum(parts[1:], parts[0])

    def _cdf(self, x: Floats) -> Any:
        if len(self.distributions) >= _MANY:
            up_to = self._sum_of_many(x, lambda member, values: member._cdf(values), above=False)
        else:
            up_to = self._sum(lambda member: member._cdf(x))
        return np.where(x >= self.support()[1], 1.0, np.minimum(up_to, 1.0))

    def _sf(self, x: Floats) -> Any:
        if len(self.distributions) >= _MANY:
            beyond = self._sum_of_many(x, lambda member, values: member._sf(values), above=True)
        else:
            beyond = self._sum(lambda member: member._sf(x))
        return np.where(x < self.support()[0], 1.0, np.minimum(beyond, 1.0))

    def _both(self, x: Floats) -> tuple[Any, Any]:
        if len(self.distributions) >= _MANY:
            return self._cdf(x), self._sf(x)
        pairs = [member._both(x) for member in self.distributions]
        up_to, beyond = (
            sum(parts[1:], parts[0])
            for parts in (
                [weight * pair[end] for weight, pair in zip(self._shares, pairs, strict=True)] for end in (0, 1)
            )
        )
        low, high = self.support()
        return np.where(x >= high, 1.0, np.minimum(up_to, 1.0)), np.where(x < low, 1.0, np.minimum(beyond, 1.0))

    @cached_property
    def _groups(self) -> list[_Group]:
        """Members of one class as one, where the class can be asked so; each other member by itself."""
        places: dict[object, list[int]] = {}
        for place, member in enumerate(self.distributions):
            plain = member.stackable and all(param.sort == "number" for param in member._params)
            places.setdefault(type(member) if plain else place, []).append(place)
        weights = np.array(self._shares)
        found = []
        for key, which in places.items():
            members = [self.distributions[place] for place in which]
            ends = np.array([member.support() for member in members])
            params = members[0]._params if isinstance(key, type) else ()
            columns = {param.stored: np.array([vars(member)[param.stored] for member in members]) for param in params}
            found.append(_Group(members[0], columns, weights[which], ends[:, 0], ends[:, 1]))
        return found

    def _sum_of_many(self, x: Floats, ask: Callable[[Family, Floats], Any], above: bool) -> Floats:
        """Return the weighted sum of probabilities, each member asked of values within its support alone."""
        order = np.argsort(x, axis=None)
        rising = x.ravel()[order]
        total = np.zeros(len(rising))
        for group in self._groups:
            first = np.searchsorted(rising, group.low, side="left")
            last = np.maximum(np.searchsorted(rising, group.high, side="left"), first)
            # Beside its support a member has all of its weight, or none.
            steps = np.bincount(first if above else last, weights=group.weight, minlength=len(rising) + 1)
            total += np.cumsum(steps[:0:-1])[::-1] if above else np.cumsum(steps[:-1])
            ends = np.cumsum(last - first)
            if ends[-1] > 0.5 * len(first) * len(rising):
                # Next to all are asked of next to all: nothing to be sorted out.
                for row, weight in enumerate(group.weight.tolist()):
                    inside = slice(first[row], last[row])
                    total[inside] += weight * ask(group.members_at(row), rising[inside])
                continue
            for start, stop in _parts(ends, _AT_ONCE):
                count = (last - first)[start:stop]
                which = np.repeat(np.arange(start, stop), count)
                place = np.arange(len(which)) + np.repeat(first[start:stop] - (np.cumsum(count) - count), count)
                member = group.members_at(which)
                part = group.weight[which] * ask(member, rising[place])
                total += np.bincount(place, weights=part, minlength=len(rising))
        result = np.empty(len(rising))
        result[order] = total
        return result.reshape(x.shape)

    def _below(self, x: Floats) -> Any:
        return np.where(x > self.support()[1], 1.0, np.minimum(self._sum(lambda member: member._below(x)), 1.0))

    def _from(self, x: Floats) -> Any:
        return np.where(x <= self.support()[0], 1.0, np.minimum(self._sum(lambda member: member._from(x)), 1.0))

    @cached_property
    def _table(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Corners, and the probabilities of less, of no more, of no less and of more than each."""
        x = self.corners()
        with np.errstate(all="ignore"):
            rising, falling = np.maximum.accumulate, np.minimum.accumulate
            below, up_to = rising(self._below(x)), rising(self._cdf(x))
            return x, below, up_to, falling(self._from(x)), falling(self._sf(x))

    def _ppf(self, p: Floats) -> Any:
        x, below, up_to, _, _ = self._table
        place = np.searchsorted(up_to, p, side="left")
        near = np.minimum(place, len(x) - 1)
        at = (place < len(x)) & ((p > below[near]) | (p == up_to[near])) if len(x) else np.zeros(p.shape, dtype=bool)

        def excess(values: Floats, rows: Any) -> Any:
            return np.log(self._cdf(values) / inner[rows])

        inner = p[~at & (p > 0.0) & (p < 1.0)]
        return self._solve(p, place, at, self._range(lambda member: member._ppf(inner)), excess, (0.0, 1.0))

    def _isf(self, q: Floats) -> Any:
        x, _, _, since, above = self._table
        place = np.searchsorted(-above, -q, side="left")
        near = np.minimum(place, len(x) - 1)
        at = (place < len(x)) & ((q < since[near]) | (q == above[near])) if len(x) else np.zeros(q.shape, dtype=bool)

        def excess(values: Floats, rows: Any) -> Any:
            return np.log(inner[rows] / self._sf(values))

        inner = q[~at & (q > 0.0) & (q < 1.0)]
        return self._solve(q, place, at, self._range(lambda member: member._isf(inner)), excess, (1.0, 0.0))

    def _range(self, ask: Callable[[Family], Any]) -> tuple[Any, Any]:
        """Return the smallest and the largest quantile of any member; the ends of the support, if many have such."""
        low, high = self.support()
        if len(self.distributions) >= _MANY and math.isfinite(low) and math.isfinite(high):
            return np.float64(low), np.float64(high)
        quantiles = [ask(member) for member in self.distributions]
        return np.min(quantiles, axis=0), np.max(quantiles, axis=0)

    def _solve(
        self,
        p: Floats,
        place: Any,
        at: Any,
        between: tuple[Any, Any],
        excess: Callable[..., Any],
        ends: tuple[float, ...],
    ) -> Any:
        """Return corners where `at` says so, else the crossing between the members' quantiles and the next corners."""
        x = self._table[0]
        result = np.full(p.shape, np.nan)
        result[at] = x[place[at]]
        rest = ~at & (p > 0.0) & (p < 1.0)
        # A little wider, so that rounding in a member's quantile function leaves the answer inside.
        low, high = between[0] - 1e-10 * np.abs(between[0]), between[1] + 1e-10 * np.abs(between[1])
        low = np.maximum(low, np.append(-np.finfo(float).max, x)[place[rest]])
        high = np.minimum(high, np.append(x, np.finfo(float).max)[place[rest]])
        result[rest] = find_crossings(excess, np.minimum(low, high), high)
        least, most = self.support()
        result[p == ends[0]], result[p == ends[1]] = least, most
        return result

    def mean(self) -> float:
        """Return the weighted mean of the means."""
        return math.fsum(
            weight * member.mean() for weight, member in zip(self._shares, self.distributions, strict=True)
        )

    def std(self) -> float:
        """Return the root of the weighted mean of ``std^2 + (mean - mean of all)^2``."""
        mean = self.mean()
        if not math.isfinite(mean):
            return math.inf
        terms = zip(map(math.sqrt, self._shares), self.distributions, strict=True)
        return math.hypot(*(root * part for root, d in terms for part in (d.std(), d.mean() - mean)))

    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest value of any member."""
        ends = [member.support() for member in self.distributions]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def mode(self) -> float:
        """Return the value that has the highest probability of its own; without any, the peak of the density.

        The peak is found within some 1e-4 of the P5-P95 width of the narrowest member.
        """
        return self._mode_within(*self.support())

    def _mode_within(self, low: float, high: float) -> float:
        atoms = self.atoms()
        if len(atoms := atoms[(atoms >= low) & (atoms <= high)]):
            return float(atoms[np.argmax(self.cdf(atoms) - self.cdf(np.nextafter(atoms, -np.inf)))])
        members = self.distributions
        width = 1e-5 * min(float(np.ptp(member.ppf([0.05, 0.95]))) for member in members)
        grid = [member.ppf(np.linspace(0.0025, 0.9975, 200)) for member in members]
        own = [member._mode_within(max(low, member.support()[0]), min(high, member.support()[1])) for member in members]
        ends = [end for end in (low, high) if math.isfinite(end)]
        x = np.unique(np.concatenate([*grid, own, ends]))
        x = x[(x >= low) & (x <= high)]

        def mass(values: Floats, left: float, right: float) -> Any:
            start, stop = np.maximum(values - left, low), np.minimum(values + right, high)
            rising, falling = self.cdf(stop) - self.cdf(start), self.sf(start) - self.sf(stop)
            return np.where(self.cdf(values) < 0.5, rising, falling)

        # From one side or the other, so that the end of a density is not taken for half of it.
        heights = np.maximum(mass(x, width, 0.0), mass(x, 0.0, width))
        best = int(np.argmax(heights))
        start, stop = float(x[max(best - 1, 0)]), float(x[min(best + 1, len(x) - 1)])
        if not start < stop:
            return float(x[best])
        place, least = find_least(lambda v: -float(mass(np.array(v), 0.5 * width, 0.5 * width)), start, stop, width)
        return place if -least > heights[best] * (1.0 + 1e-9) else float(x[best])

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return those of all members together, where all have separate values."""
        if any(member.jumps() is None for member in self.distributions):
            return None
        x, _, up_to, _, _ = self._table
        kept = np.diff(up_to, prepend=0.0) > 0.0
        return up_to[kept], x[kept]

    def steep(self) -> bool:
        """Return True with two members or more: between them there may be next to nothing."""
        return len(self.distributions) > 1 or self.distributions[0].steep()

    def atoms(self) -> Floats:
        """Return those of all members."""
        return np.unique(np.concatenate([member.atoms() for member in self.distributions]))

    def corners(self) -> Floats:
        """Return those of all members, and where each begins and ends."""
        ends = np.array([end for member in self.distributions for end in member.support()])
        return np.unique(
            np.concatenate([*(member.corners() for member in self.distributions), ends[np.isfinite(ends)]])
        )

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return experts near and far from each other, events, a gap, a rare disaster, nested ones, separate values."""
        from popsim.families import Constant, Discrete, Gamma, LogNormal, Normal, Pert, Shifted, Truncated, Uniform

        return (
            cls([LogNormal(11.8, 0.5), LogNormal(12.9, 0.4)], [0.6, 0.4]),
            cls([Constant(0), LogNormal(2, 1)], [0.3, 0.7]),
            cls([LogNormal(0, 0.3), LogNormal(7, 0.3)], [0.5, 0.5]),
            cls([Uniform(0, 1), Uniform(5, 6), Constant(3)], [0.5, 0.3, 0.2]),
            cls([Normal(10, 1), LogNormal(8, 1)], [0.999, 0.001]),
            cls([Truncated(Normal(2, 3), 0), Shifted(Gamma(2, 1), 1), Pert(0, 2, 9), Constant(4)], [0.25] * 4),
            cls([Constant(1), Discrete([1, 2, 5], [0.2, 0.3, 0.5])], [0.4, 0.6]),
        )
