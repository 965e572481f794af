"""The exact chance that something happens in any country, where there is a formula for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from popsim.families.base import Family, Floats
from popsim.plan.dependence import Score
from popsim.plan.needs import both_below, correlation
from popsim.plan.quadrature import legendre, nodes
from popsim.study.model import Amount

__all__ = ["Chance", "Condition", "anywhere"]

_REACH = 8.5
"""Normal scores beyond this have a probability below 1e-16."""
_LEAST_OWN, _NO_OWN = 1e-3, 1e-12
"""Share of a score that is a country's own: below the first a step would be integrated over, below the second all
countries have one score."""


@dataclass(frozen=True)
class Condition:
    """What must hold in one country: a score is high (a need, with its probability) or lies between two numbers.

    `chance` is the probability of a high score, which may itself be drawn, once for all countries with equal `label`;
    where `reverse`, the score must not be high: a need is not there.
    """

    score: Score
    chance: Amount = 1.0
    label: str = ""
    between: tuple[float, float] | None = None
    reverse: bool = False

    def mean(self) -> float:
        """Give the probability that it holds."""
        if self.between is not None:
            low, high = self.between
            return float(ndtr(high) - ndtr(low)) if low < 0 else float(ndtr(-low) - ndtr(-high))
        chance = self.chance.mean() if isinstance(self.chance, Family) else float(self.chance)
        return 1.0 - chance if self.reverse else chance

    def limits(self) -> tuple[float, float]:
        """Give the interval of the score, for a chance that is known."""
        if self.between is not None:
            return self.between
        assert not isinstance(self.chance, Family)  # noqa: S101
        edge = -float(ndtri(self.chance))
        return (-math.inf, edge) if self.reverse else (edge, math.inf)


class Chance(NamedTuple):
    """Probability of an event, NaN where no formula is at hand, and bounds that hold in any case."""

    value: float
    least: float
    most: float

    def is_below(self, limit: float) -> bool:
        """Whether the event can happen, and has a chance below a limit or may have one."""
        return self.most > 0.0 and (self.least if math.isnan(self.value) else self.value) < limit


def anywhere(countries: Sequence[Sequence[Condition]]) -> Chance:
    """Give the chance that in at least one country all its conditions hold.

    Parameters
    ----------
    countries
        The conditions of each country; those of one country must hold together.

    Returns
    -------
    Chance
        Its value is NaN where no formula is at hand: several conditions in several countries that have normals in
        common, for one.

    Examples
    --------
    >>> alone = Condition(Score((), (("need", 1.0),)), 0.25)
    >>> anywhere([[alone], [alone]]).value
    0.4375
    """
    countries = [[each for each in conditions if each.mean() < 1.0] for conditions in countries]
    if not countries:
        return Chance(0.0, 0.0, 0.0)
    if any(not conditions for conditions in countries):
        return Chance(1.0, 1.0, 1.0)
    single = [_together(conditions) for conditions in countries]
    most = [
        min(each.mean() for each in conditions) if math.isnan(p) else p
        for conditions, p in zip(countries, single, strict=True)
    ]
    least = [0.0 if math.isnan(p) else p for p in single]
    low, high = max(least), min(sum(most), 1.0)
    if high == 0.0 or len(countries) == 1:
        return Chance(single[0] if len(countries) == 1 else 0.0, low, high)
    if all(len(conditions) == 1 for conditions in countries):
        chance = _one_each([conditions[0] for conditions in countries])
    elif any(math.isnan(p) for p in single) or any(_in_common(each) for conditions in countries for each in conditions):
        chance = math.nan
    else:
        chance = -math.expm1(sum(math.log1p(-p) if p < 1.0 else -math.inf for p in single))
    return Chance(chance, low, high)


def _in_common(condition: Condition) -> bool:
    return bool(condition.score.shared or condition.score.group) or isinstance(condition.chance, Family)


def _together(conditions: Sequence[Condition]) -> float:
    """Probability that all conditions of one country hold; NaN where no formula is at hand."""
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


def _one_each(conditions: Sequence[Condition]) -> float:
    """Probability that one condition each holds in any of several countries."""
    first = conditions[0].score
    shared, group, own = (sum(weight**2 for _, weight in part) for part in (first.shared, first.group, first.own))
    alike = all(each.score == first for each in conditions)
    labels = Counter((each.label, each.chance, each.between, each.reverse) for each in conditions)
    drawn = any(isinstance(each.chance, Family) for each in conditions)
    if not alike or group > 0.0:
        return math.nan
    if _NO_OWN < own < _LEAST_OWN:
        return math.nan
    if own <= _NO_OWN:
        if len(labels) == 1:
            return conditions[0].mean()
        if drawn or any(each.between or each.reverse != conditions[0].reverse for each in conditions):
            return math.nan
        return max(each.mean() for each in conditions)
    score, weight = _scores() if shared > 0.0 else (np.zeros(1), np.ones(1))
    # Given what all countries have in common, they are independent; a drawn chance is common to those of one label.
    nothing = np.ones_like(score)
    for (_, chance, between, reverse), count in labels.items():
        if between is not None:
            low, high = between
            nothing *= (1.0 - _between(low, high, shared, own, score)) ** count
            continue
        values, weights = nodes(chance) if isinstance(chance, Family) else (np.array([float(chance)]), np.ones(1))
        edge = -ndtri(np.clip(values, 0.0, 1.0))[:, None]
        low, high = (np.full_like(edge, -np.inf), edge) if reverse else (edge, np.full_like(edge, np.inf))
        happens = _between(low, high, shared, own, score)
        nothing *= weights @ (1.0 - happens) ** count
    return float((1.0 - nothing) @ weight)


def _between(low: Floats | float, high: Floats | float, shared: float, own: float, score: Floats) -> Floats:
    """Chance that a score lies between two numbers, given what all countries have in common."""
    at, rest = math.sqrt(shared) * score, math.sqrt(own)
    upper, lower = (np.asarray(high) - at) / rest, (np.asarray(low) - at) / rest
    return np.asarray(np.where(lower > 0.0, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower)))


def _scores() -> tuple[Floats, Floats]:
    """Give normal scores and weights that sum to 1."""
    points, weights = legendre(12)
    edges = np.linspace(-_REACH, _REACH, 137)
    half = np.diff(edges)[:, None] / 2.0
    score = ((edges[:-1] + edges[1:])[:, None] / 2.0 + half * points).ravel()
    weight = (half * weights).ravel() * np.exp(-0.5 * score * score)
    return score, weight / weight.sum()
