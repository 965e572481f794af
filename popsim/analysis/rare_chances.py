"""The exact chance that something happens in any country, where there is a formula for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.plan.dependence import Score
from popsim.plan.needs import both_below, correlation
from popsim.plan.quadrature import legendre, nodes
from popsim.study.model import Amount

_REACH = 8.5
"""Normal scores beyond this have a probability below 1e-16."""
_COARSE, _FINE = (8, 34), (12, 136)
"""Order and number of stretches of quadrature: steps of scores that are nearly common are steep."""
_LEAST_OWN, _NO_OWN = 1e-3, 1e-12
"""Share of a score that is a country's own: below the first a step would be integrated over, below the second all
countries have one score."""


@dataclass(frozen=True)
class Condition:
    """What must be true in one country: a score is high (something is needed), or lies between two numbers.

    `chance` is the probability of a high score, which may itself be drawn, once for all countries with equal `label`;
    where `reverse`, the score must not be high: nothing is needed. `group` is the group of the country.
    """

    score: Score
    chance: Amount = 1.0
    label: str = ""
    between: tuple[float, float] | None = None
    reverse: bool = False
    group: str = ""

    def mean(self) -> float:
        """Return the probability that it is true."""
        if self.between is not None:
            low, high = self.between
            return float(ndtr(high) - ndtr(low)) if low < 0 else float(ndtr(-low) - ndtr(-high))
        chance = self.chance.mean() if isinstance(self.chance, Family) else float(self.chance)
        return 1.0 - chance if self.reverse else chance

    def limits(self) -> tuple[float, float]:
        """Return the interval of the score, for a chance that is known."""
        if self.between is not None:
            return self.between
        assert not isinstance(self.chance, Family)  # noqa: S101
        edge = -float(ndtri(self.chance))
        return (-math.inf, edge) if self.reverse else (edge, math.inf)


class Chance(NamedTuple):
    """Probability of an event, NaN where no formula is known, and bounds that hold in any case."""

    value: float
    least: float
    most: float

    @classmethod
    def known(cls, value: float) -> Chance:
        """Return a probability that is known."""
        return cls(value, value, value)

    def is_below(self, limit: float) -> bool:
        """Return whether the event can happen, and has a chance below a limit or may have one."""
        return self.most > 0.0 and (self.least if math.isnan(self.value) else self.value) < limit


def anywhere(countries: Sequence[Sequence[Condition]], limit: float = math.inf) -> Chance:
    """Return the chance that in at least one country all its conditions are true.

    Parameters
    ----------
    countries
        The conditions of each country; all of one country must be true together.
    limit
        Where the chance is known not to be below this, only its bounds are returned.

    Returns
    -------
    Chance
        Its value is NaN where no formula is known: several conditions in several countries that have normals in
        common, for one.

    Examples
    --------
    >>> alone = Condition(Score((), (("need", 1.0),)), 0.25)
    >>> anywhere([[alone], [alone]]).value
    0.4375
    """
    countries = [[each for each in conditions if each.mean() < 1.0] for conditions in countries]
    if not countries:
        return Chance.known(0.0)
    if any(not conditions for conditions in countries):
        return Chance.known(1.0)
    single = [_together(conditions) for conditions in countries]
    pairs = list(zip(countries, single, strict=True))
    most = [min(each.mean() for each in conditions) if math.isnan(p) else p for conditions, p in pairs]
    low, high = max(0.0 if math.isnan(p) else p for p in single), min(sum(most), 1.0)
    if high == 0.0 or low >= limit:
        return Chance(0.0 if high == 0.0 else math.nan, low, high)
    if len(countries) == 1:
        return Chance(single[0], low, high)
    if all(len(conditions) == 1 for conditions in countries):
        first = [conditions[0] for conditions in countries]
        low = max(low, *(_alike(list(each)) for each in _by_group(first).values()))
        return Chance(_one_each(first) if low < limit else math.nan, low, high)
    if any(math.isnan(p) for p in single) or any(_in_common(each) for conditions in countries for each in conditions):
        return Chance(math.nan, low, high)
    return Chance(-math.expm1(sum(math.log1p(-p) if p < 1.0 else -math.inf for p in single)), low, high)


def _by_group(conditions: Sequence[Condition]) -> dict[tuple[object, ...], list[Condition]]:
    """Return together the conditions of countries that are alike in everything and of one group."""
    groups: dict[tuple[object, ...], list[Condition]] = {}
    for each in conditions:
        groups.setdefault((each.score, each.group, *_kind(each)), []).append(each)
    return groups


def _kind(condition: Condition) -> tuple[str, Amount, tuple[float, float] | None, bool]:
    return condition.label, condition.chance, condition.between, condition.reverse


def _in_common(condition: Condition) -> bool:
    return bool(condition.score.shared or condition.score.group) or isinstance(condition.chance, Family)


def _together(conditions: Sequence[Condition]) -> float:
    """Return the probability that all conditions of one country are true; NaN where no formula is known."""
    if len(conditions) == 1:
        return conditions[0].mean()
    pairs = [(one, two) for i, one in enumerate(conditions) for two in conditions[:i]]
    if all(correlation(one.score, two.score) == 0.0 for one, two in pairs):
        return math.prod(each.mean() for each in conditions)
    if len(conditions) > 2 or any(isinstance(each.chance, Family) for each in conditions):
        return math.nan
    one, two = conditions
    r = correlation(one.score, two.score)
    (a, b), (c, d) = one.limits(), two.limits()
    if abs(r) > 1.0 - 1e-12:
        return math.nan if r < 0 else max(0.0, float(ndtr(min(b, d)) - ndtr(max(a, c))))

    def below(x: float, y: float) -> float:
        return 0.0 if min(x, y) == -math.inf else float(both_below(np.array(x), np.array(y), r))

    return max(0.0, below(b, d) - below(a, d) - below(b, c) + below(a, c))


def _variances(score: Score) -> tuple[float, float, float]:
    """Return the variance of a score that is common to all countries, to those of one group, and a country's own."""
    shared, own, group = (sum(weight**2 for _, weight in part) for part in score)
    return shared, group, own


def _alike(conditions: Sequence[Condition]) -> float:
    """Return the probability of a condition in any of several like countries of one group; 0 if not known."""
    shared, group, own = _variances(conditions[0].score)
    if _NO_OWN < own < _LEAST_OWN:
        return 0.0
    if own <= _NO_OWN or len(conditions) == 1:
        return conditions[0].mean()
    score, weight = _scores(*(_COARSE if own > 0.1 else _FINE)) if shared + group > 0.0 else _NO_SCORE
    happens, chances = _happens(conditions[0], math.sqrt(shared + group) * score, own)
    return float((1.0 - chances @ (1.0 - happens) ** len(conditions)) @ weight)


def _one_each(conditions: Sequence[Condition]) -> float:
    """Return the probability that any of several countries meets its one condition; NaN where no formula is known."""
    if len({each.score for each in conditions}) > 1:
        return math.nan
    shared, group, own = _variances(conditions[0].score)
    kinds = Counter(map(_kind, conditions))
    drawn = [kind for kind in kinds if isinstance(kind[1], Family)]
    if _NO_OWN < own < _LEAST_OWN or (group > 0.0 and len(drawn) > 1):
        return math.nan
    if own <= _NO_OWN:
        if len(kinds) == 1 and group == 0.0:
            return conditions[0].mean()
        if drawn or group > 0.0 or any(each.between or each.reverse != conditions[0].reverse for each in conditions):
            return math.nan
        return max(each.mean() for each in conditions)
    if group > 0.0:
        return _nested(conditions, shared, group, own)
    score, weight = _scores(*_FINE) if shared > 0.0 else _NO_SCORE
    # Given what all countries have in common, they are independent; a drawn chance is common to those of one label.
    nothing = np.ones_like(score)
    known = {_kind(each): each for each in conditions}
    for kind, count in kinds.items():
        happens, chances = _happens(known[kind], math.sqrt(shared) * score, own)
        nothing *= chances @ (1.0 - happens) ** count
    return float((1.0 - nothing) @ weight)


def _nested(conditions: Sequence[Condition], shared: float, group: float, own: float) -> float:
    """Integrate over what the countries of each group have in common, and over what all of them have.

    At most one kind of condition has a chance that is drawn.
    """
    order = _COARSE if own > 0.1 else _FINE
    outer, outer_weight = _scores(*order) if shared > 0.0 else _NO_SCORE
    inner, inner_weight = _scores(*order)
    at = (math.sqrt(shared) * outer[:, None] + math.sqrt(group) * inner).ravel()
    groups: dict[str, Counter[tuple[str, Amount, tuple[float, float] | None, bool]]] = {}
    for each in conditions:
        groups.setdefault(each.group, Counter())[_kind(each)] += 1
    known = {_kind(each): _happens(each, at, own) for each in conditions}
    chances = next((chances for happens, chances in known.values() if len(chances) > 1), np.ones(1))
    nothing = np.ones((len(chances), len(outer)))
    for kinds in groups.values():
        none = np.ones((len(chances), len(at)))
        for kind, count in kinds.items():
            none = none * (1.0 - known[kind][0]) ** count
        nothing *= none.reshape(len(chances), len(outer), len(inner)) @ inner_weight
    return float(1.0 - chances @ nothing @ outer_weight)


def _happens(condition: Condition, at: Floats, own: float) -> tuple[Floats, Floats]:
    """Return the chance that a condition is true given the common part of its score; shape (chance, score).

    Also the weights of the values of a chance that is drawn; one weight of 1 where it is known.
    """
    if condition.between is not None:
        low, high = condition.between
        return _between(np.array([[low]]), np.array([[high]]), at, own), np.ones(1)
    chance = condition.chance
    values, weights = nodes(chance, 8, 1.25) if isinstance(chance, Family) else (np.array([float(chance)]), np.ones(1))
    edge = -ndtri(np.clip(values, 0.0, 1.0))[:, None]
    ends = (np.full_like(edge, -np.inf), edge) if condition.reverse else (edge, np.full_like(edge, np.inf))
    return _between(*ends, at, own), weights


def _between(low: Floats, high: Floats, at: Floats, own: float) -> Floats:
    """Return the chance that a score lies between two numbers, given its common part."""
    rest = math.sqrt(own)
    lower, upper = (low - at) / rest, (high - at) / rest
    return np.asarray(np.where(lower > 0.0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower)))


_NO_SCORE = (np.zeros(1), np.ones(1))


@cache
def _scores(order: int, stretches: int) -> tuple[Floats, Floats]:
    """Return normal scores and weights that sum to 1."""
    points, weights = legendre(order)
    edges = np.linspace(-_REACH, _REACH, stretches + 1)
    half = np.diff(edges)[:, None] / 2.0
    score = ((edges[:-1] + edges[1:])[:, None] / 2.0 + half * points).ravel()
    weight = (half * weights).ravel() * np.exp(-0.5 * score * score)
    return score, weight / weight.sum()
